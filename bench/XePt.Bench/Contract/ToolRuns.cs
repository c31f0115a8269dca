using System.Globalization;
using System.Text;

namespace XePt.Bench.Contract;

/// <summary>Runs of the tool, and of the .NET program that does nothing, each from its start to its end.</summary>
internal sealed class ToolRuns : IDisposable
{
    private const int ReplayedCalls = 10_000;
    private readonly string _root;
    private readonly string _tool;
    private readonly string _trace = Path.Combine(Path.GetTempPath(), $"xept-contract-{Environment.ProcessId}.xetrace");

    private ToolRuns(string root, string tool)
    {
        _root = root;
        _tool = tool;
        File.WriteAllText(_trace, ReplayTrace());
    }

    private string EmptyTool => Path.Combine(
        _root, "bench", "XePt.Empty", "bin", "Release", "net10.0", OperatingSystem.IsWindows() ? "XePt.Empty.exe" : "XePt.Empty");

    /// <param name="tool">The <c>xept</c> that is run; nothing for the one that is packed from these sources.</param>
    /// <returns>Null outside the repository, or where one of the two programs is not there.</returns>
    public static ToolRuns? Find(string tool)
    {
        if (RepositoryRoot() is not { } root || (tool.Length > 0 ? tool : NativeTool.Of(root)) is not { } found)
            return null;
        var runs = new ToolRuns(root, found);
        if (File.Exists(found) && File.Exists(runs.EmptyTool))
            return runs;
        runs.Dispose();
        return null;
    }

    /// <returns>Nanoseconds of processor time; likewise below.</returns>
    public double StartUp() => Run("run", Path.Combine(_root, "samples", "mirror-lifecycle.xetrace"));

    public double Replay() => Run("run", _trace);

    public double Verify() => Run("verify", Path.Combine(_root, "tests", "vectors", "bind_bmg.jsonl.gz"));

    public double Empty() => ChildUsage.Run(EmptyTool, []).Nanoseconds;

    public void Dispose() => File.Delete(_trace);

    private double Run(params string[] arguments) => ChildUsage.Run(_tool, arguments).Nanoseconds;

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
