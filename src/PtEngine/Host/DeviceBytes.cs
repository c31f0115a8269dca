using XePt.Memory;

namespace XePt.Host;

/// <summary>The contents of a region of a device's memory.</summary>
internal interface IDeviceBytes : IFrameMemory
{
    /// <summary>Nothing was ever written; false when that is not known.</summary>
    bool IsBlank { get; }

    /// <summary>Makes an interval zero.</summary>
    void Clear(ulong address, ulong size);
}

/// <summary>The bytes of a region of device memory by device address: zero until written, and without cost before that.</summary>
/// <remarks>Concurrency: any thread. Pieces of 2 MiB are made by whoever writes first, by compare-exchange, and stay until
/// <see cref="Dispose"/>; an aligned word is read and written as a whole.</remarks>
// SAFETY: an address below the size names a piece of the book and a place in it; a piece that is there has all its bytes.
internal sealed unsafe class DeviceBytes(ulong start, ulong size) : IDeviceBytes, IDisposable
{
    private const int PieceShift = 21;
    private const ulong PieceMask = (1UL << PieceShift) - 1;

    // Null until the first write: most devices only ever have tables.
    private nint[]? _pieces;
    private long _held;

    /// <summary>Bytes that it costs the host.</summary>
    public long HeldBytes => Interlocked.Read(ref _held) << PieceShift;

    /// <inheritdoc/>
    public bool IsBlank => Volatile.Read(ref _pieces) is null;

    /// <summary>An address belongs to the region.</summary>
    public bool Holds(ulong address) => address - start < size;

    public bool TryRead(ulong address, Span<byte> into)
    {
        if (!Holds(address))
            return false;
        byte* bytes = Find(address);
        if (bytes == null)
            into.Clear();
        else
            WordBytes.Read(bytes, into);
        return true;
    }

    public bool TryWrite(ulong address, ReadOnlySpan<byte> from)
    {
        if (!Holds(address))
            return false;
        WordBytes.Write(Make(address), from);
        return true;
    }

    public bool TryCompareExchange(ulong address, int bytes, ulong expected, ulong desired, out ulong found)
    {
        found = 0;
        if (!Holds(address))
            return false;
        found = WordBytes.CompareExchange(Make(address), bytes, expected, desired);
        return true;
    }

    /// <inheritdoc/>
    public void Clear(ulong address, ulong length)
    {
        if (Volatile.Read(ref _pieces) is null)
            return;
        for (ulong end = address + length; address < end;)
        {
            ulong part = Math.Min(end - address, PieceMask + 1 - ((address - start) & PieceMask));
            byte* bytes = Find(address);
            if (bytes != null)
                new Span<byte>(bytes, (int)part).Clear();
            address += part;
        }
    }

    public void Dispose()
    {
        nint[] pieces = _pieces ?? [];
        for (int i = 0; i < pieces.Length; i++)
            NativeBlocks.Return((void*)Interlocked.Exchange(ref pieces[i], 0));
    }

    private byte* Find(ulong address)
    {
        if (Volatile.Read(ref _pieces) is not { } pieces)
            return null;
        ulong offset = address - start;
        var piece = (byte*)Volatile.Read(ref pieces[offset >> PieceShift]);
        return piece == null ? null : piece + (offset & PieceMask);
    }

    private byte* Make(ulong address)
    {
        byte* found = Find(address);
        if (found != null)
            return found;
        ulong offset = address - start;
        nint[] pieces = _pieces ?? MakePieces();
        void* made = NativeBlocks.Require(NativeBlocks.TryTakeZeroed((nuint)PieceMask + 1));
        if (Interlocked.CompareExchange(ref pieces[offset >> PieceShift], (nint)made, 0) != 0)
            NativeBlocks.Return(made);
        else
            Interlocked.Increment(ref _held);
        return Find(address);
    }

    private nint[] MakePieces()
    {
        var made = new nint[(size + PieceMask) >> PieceShift];
        return Interlocked.CompareExchange(ref _pieces, made, null) ?? made;
    }
}
