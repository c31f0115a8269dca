using System.Buffers.Binary;

namespace XePt.Cli.Input;

/// <summary>
/// A forward-only stream that can look at its first bytes and remembers its last ones: enough to recognise gzip data and to notice that
/// it was cut off, which the decompressor itself does not report.
/// </summary>
internal sealed class InputStream(Stream source) : Stream
{
    /// <summary>More than the decompressor reads ahead, and the end of the gzip data before that.</summary>
    private const int TailBytes = 16 * 1024;

    /// <summary>No end of gzip data comes before its header, an empty block and the check sum.</summary>
    private const int LeastGzipBytes = 16;

    private static ReadOnlySpan<byte> GzipMagic => [0x1f, 0x8b];

    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _next;
    private int _filled;
    private readonly byte[] _tail = new byte[TailBytes];
    private int _tailFilled;

    /// <summary>Whether gzip data comes next. Asked before the first read.</summary>
    public bool StartsGzip()
    {
        while (_filled < GzipMagic.Length && Fill() > 0)
        {
        }

        return _buffer.AsSpan(0, _filled).StartsWith(GzipMagic);
    }

    /// <summary>Whether the bytes read so far end with gzip data of this uncompressed length modulo 2^32.</summary>
    public bool EndsGzip(uint length) => _tailFilled >= sizeof(uint) && BinaryPrimitives.ReadUInt32LittleEndian(_tail.AsSpan(_tailFilled - sizeof(uint))) == length;

    /// <summary>Whether gzip data of this length ended some bytes before the last one read.</summary>
    public bool HasEndedGzip(uint length)
    {
        Span<byte> word = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(word, length);
        int skipped = Math.Max(0, LeastGzipBytes - (int)Math.Min(LeastGzipBytes, Consumed - _tailFilled));
        return _tailFilled > skipped && _tail.AsSpan(skipped, _tailFilled - skipped).IndexOf(word) >= 0;
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
        ReadOnlySpan<byte> part = _buffer.AsSpan(_next, count);
        part.CopyTo(buffer);
        _next += count;
        Consumed += count;
        Remember(part);
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

    private void Remember(ReadOnlySpan<byte> part)
    {
        part = part[Math.Max(0, part.Length - TailBytes)..];
        int dropped = Math.Max(0, _tailFilled + part.Length - TailBytes);
        _tail.AsSpan(dropped, _tailFilled - dropped).CopyTo(_tail);
        _tailFilled -= dropped;
        part.CopyTo(_tail.AsSpan(_tailFilled));
        _tailFilled += part.Length;
    }

    private int Fill()
    {
        int read = source.Read(_buffer, _filled, _buffer.Length - _filled);
        _filled += read;
        return read;
    }
}
