namespace XePt.Native;

/// <summary>The contents of one buffer object: a file in memory, which lives as long as anybody has it mapped, a forked child for example.
/// One that others may import keeps its descriptor, as far as there are some to keep.</summary>
/// <remarks>Concurrency: any thread; a lock keeps who maps it from one who ends it.</remarks>
internal sealed class BoFile : IBoContents
{
    private readonly BoFileStore _store;
    private readonly ulong _size;
    private readonly KeptFile? _file;
    private readonly Lock _ending = new();

    // The whole, which nobody but this library sees; 0 once the object is gone.
    private nint _bytes;

    private BoFile(BoFileStore store, ulong size, nint bytes, KeptFile? file) =>
        (_store, _size, _bytes, _file) = (store, size, bytes, file);

    /// <summary>The file; null where its descriptor is not kept.</summary>
    public KeptFile? File => _file;

    /// <summary>Makes the contents of an object, all zero; null when the system has no memory.</summary>
    public static BoFile? TryMake(BoFileStore store, in BoTraits bo)
    {
        int fd = LibC.CreateMemoryFile(BoFileName.Of(bo), LibC.CloseOnExec | LibC.AllowSealing);
        if (fd < 0)
            return null;
        nint bytes = LibC.Resize(fd, (long)bo.Size) != 0 ? -1 : MapWhole(fd, bo.Size);
        // Nobody who has it may make it shorter: its pages are there for all of its life.
        bool isShareable = bytes != -1 && !bo.IsPrivate && LibC.ControlFile(fd, LibC.AddSeals, LibC.SealSize) == 0;
        KeptFile? file = isShareable ? KeptFile.TryKeep(fd) : null;
        _ = LibC.Close(fd);
        return bytes == -1 ? null : new BoFile(store, bo.Size, bytes, file);
    }

    /// <summary>Takes up the file of an object that another process has made.</summary>
    /// <param name="store">The store it is to be in.</param>
    /// <param name="fd">Its descriptor, which stays the caller's.</param>
    /// <param name="size">Its bytes.</param>
    /// <returns>Null when the system cannot map it.</returns>
    public static BoFile? TryOpen(BoFileStore store, int fd, ulong size)
    {
        nint bytes = MapWhole(fd, size);
        return bytes == -1 ? null : new BoFile(store, size, bytes, KeptFile.TryKeep(fd));
    }

    /// <summary>The same bytes, in another store; null when the system cannot map them.</summary>
    public BoFile? TryShare(BoFileStore store)
    {
        nint bytes = Map(0, _size, 0);
        return bytes == -1 ? null : new BoFile(store, _size, bytes, _file?.TryKeepAgain());
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

        _file?.Dispose();
    }

    private static nint MapWhole(int fd, ulong size) =>
        LibC.Map(0, (nuint)size, LibC.ProtRead | LibC.ProtWrite, LibC.MapShared | LibC.MapNoReserve, fd, 0);
}
