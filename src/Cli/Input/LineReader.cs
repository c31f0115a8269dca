namespace XePt.Cli.Input;

/// <summary>
/// Reads a text file line by line, plain or gzip-compressed, without ever holding more than one line. Whatever is wrong with the file
/// becomes an <see cref="InputException"/> with file and line.
/// </summary>
internal sealed class LineReader : IDisposable
{
    /// <summary>Longest line that is accepted, in bytes.</summary>
    public const int MaxLineBytes = 64 * 1024 * 1024;

    private readonly InputStream _input;
    private readonly GzipText? _gzip;
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private bool _atEnd;

    private LineReader(string name, Stream stream)
    {
        Name = name;
        _input = new InputStream(stream);
        _gzip = Guard(_input.StartsGzip) ? new GzipText(_input) : null;
    }

    /// <summary>Stands for the standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>Name of the file, for messages.</summary>
    public string Name { get; }

    /// <summary>The name that the reader of a path has.</summary>
    public static string NameOf(string path) => path == StandardInput ? "(stdin)" : path;

    /// <summary>Number of the line read last, from 1; 0 before the first.</summary>
    public int LineNumber { get; private set; }

    /// <summary>Bytes of the file, as it is stored, that have been read.</summary>
    public long BytesRead => _input.Consumed;

    /// <summary>Opens a file; <c>-</c> is the standard input.</summary>
    public static LineReader Open(string path)
    {
        if (path == StandardInput)
            return new LineReader(NameOf(path), System.Console.OpenStandardInput());

        try
        {
            return new LineReader(path, new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            string why = e is FileNotFoundException or DirectoryNotFoundException ? "no such file"
                : Directory.Exists(path) ? "is a folder, not a file"
                : "cannot be opened";
            throw new InputException(path, 0, why);
        }
    }

    /// <summary>Reads the next line, without its end. It is valid until the next call.</summary>
    /// <returns>False at the end of the file.</returns>
    public bool TryRead(out ReadOnlyMemory<byte> line)
    {
        int searched = _start;
        while (true)
        {
            int length = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                line = Take(searched + length, next: searched + length + 1);
                return true;
            }

            searched = _end - _start;
            if (searched > MaxLineBytes)
                throw Malformed(LineNumber + 1, $"the line is longer than {MaxLineBytes >> 20} MiB");
            if (!FillBuffer())
                break;
            searched += _start;
        }

        bool isLast = _start < _end;
        line = isLast ? Take(_end, next: _end) : default;
        return isLast;
    }

    public void Dispose()
    {
        _gzip?.Dispose();
        _input.Dispose();
    }

    private ReadOnlyMemory<byte> Take(int end, int next)
    {
        ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, end - _start);
        _start = next;
        LineNumber++;
        ReadOnlySpan<byte> mark = [0xef, 0xbb, 0xbf];
        if (LineNumber == 1 && line.Span.StartsWith(mark))
            line = line[mark.Length..];
        return line.Span.EndsWith("\r"u8) ? line[..^1] : line;
    }

    /// <summary>Moves the line begun to the front, makes room and reads on; false at the end of the file.</summary>
    private bool FillBuffer()
    {
        if (_atEnd)
            return false;
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);

        int read = Guard(ReadText);
        _end += read;
        _atEnd = read == 0;
        return !_atEnd;
    }

    private int ReadText()
    {
        Span<byte> free = _buffer.AsSpan(_end);
        return _gzip is null ? _input.Read(free) : _gzip.Read(free);
    }

    private T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (GzipException e)
        {
            throw Malformed(LineNumber + 1, e.Message);
        }
        catch (InvalidDataException)
        {
            throw Malformed(LineNumber + 1, "the gzip data is damaged");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Malformed(0, "cannot be read");
        }
    }

    private InputException Malformed(int line, string message) => new(Name, line, message);
}
