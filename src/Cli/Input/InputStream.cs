namespace XePt.Cli.Input;

/// <summary>
/// A forward-only stream that can look at its first bytes and remembers its last ones: enough to recognise gzip data and to notice that
/// it was cut off, which the decompressor itself does not report.
/// </summary>
internal sealed class InputStream(Stream source) : Stream
{
    private const int TailBytes = sizeof(uint);
    private static ReadOnlySpan<byte> GzipMagic => [0x1f, 0x8b];

    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _next;
    private int _filled;
    private uint _tail;

    /// <summary>Whether gzip data comes next. Asked before the first read.</summary>
    public bool StartsGzip()
    {
        while (_filled < GzipMagic.Length && Fill() > 0)
        {
        }

        return _buffer.AsSpan(0, _filled).StartsWith(GzipMagic);
    }

    /// <summary>The last four bytes read so far as a little-endian number: at the end of gzip data, the uncompressed length modulo 2^32.</summary>
    public uint Tail => _tail;

    /// <summary>Bytes handed out so far.</summary>
    public long Consumed { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => Consumed; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        if (_next == _filled)
        {
            _next = _filled = 0;
            if (Fill() == 0)
                return 0;
        }

        int count = Math.Min(buffer.Length, _filled - _next);
        ReadOnlySpan<byte> part = _buffer.AsSpan(_next, count);
        part.CopyTo(buffer);
        _next += count;
        Consumed += count;
        foreach (byte last in part[Math.Max(0, count - TailBytes)..])
            _tail = (_tail >> 8) | ((uint)last << 24);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            source.Dispose();
        base.Dispose(disposing);
    }

    private int Fill()
    {
        int read = source.Read(_buffer, _filled, _buffer.Length - _filled);
        _filled += read;
        return read;
    }
}
