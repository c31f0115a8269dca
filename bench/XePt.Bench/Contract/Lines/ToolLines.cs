using System.Globalization;
using System.Text;

namespace XePt.Bench.Contract;

/// <summary>Start-up, replay and verify: what a run of the tool costs the processor, from its start to its end, against a .NET program that
/// does nothing, in turn.</summary>
internal static class ToolLines
{
    private const int Runs = 9;
    private const int ReplayedCalls = 10_000;

    public static IEnumerable<ContractLine> All(string tool)
    {
        yield return Line("Start-up", "xept run of the first sample ÷ empty .NET tool", 2, root =>
            Measure(tool, root, ["run", Path.Combine(root, "samples", "mirror-lifecycle.xetrace")]));
        yield return Line("Replay", "xept run of 10 000 binds and unbinds ÷ empty .NET tool", 6, root => Replay(tool, root));
        yield return Line("Verify", "xept verify of bind_bmg ÷ empty .NET tool", 16, root =>
            Measure(tool, root, ["verify", Path.Combine(root, "tests", "vectors", "bind_bmg.jsonl.gz")]));
    }

    private static ContractLine Line(string category, string name, double goal, Func<string, Reading?> measure) =>
        new(category, name, Goal.AtMost(goal), 0.1, () => RepositoryRoot() is { } root ? measure(root) : null);

    private static Reading? Replay(string tool, string root)
    {
        string trace = Path.Combine(Path.GetTempPath(), $"xept-contract-{Environment.ProcessId}.xetrace");
        try
        {
            File.WriteAllText(trace, ReplayTrace());
            return Measure(tool, root, ["run", trace]);
        }
        finally
        {
            File.Delete(trace);
        }
    }

    /// <summary>Null without a tool to start, or without the empty one.</summary>
    private static Reading? Measure(string tool, string root, string[] arguments)
    {
        string empty = Path.Combine(root, "bench", "XePt.Empty", "bin", "Release", "net10.0", "XePt.Empty.dll");
        if (!File.Exists(tool) || !File.Exists(empty))
            return null;
        List<double> ours = [], theirs = [];
        for (int i = 0; i < Runs; i++)
        {
            ours.Add(ChildUsage.Run(tool, arguments).Nanoseconds);
            theirs.Add(ChildUsage.Run(empty, []).Nanoseconds);
        }

        return PairedMeasure.ReadingOf(ours, theirs, isSpeedUp: false);
    }

    private static string ReplayTrace()
    {
        var text = new StringBuilder();
        text.AppendLine("""{"xetrace":1,"platform":"bmg"}""");
        text.AppendLine("""{"ioctl":"VM_CREATE","as":"vm"}""");
        text.AppendLine("""{"ioctl":"GEM_CREATE","size":"0x10000","placement":1,"cpu_caching":"WC","as":"bo"}""");
        for (int i = 0; i < ReplayedCalls / 2; i++)
        {
            string at = string.Create(CultureInfo.InvariantCulture, $"\"0x{(1UL << 40) + ((ulong)i << 16):x}\",\"range\":\"0x10000\"");
            text.AppendLine(
                $$"""{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","obj":"bo","addr":{{at}},"pat_index":2}]}""");
            text.AppendLine($$"""{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"UNMAP","addr":{{at}}}]}""");
        }

        return text.ToString();
    }

    private static string? RepositoryRoot()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !File.Exists(Path.Combine(at, "XePt.sln")))
            at = Path.GetDirectoryName(at);
        return at;
    }
}
