namespace XePt.Cli.Input;

/// <summary>A forward-only stream that can look at its first bytes, to recognise gzip data, and counts what it hands out.</summary>
internal sealed class InputStream(Stream source) : Stream
{
    /// <summary>How gzip data begins.</summary>
    public static ReadOnlySpan<byte> GzipMagic => [0x1f, 0x8b];

    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _next;
    private int _filled;

    /// <summary>Whether gzip data comes next. Asked before the first read.</summary>
    public bool StartsGzip()
    {
        while (_filled < GzipMagic.Length && Fill() > 0)
        {
        }

        return _buffer.AsSpan(0, _filled).StartsWith(GzipMagic);
    }

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
        _buffer.AsSpan(_next, count).CopyTo(buffer);
        _next += count;
        Consumed += count;
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
