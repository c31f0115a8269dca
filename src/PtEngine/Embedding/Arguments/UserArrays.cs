using System.Runtime.InteropServices;

namespace XePt;

/// <summary>The arrays of one untyped call, copied out of the client's memory one behind the other into a buffer that the thread keeps for
/// its next call.</summary>
/// <remarks>Concurrency: reading runs foreign code, which may make calls of its own, so the thread's buffer is taken, not shared.</remarks>
internal sealed class UserArrays : IDisposable
{
    private const int FirstBytes = 16 << 10, KeptBytes = 1 << 20;

    [ThreadStatic]
    private static UserArrays? s_idle;

    private IUserMemory? _memory;
    private byte[] _buffer = new byte[FirstBytes];
    private int _used;

    private UserArrays()
    {
    }

    /// <summary>Takes the thread's buffer.</summary>
    /// <param name="memory">The client's memory.</param>
    public static UserArrays Rent(IUserMemory memory)
    {
        UserArrays arrays = s_idle ?? new UserArrays();
        s_idle = null;
        arrays._memory = memory;
        return arrays;
    }

    /// <summary>Gives the buffer back; what was read is no longer there.</summary>
    public void Dispose()
    {
        _memory = null;
        _used = 0;
        if (_buffer.Length <= KeptBytes)
            s_idle = this;
    }

    /// <summary>Reads an array up to the first element that cannot be read. A huge count costs no more than the memory that is there: the
    /// buffer grows by what has been read.</summary>
    /// <param name="address">Where it is said to be.</param>
    /// <param name="all">How many elements there are to read.</param>
    public unsafe ReadOnlySpan<T> Read<T>(ulong address, int all)
        where T : unmanaged
    {
        int start = _used, read = 0;
        while (read < all)
        {
            int part = Math.Min(all - read, Math.Max(read, FirstBytes / sizeof(T)));
            Grow(start, _used + (part * sizeof(T)));
            int got = ReadPart(address + ((ulong)read * (ulong)sizeof(T)), sizeof(T), _buffer.AsSpan(_used, part * sizeof(T)));
            read += got;
            _used += got * sizeof(T);
            if (got < part)
                break;
        }

        _used = WholeWords(_used);
        return MemoryMarshal.Cast<byte, T>(_buffer.AsSpan(start, read * sizeof(T)));
    }

    /// <summary>Elements that could be read: all at once as a rule, one by one where some cannot.</summary>
    private int ReadPart(ulong address, int size, Span<byte> into)
    {
        if (_memory!.TryRead(address, into))
            return into.Length / size;

        int read = 0;
        while ((read + 1) * size <= into.Length && _memory.TryRead(address + (ulong)(read * size), into.Slice(read * size, size)))
            read++;
        return read;
    }

    /// <summary>Makes room up to an end. Arrays read before keep the buffer they are in.</summary>
    private void Grow(int start, int end)
    {
        if (end <= _buffer.Length)
            return;
        byte[] larger = GC.AllocateUninitializedArray<byte>(WholeWords(Math.Max(end, 2 * _buffer.Length)));
        _buffer.AsSpan(start, _used - start).CopyTo(larger.AsSpan(start));
        _buffer = larger;
    }

    private static int WholeWords(int bytes) => (bytes + sizeof(ulong) - 1) & ~(sizeof(ulong) - 1);
}
