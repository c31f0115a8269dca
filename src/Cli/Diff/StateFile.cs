using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.State;
using XePt.Cli.Traces;

namespace XePt.Cli.Diff;

/// <summary>An end state by file name: a dump as it is, a trace after replaying it.</summary>
internal static class StateFile
{
    /// <summary>Loads a state.</summary>
    public static EndState Load(ReplayRequest request, Terminal terminal)
    {
        if (!IsTrace(request.Path))
        {
            return request == new ReplayRequest(request.Path)
                ? ReadDump(request.Path)
                : throw new InputException(request.Path, 0, "is a dump, which cannot be played in another way");
        }

        using Replay replay = Replay.Run(request, terminal);
        return StateCapture.Of(replay.Player);
    }

    /// <summary>The header of a trace is a JSON object on the first line that is no comment; a dump is one object over many.</summary>
    private static bool IsTrace(string path)
    {
        // The standard input can be read once, and is a trace.
        if (path == LineReader.StandardInput)
            return true;
        using LineReader lines = LineReader.Open(path);
        ReadOnlyMemory<byte> first;
        do
        {
            if (!lines.TryRead(out first))
                throw new InputException(path, Math.Max(1, lines.LineNumber), "is empty");
        }
        while (TraceReader.IsSkipped(first.Span));

        try
        {
            return JsonText.Read(first, json => json.ValueKind == JsonValueKind.Object && !json.TryGetProperty("xept", out _));
        }
        catch (MalformedRecordException)
        {
            // A trace that is wrong on its first line is no dump either: who reads traces says what they look like.
            return !first.Span.TrimStart(" \t"u8).StartsWith("{"u8);
        }
    }

    private static EndState ReadDump(string path)
    {
        using LineReader lines = LineReader.Open(path);
        using var text = new MemoryStream();
        while (lines.TryRead(out ReadOnlyMemory<byte> line))
        {
            text.Write(line.Span);
            text.WriteByte((byte)'\n');
        }

        try
        {
            return JsonText.Read(text.GetBuffer().AsMemory(0, (int)text.Length), StateReader.Read);
        }
        catch (MalformedRecordException e)
        {
            throw new InputException(path, e.Line + 1 ?? 0, e.Message);
        }
    }
}
