using XePt.Cli.Input;

namespace XePt.Cli.Vectors;

/// <summary>Hands out the cases of a vector file, in order. What cannot be read is noted in the file's tally and ends the file.</summary>
internal sealed class VectorFile : IDisposable
{
    private readonly FileTally _tally;
    private LineReader? _reader;
    private VectorHeader? _header;

    public VectorFile(FileTally tally)
    {
        _tally = tally;
        Attempt(() => _reader = LineReader.Open(tally.Path));
    }

    /// <summary>Bytes of the file, as it is stored, that have been read.</summary>
    public long BytesRead => _reader?.BytesRead ?? 0;

    /// <summary>The next case, or null at the end.</summary>
    public PendingCase? Next()
    {
        PendingCase? next = null;
        if (_reader is not null && !Attempt(() => next = Read(_reader)))
            next = null;
        return next;
    }

    public void Dispose() => _reader?.Dispose();

    private PendingCase? Read(LineReader reader)
    {
        while (reader.TryRead(out ReadOnlyMemory<byte> line))
        {
            if (!line.Span.ContainsAnyExcept((byte)' ', (byte)'\t'))
                continue;
            if (_header is not null || !TryReadHeader(reader, line))
                return new PendingCase(_tally, _header!, reader.LineNumber, line.ToArray());
        }

        return _header is null ? throw new InputException(_tally.Path, 0, "has no lines") : null;
    }

    /// <summary>The first line is a header, or the file has none.</summary>
    private bool TryReadHeader(LineReader reader, ReadOnlyMemory<byte> line)
    {
        try
        {
            _header = JsonText.Read(line, VectorHeader.ReadIfHeader);
            return _header != VectorHeader.None;
        }
        catch (MalformedRecordException malformed)
        {
            throw new InputException(_tally.Path, reader.LineNumber, malformed.Message);
        }
    }

    private bool Attempt(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (InputException bad)
        {
            _tally.Add(bad);
            return false;
        }
    }
}
