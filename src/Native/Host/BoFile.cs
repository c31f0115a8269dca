namespace XePt.Native;

/// <summary>The contents of one buffer object: a file in memory without a name or a descriptor, which lives as long as anybody has it
/// mapped, a forked child for example.</summary>
/// <remarks>Concurrency: any thread; a lock keeps who maps it from one who ends it.</remarks>
internal sealed class BoFile : IBoContents
{
    private readonly BoFileStore _store;
    private readonly ulong _size;
    private readonly Lock _ending = new();

    // The whole, which nobody but this library sees; 0 once the object is gone.
    private nint _bytes;

    private BoFile(BoFileStore store, ulong size, nint bytes) => (_store, _size, _bytes) = (store, size, bytes);

    /// <summary>Makes the contents of an object, all zero; null when the system has no memory.</summary>
    public static BoFile? TryMake(BoFileStore store, ulong size)
    {
        int fd = LibC.CreateMemoryFile("xept bo", LibC.CloseOnExec);
        if (fd < 0)
            return null;
        nint bytes = LibC.Resize(fd, (long)size) != 0 ? -1
            : LibC.Map(0, (nuint)size, LibC.ProtRead | LibC.ProtWrite, LibC.MapShared | LibC.MapNoReserve, fd, 0);
        _ = LibC.Close(fd);
        return bytes == -1 ? null : new BoFile(store, size, bytes);
    }

    /// <summary>Maps part of it for the program.</summary>
    /// <param name="offset">First byte, whole pages.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="at">Where to; 0 for anywhere.</param>
    /// <returns>Where it is; -1 when the system cannot.</returns>
    public nint Map(ulong offset, ulong bytes, nint at)
    {
        lock (_ending)
        {
            if (_bytes == 0 || offset > _size || bytes > _size - offset)
                return -1;
            int flags = LibC.RemapMayMove | (at != 0 ? LibC.RemapFixed : 0);
            return LibC.Remap(_bytes + (nint)offset, 0, (nuint)bytes, flags, at);
        }
    }

    /// <inheritdoc/>
    public bool TryShow(ReadOnlySpan<BoPiece> pieces)
    {
        lock (_ending)
        {
            for (int i = 0; i < pieces.Length; i++)
            {
                BoPiece piece = pieces[i];
                if (_bytes != 0 && _store.RegionOf(piece)?.TryShow(piece.Address, _bytes + (nint)piece.Offset, piece.Size) == true)
                    continue;
                Hide(pieces[..i]);
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void Hide(ReadOnlySpan<BoPiece> pieces)
    {
        foreach (BoPiece piece in pieces)
            _store.RegionOf(piece)?.Blank(piece.Address, piece.Size);
    }

    /// <inheritdoc/>
    public void End()
    {
        lock (_ending)
        {
            if (_bytes != 0)
                _ = LibC.Unmap(_bytes, (nuint)_size);
            _bytes = 0;
        }
    }
}
