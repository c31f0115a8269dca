using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using XePt.Cli.Console;
using XePt.Cli.Input;

namespace XePt.Cli.Profile;

/// <summary>The tool's companion <c>xept-profile</c>: the same tool with a reader of events (<see cref="IEventReader"/>), in a package of
/// its own. It plays the verbs that need one.</summary>
internal static class Companion
{
    private const string Name = "xept-profile";
    private const string ToolStore = ".store";

    /// <summary>Runs a command line in it, on the same input and output.</summary>
    /// <returns>Its exit code.</returns>
    /// <exception cref="InputException">It is nowhere to be found, or cannot be started.</exception>
    public static int Run(Invocation invocation)
    {
        string verb = invocation.Args is [var first, ..] ? first : "";
        string file = Find(AppContext.BaseDirectory, Environment.GetEnvironmentVariable("PATH") ?? "")
            ?? throw new InputException(verb, 0, $"needs {Name}, which is neither beside xept nor on PATH: " +
                "dotnet tool install --global XePt.Tool.Profile --source FOLDER (the folder of its package; in a clone: " +
                $"dotnet run --project src/Cli.Profile -c Release -- {verb} ...)");
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(file, invocation.Args))!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (Win32Exception e)
        {
            throw new InputException(file, 0, $"cannot be started: {Marshal.GetPInvokeErrorMessage(e.NativeErrorCode)}");
        }
    }

    /// <summary>Where it is; null when nowhere.</summary>
    /// <param name="home">The folder that xept runs from: perhaps the place inside a folder of tools where dotnet keeps what it has
    /// installed.</param>
    /// <param name="searchPath">The folders of <c>PATH</c>.</param>
    public static string? Find(string home, string searchPath)
    {
        string program = OperatingSystem.IsWindows() ? $"{Name}.exe" : Name;
        return ToolFolders(home).Concat(searchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
    }

    private static IEnumerable<string> ToolFolders(string home)
    {
        yield return home;
        for (DirectoryInfo? folder = new(home); folder is not null; folder = folder.Parent)
        {
            if (folder is { Name: ToolStore, Parent: { } tools })
                yield return tools.FullName;
        }
    }
}
