namespace XePt;

/// <summary>The buffer of a DEVICE_QUERY: the caller's own, or one in the client's memory.</summary>
internal readonly ref struct QueryBuffer
{
    private readonly Span<byte> _data;
    private readonly IUserMemory? _memory;
    private readonly ulong _address;

    /// <summary>A buffer at hand.</summary>
    public QueryBuffer(Span<byte> data) => _data = data;

    /// <summary>A buffer in the client's memory.</summary>
    public QueryBuffer(IUserMemory memory, ulong address) => (_memory, _address) = (memory, address);

    /// <summary>Reads the beginning; false when there is less.</summary>
    public bool TryRead(Span<byte> into)
    {
        if (_memory is not null)
            return _memory.TryRead(_address, into);
        if (_data.Length < into.Length)
            return false;
        _data[..into.Length].CopyTo(into);
        return true;
    }

    /// <summary>Writes all, or nothing where that does not fit. Nothing always fits.</summary>
    public bool TryWrite(ReadOnlySpan<byte> from) =>
        from.IsEmpty || (_memory is not null ? _memory.TryWrite(_address, from) : from.TryCopyTo(_data));
}
