using System.Diagnostics;

namespace XePt.Tests.Packages;

/// <summary>Runs a command to its end.</summary>
internal static class Shell
{
    private static IEnumerable<string> Path => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator);

    /// <summary>Whether a program is on PATH.</summary>
    public static bool Has(string program) => Path.Any(folder => File.Exists(System.IO.Path.Combine(folder, program)));

    /// <summary>A folder for PATH that has dotnet, and other programs by name alone, which end at once.</summary>
    public static string PathOf(string place, params string[] programs)
    {
        string folder = Directory.CreateDirectory(System.IO.Path.Combine(place, "path" + programs.Length)).FullName;
        File.CreateSymbolicLink(
            System.IO.Path.Combine(folder, "dotnet"), Path.Select(each => System.IO.Path.Combine(each, "dotnet")).First(File.Exists));
        foreach (string program in programs)
            Run(folder, "install", "-m", "755", "/dev/null", program);
        return folder;
    }

    /// <summary>What it has written, on both streams; a failure is one of the test.</summary>
    public static string Run(string folder, string file, params string[] arguments) => RunTo(0, folder, file, arguments);

    /// <summary>The same, to an end with another exit code.</summary>
    public static string RunTo(int exitCode, string folder, string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // A consumer has a place of its own for packages, so that nothing of an older build of the same version is found.
        start.Environment.Remove("NUGET_PACKAGES");
        // No server stays behind.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        process.WaitForExit();
        Assert.True(process.ExitCode == exitCode, $"{file} {string.Join(' ', arguments)}: {process.ExitCode}\n{output}");
        return output;
    }
}
