using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using XePt.Cli.Input;
using XePt.Devices;

namespace XePt.Cli.Exec;

/// <summary>A program that runs on devices without hardware.</summary>
/// <param name="Libraries">The folder with the libraries.</param>
/// <param name="Platform">What its devices are.</param>
/// <param name="Devices">How many there are.</param>
/// <param name="IsTimeVirtual">Time passes only while it waits or sleeps.</param>
/// <param name="Explains">A line on the error output for each ioctl that fails.</param>
/// <param name="Checks">Tables and accesses are checked.</param>
/// <param name="Counts">What it does is counted.</param>
/// <param name="Log">Where its calls are recorded; null for nowhere.</param>
[SupportedOSPlatform("linux")]
internal sealed record ProgramRun(
    string Libraries, PlatformInfo Platform, int Devices, bool IsTimeVirtual, bool Explains, bool Checks, bool Counts, string? Log)
{
    // In the tree, where the library makes a file for each process.
    private const string CountsFolder = "report";

    /// <summary>Runs it on the input and output of this process.</summary>
    /// <returns>What it has done, with its exit code; 128 and the number of the signal that ended it, as shells say it.</returns>
    /// <exception cref="InputException">It cannot be started.</exception>
    public ProgramCounts Run(IReadOnlyList<string> program)
    {
        DirectoryInfo tree = Directory.CreateTempSubdirectory("xept-");
        ConsoleCancelEventHandler stay = (_, cancel) => cancel.Cancel = true;
        System.Console.CancelKeyPress += stay;
        try
        {
            var files = new NodeTree(tree.FullName);
            NodeLibrary.Link(Libraries, tree.FullName);
            for (int i = 0; i < Devices; i++)
                files.Add(i, Platform);
            files.AddLists();
            string counts = tree.CreateSubdirectory(CountsFolder).FullName;
            Orphans.Adopt();
            using Process process = Start(program, tree.FullName);
            process.WaitForExit();
            Orphans.Reap();
            return new ProgramCounts(program[0], Platform.Name, process.ExitCode, Checks, ReportFile.ReadAll(counts));
        }
        finally
        {
            System.Console.CancelKeyPress -= stay;
            tree.Delete(recursive: true);
        }
    }

    private Process Start(IReadOnlyList<string> program, string tree)
    {
        var start = new ProcessStartInfo(program[0], program.Skip(1));
        foreach ((string name, string? value) in Environment(tree))
            start.Environment[name] = value;
        try
        {
            return PipeSignal.WithDefault(() => Process.Start(start)!);
        }
        catch (Win32Exception e)
        {
            throw new InputException(program[0], 0, $"cannot be started: {Marshal.GetPInvokeErrorMessage(e.NativeErrorCode)}");
        }
    }

    private IEnumerable<(string Name, string? Value)> Environment(string tree)
    {
        string[] preloaded = [NodeLibrary.Name];
        if (Log is not null)
            // In front: it records what the program asks.
            preloaded = [NodeLibrary.Recorder, .. preloaded];
        string libraries = string.Join(':', preloaded.Select(name => Path.Combine(tree, name)));
        string? others = System.Environment.GetEnvironmentVariable("LD_PRELOAD");
        yield return ("LD_PRELOAD", string.IsNullOrEmpty(others) ? libraries : $"{libraries}:{others}");
        yield return ("XEPT_TREE", tree);
        yield return (NodeVariables.Platform, Platform.Name);
        yield return (NodeVariables.Time, IsTimeVirtual ? "virtual" : "real");
        yield return ("XEPT_EXPLAIN", Explains ? "1" : null);
        yield return ("XEPT_CHECK", Checks ? "1" : null);
        yield return ("XEPT_REPORT", Checks || Counts ? Path.Combine(tree, CountsFolder) : null);
        if (Log is not null)
            yield return ("XERECORD", Log);
    }
}
