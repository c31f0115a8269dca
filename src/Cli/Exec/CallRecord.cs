using XePt.Cli.Console;
using XePt.Cli.Import;
using XePt.Cli.Input;
using XePt.Devices;

namespace XePt.Cli.Exec;

/// <summary>The calls of a program, recorded in a log while it runs and made a trace afterwards.</summary>
/// <param name="file">The trace.</param>
internal sealed class CallRecord(string file) : IDisposable
{
    private readonly FileStream _trace = OutputFile.Open(file);

    /// <summary>The log.</summary>
    public string Log { get; } = Path.GetTempFileName();

    /// <summary>Makes the trace of the log.</summary>
    public void Write(PlatformInfo platform, Terminal terminal)
    {
        IReadOnlyList<RecordedCall> calls = CallLog.Read(Log);
        bool isDebugBuild = Environment.GetEnvironmentVariable(NodeVariables.DebugBuild) is not null;
        var maker = new TraceMaker(_ => platform, null) { IsDebugBuild = isDebugBuild };
        using var writer = new StreamWriter(_trace, leaveOpen: true);
        IReadOnlyList<string> lines = maker.Make(calls);
        // Who has opened no device has a trace as well: of nothing.
        foreach (string line in lines.Count > 0 ? lines : [maker.Header(platform)])
            writer.WriteLine(line);
        Tell(terminal, file, maker.Records, maker.Clients, maker.LeftOut);
    }

    /// <summary>Says what is in a trace.</summary>
    public static void Tell(Terminal terminal, string file, int records, int clients, IEnumerable<KeyValuePair<string, int>> leftOut)
    {
        terminal.Remark($"{Count.Of(records, "record")} of {Count.Of(clients, "client")} in {file}");
        foreach ((string what, int count) in leftOut)
            terminal.Remark($"left out: {count} x {what}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _trace.Dispose();
        File.Delete(Log);
    }
}
