using System.CommandLine;
using XePt.Cli.Console;
using XePt.Cli.Diff;
using XePt.Cli.Input;
using XePt.Cli.State;
using XePt.Cli.Traces;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.Commands;

/// <summary>The trace argument and the options about how to replay it, for the verbs that look at what a replay leaves.</summary>
/// <param name="orElse">A sentence about what else than a trace may be given.</param>
internal sealed class ReplayOptions(string orElse = "")
{
    private readonly Argument<string> _trace = CommonOptions.Trace(orElse);
    private readonly Option<PlatformInfo?> _platform = CommonOptions.Platform("Play on this platform instead of the trace's.");
    private readonly Option<XeProfile?> _profile = CommonOptions.Profile();
    private readonly Option<int?> _stopAt = CommonOptions.Count("--stop-at", "LINE", "Stop after this line of the trace.", min: 1);

    /// <summary>Adds them to a command; further arguments come after the trace.</summary>
    public void AddTo(Command command)
    {
        command.Arguments.Insert(0, _trace);
        AddOptionsTo(command);
    }

    /// <summary>Adds the options to a command that takes its traces by itself.</summary>
    public void AddOptionsTo(Command command)
    {
        command.Add(_platform);
        command.Add(_profile);
        command.Add(_stopAt);
    }

    /// <summary>Replays what the command line asks for.</summary>
    public Replay Replay(ParseResult parse, Terminal terminal) => Traces.Replay.Run(RequestOf(parse), terminal);

    /// <summary>Replays only the first lines of what the command line asks for.</summary>
    public Replay ReplayBeginning(ParseResult parse, Terminal terminal, int lines) => Traces.Replay.Run(
        RequestOf(parse) with { StopAt = Math.Min(parse.GetValue(_stopAt) ?? lines, lines) }, terminal);

    /// <summary>Whether the trace is a file, which can be read as often as one likes; a pipe has no length.</summary>
    public bool CanBeReadAgain(ParseResult parse)
    {
        var file = new FileInfo(NameOf(parse) is { Length: > 0 } name ? name : LineReader.StandardInput);
        // What a shell gives for <(...) is a link to a pipe.
        return file.Exists && (file.ResolveLinkTarget(returnFinalTarget: true) ?? file) is FileInfo { Exists: true, Length: > 0 };
    }

    /// <summary>Replays what the command line asks for, and looks at what each record leaves.</summary>
    public Replay Replay(ParseResult parse, Terminal terminal, Action<CallOutcome, TracePlayer> look) =>
        Traces.Replay.Run(RequestOf(parse) with { Look = look }, terminal);

    /// <summary>The end state that the command line asks for: what a replay leaves, or a dump.</summary>
    public EndState Load(ParseResult parse, Terminal terminal) => StateFile.Load(RequestOf(parse), terminal);

    /// <summary>Name of what the command line asks for.</summary>
    public string NameOf(ParseResult parse) => LineReader.NameOf(parse.GetRequiredValue(_trace));

    /// <summary>Replays one of several traces as the command line asks for; of one that can be played in part, that part.</summary>
    public Replay Replay(
        ParseResult parse, Terminal terminal, string trace, bool checkExpected, bool keepFields = false, bool keepEvents = false,
        Action<CallOutcome, TracePlayer>? look = null) =>
        Traces.Replay.Run(
            new ReplayRequest(
                trace, parse.GetValue(_platform), parse.GetValue(_profile), checkExpected, parse.GetValue(_stopAt), keepFields,
                KeepRefused: true, KeepEvents: keepEvents)
            {
                Look = look,
            },
            terminal);

    private ReplayRequest RequestOf(ParseResult parse) => new(
        parse.GetRequiredValue(_trace), parse.GetValue(_platform), parse.GetValue(_profile), StopAt: parse.GetValue(_stopAt));
}
