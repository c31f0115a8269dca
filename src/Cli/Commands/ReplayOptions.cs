using System.CommandLine;
using XePt.Cli.Console;
using XePt.Cli.Traces;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.Commands;

/// <summary>The trace argument and the options about how to replay it, for the verbs that look at what a replay leaves.</summary>
internal sealed class ReplayOptions
{
    private readonly Argument<string> _trace = CommonOptions.Trace();
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
    public Replay Replay(ParseResult parse, Terminal terminal) =>
        Replay(parse, terminal, parse.GetRequiredValue(_trace), checkExpected: false);

    /// <summary>Replays a trace as the command line asks for.</summary>
    public Replay Replay(ParseResult parse, Terminal terminal, string trace, bool checkExpected, bool keepFields = false) =>
        Traces.Replay.Run(
            new ReplayRequest(
                trace, parse.GetValue(_platform), parse.GetValue(_profile), checkExpected, parse.GetValue(_stopAt), keepFields),
            terminal);
}
