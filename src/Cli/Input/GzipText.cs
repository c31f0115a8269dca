using System.Buffers.Binary;
using System.IO.Compression;

namespace XePt.Cli.Input;

/// <summary>What is wrong with gzip data.</summary>
internal sealed class GzipException(string message) : Exception(message);

/// <summary>
/// The text in a gzip file: one compressed member after the other, as <c>cat a.gz b.gz</c> or a block compressor makes them (RFC 1952). The
/// runtime's reader takes a file that is cut off for one that ends there and passes over what follows the data, so members are told apart
/// here.
/// </summary>
internal sealed class GzipText(InputStream input) : IDisposable
{
    private const byte Deflate = 8, HasHeaderCheck = 2, HasExtra = 4, HasName = 8, HasComment = 16, Reserved = 0xe0;

    // The decompressor reads ahead; from a source that gives one byte at a time it takes none that follows its data.
    private readonly ByteByByte _source = new(input);
    private DeflateStream? _member;
    private uint _check;
    private uint _length;

    /// <summary>Reads on; 0 at the end. Throws <see cref="GzipException"/>, or <see cref="InvalidDataException"/> for compressed data that
    /// make no sense.</summary>
    public int Read(Span<byte> into)
    {
        while (_member is not null || TryBegin())
        {
            int read = _member!.Read(into);
            _check = Crc32.Append(_check, into[..read]);
            _length += (uint)read;
            if (read > 0)
                return read;
            End();
        }

        return 0;
    }

    public void Dispose() => _member?.Dispose();

    private bool TryBegin()
    {
        int first = _source.ReadByte();
        if (first < 0)
            return false;
        if (first != InputStream.GzipMagic[0] || Next() != InputStream.GzipMagic[1])
            throw new GzipException("something follows the gzip data");

        byte method = Next(), flags = Next();
        if (method != Deflate || (flags & Reserved) != 0)
            throw new GzipException("the gzip data is damaged");
        Skip(6);
        if ((flags & HasExtra) != 0)
            Skip(Next() | (Next() << 8));
        if ((flags & HasName) != 0)
            SkipText();
        if ((flags & HasComment) != 0)
            SkipText();
        if ((flags & HasHeaderCheck) != 0)
            Skip(2);

        _member = new DeflateStream(_source, CompressionMode.Decompress, leaveOpen: true);
        (_check, _length) = (0, 0);
        return true;
    }

    /// <summary>The check sum and the length follow the compressed data.</summary>
    private void End()
    {
        _member!.Dispose();
        _member = null;
        Span<byte> trailer = stackalloc byte[2 * sizeof(uint)];
        foreach (ref byte value in trailer)
            value = Next();
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != _check
            || BinaryPrimitives.ReadUInt32LittleEndian(trailer[sizeof(uint)..]) != _length)
            throw new GzipException("the gzip data is damaged");
    }

    private byte Next() => _source.ReadByte() is var value and >= 0 ? (byte)value : throw new GzipException("the gzip data is cut off");

    private void Skip(int bytes)
    {
        while (bytes-- > 0)
            Next();
    }

    private void SkipText()
    {
        while (Next() != 0)
        {
        }
    }

    private sealed class ByteByByte(InputStream input) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer) => input.Read(buffer[..Math.Min(1, buffer.Length)]);

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int ReadByte()
        {
            byte value = 0;
            return input.Read(new Span<byte>(ref value)) == 0 ? -1 : value;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
