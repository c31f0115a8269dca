using System.Diagnostics;
using System.Runtime.InteropServices;

namespace XePt.Bench.Contract;

/// <summary>The <c>xept</c> of these sources as its package has it, compiled ahead of time.</summary>
internal static class NativeTool
{
    private static string? _made;

    /// <summary>Packs it, once a process.</summary>
    /// <returns>Null where it cannot be packed, for want of a linker for example.</returns>
    public static string? Of(string root)
    {
        _made ??= TimeBudget.Outside(() => Make(root));
        return _made.Length > 0 ? _made : null;
    }

    private static string Make(string root)
    {
        Console.Error.WriteLine("packing xept, compiled ahead of time, to measure its start (--tool XEPT names another)");
        string project = Path.Combine(root, "src", "Cli");
        string packages = Path.Combine(root, "artifacts", "contract");
        var start = new ProcessStartInfo("dotnet", ["pack", project, "-c", "Release", "-v", "q", "--nologo", "-o", packages])
        {
            RedirectStandardOutput = true,
        };
        using Process pack = Process.Start(start)!;
        string said = pack.StandardOutput.ReadToEnd();
        pack.WaitForExit();
        if (pack.ExitCode == 0)
            return Path.Combine(project, "bin", "Release", "net10.0", RuntimeInformation.RuntimeIdentifier, "publish", "xept");
        Console.Error.WriteLine(said);
        return "";
    }
}
