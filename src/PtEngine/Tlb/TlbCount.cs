namespace XePt.Tlb;

/// <summary>Sums over invalidations of a GT.</summary>
internal struct TlbCount
{
    private long _messages;
    private long _full;
    private ulong _bytesAsked;
    private ulong _bytesShaped;

    /// <summary>Messages sent.</summary>
    public readonly long Messages => _messages;

    /// <summary>Invalidations of everything.</summary>
    public readonly long Full => _full;

    public readonly ulong BytesAsked => _bytesAsked;

    public readonly ulong BytesShaped => _bytesShaped;

    /// <summary>Counts a message; one thread at a time.</summary>
    public void Add(ulong asked, TlbInvalidationRange shape)
    {
        _messages++;
        _full += shape.IsFull ? 1 : 0;
        _bytesAsked += asked;
        _bytesShaped += shape.Length;
    }

    /// <summary>Counts an invalidation; any thread, but then all by this.</summary>
    public void AddShared(int messages, ulong asked, TlbInvalidationRange shape)
    {
        Interlocked.Add(ref _messages, messages);
        if (shape.IsFull)
            Interlocked.Increment(ref _full);
        Interlocked.Add(ref _bytesAsked, asked);
        Interlocked.Add(ref _bytesShaped, shape.Length);
    }

    /// <summary>Adds sums that another thread may be counting.</summary>
    public void Add(in TlbCount other)
    {
        _messages += Volatile.Read(in other._messages);
        _full += Volatile.Read(in other._full);
        _bytesAsked += Volatile.Read(in other._bytesAsked);
        _bytesShaped += Volatile.Read(in other._bytesShaped);
    }
}
