using System.Text.Json;
using XePt.Cli.Input;
using XePt.Cli.Traces.Calls;
using XePt.Uapi;

namespace XePt.Cli.Traces;

/// <summary>Reads a trace record by record (docs/trace-format.md). Errors carry file and line.</summary>
internal sealed class TraceReader : IDisposable
{
    private readonly LineReader _lines;
    private readonly XeProfile _profile;

    /// <param name="profile">The profile to use instead of the header's, or null.</param>
    private TraceReader(LineReader lines, XeProfile? profile)
    {
        _lines = lines;
        Header = NextLine(TraceHeader.Read, out TraceHeader? header) ? header! : throw At("the trace is empty");
        _profile = profile ?? Header.Options.Profile;
        Header = Header with { Options = Header.Options with { Profile = _profile } };
    }

    /// <summary>The header, with the profile that is in force.</summary>
    public TraceHeader Header { get; }

    /// <summary>Name of the file.</summary>
    public string Name => _lines.Name;

    /// <summary>Bytes of the file read so far.</summary>
    public long BytesRead => _lines.BytesRead;

    /// <summary>Opens a trace file, plain or gzip, and reads its header.</summary>
    public static TraceReader Open(string path, XeProfile? profile = null) => Over(LineReader.Open(path), profile);

    /// <summary>Reads a trace from lines, which the reader then owns.</summary>
    public static TraceReader Over(LineReader lines, XeProfile? profile = null)
    {
        try
        {
            return new TraceReader(lines, profile);
        }
        catch
        {
            lines.Dispose();
            throw;
        }
    }

    /// <summary>The records, read as they are asked for.</summary>
    /// <param name="keepFields">Whether <see cref="TraceRecord.Fields"/> are asked for.</param>
    public IEnumerable<TraceRecord> Records(bool keepFields = false)
    {
        while (NextLine(
            json => IsComment(json) ? null : ReadRecord(json, _profile, _lines.LineNumber, keepFields), out TraceRecord? record))
        {
            if (record is not null)
                yield return record;
        }
    }

    /// <summary>Reads one record.</summary>
    /// <param name="line">Number of the line it is from.</param>
    /// <param name="keepFields">Whether <see cref="TraceRecord.Fields"/> are asked for.</param>
    public static TraceRecord ReadRecord(JsonElement json, XeProfile profile, int line, bool keepFields)
    {
        var fields = new JsonFields(json, "record") { Notes = keepFields ? new RecordFields() : null };
        fields.TakeText("comment");
        Expectation? expected = fields.TryTake("expect", out JsonElement value) ? Expectation.Read(value) : null;
        string? client = fields.TakeText("client");
        if (fields.Has("ioctl") && fields.TryTake("arg_size", out JsonElement bytes))
            fields.ArgumentBytes = TakeArgumentBytes(bytes);
        (string name, ITraceCall call) = CallCatalog.Read(fields, profile);
        fields.End();
        return new TraceRecord(line, name, call, expected) { Client = client, Fields = fields.Notes };
    }

    /// <summary>A request code has 14 bits for it.</summary>
    private static int TakeArgumentBytes(JsonElement value)
    {
        const ulong most = (1 << 14) - 1;
        ulong bytes = value.ToUInt64("arg_size");
        return bytes <= most ? (int)bytes : throw new MalformedRecordException($"'arg_size': a request code has room for {most} at most");
    }

    /// <summary>An error about the line read last.</summary>
    public InputException At(string message) => new(_lines.Name, Math.Max(1, _lines.LineNumber), message);

    public void Dispose() => _lines.Dispose();

    /// <summary>Whether a line is there for its readers alone: blank, or a comment as shells or C write it.</summary>
    public static bool IsSkipped(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> text = line.Trim(" \t"u8);
        return text.IsEmpty || text[0] == (byte)'#' || text.StartsWith("//"u8);
    }

    /// <summary>Whether a record has a comment and nothing else.</summary>
    private static bool IsComment(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object || json.GetPropertyCount() != 1
            || !json.TryGetProperty("comment", out JsonElement comment))
            return false;
        comment.ToText("comment");
        return true;
    }

    /// <summary>Reads the next line that is not skipped.</summary>
    private bool NextLine<T>(Func<JsonElement, T> read, out T? result)
    {
        while (_lines.TryRead(out ReadOnlyMemory<byte> line))
        {
            if (IsSkipped(line.Span))
                continue;
            try
            {
                result = JsonText.Read(line, read);
                return true;
            }
            catch (MalformedRecordException e)
            {
                throw At(e.Message + Hint(line.Span.Trim(" \t"u8)));
            }
        }

        result = default;
        return false;
    }

    /// <summary>Says what is right to somebody who gave something that is no trace at all: the end of a message, or nothing.</summary>
    private string Hint(ReadOnlySpan<byte> line) =>
        Header is null && line.SequenceEqual("{"u8) ? "; dumps of xept run --dump are for xept map and xept diff"
        : line[0] != (byte)'{' ? "; each line of a trace is an object in braces, or a comment behind # or //"
        : "";
}
