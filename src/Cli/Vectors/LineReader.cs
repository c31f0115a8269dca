using System.IO.Compression;

namespace XePt.Cli.Vectors;

/// <summary>Reads the lines of a text file, compressed or not, as bytes, holding no more than one of them in memory.</summary>
internal sealed class LineReader : IDisposable
{
    /// <summary>Longest line accepted, in bytes.</summary>
    public const int MaxLine = 64 << 20;

    private const byte LineFeed = (byte)'\n';

    private readonly Stream _stream;
    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;

    /// <param name="path">The file; <c>.gz</c> at the end of its name says that it is gzip-compressed.</param>
    public LineReader(string path)
    {
        Stream file = File.OpenRead(path);
        _stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    /// <summary>Number of the line read last, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>Reads the next line that is not blank; null at the end of the file.</summary>
    /// <exception cref="MalformedVectorException">The line is too long.</exception>
    /// <exception cref="InvalidDataException">The compressed data are damaged or incomplete.</exception>
    public byte[]? ReadLine()
    {
        while (ReadAnyLine() is { } line)
        {
            if (line.AsSpan().ContainsAnyExcept((byte)' ', (byte)'\t', (byte)'\r'))
                return line;
        }

        return null;
    }

    public void Dispose() => _stream.Dispose();

    private byte[]? ReadAnyLine()
    {
        Line++;
        int searched = 0;
        while (true)
        {
            int length = _buffer.AsSpan((_start + searched).._end).IndexOf(LineFeed);
            if (length >= 0)
                return Take(searched + length, skip: 1);
            searched = _end - _start;
            if (searched > MaxLine)
                throw new MalformedVectorException($"the line is longer than {MaxLine >> 20} MiB");
            if (!Fill())
                return searched == 0 ? null : Take(searched, skip: 0);
        }
    }

    private byte[] Take(int length, int skip)
    {
        byte[] line = _buffer.AsSpan(_start, length).ToArray();
        _start += length + skip;
        return line;
    }

    /// <summary>Reads more behind what is in the buffer; false at the end of the file.</summary>
    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        int read = _stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        return read > 0;
    }
}
