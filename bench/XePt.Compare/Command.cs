using System.Diagnostics;

namespace XePt.Compare;

/// <summary>Programs that are run to their end.</summary>
internal static class Command
{
    /// <summary>Runs a program.</summary>
    /// <returns>What it prints, without the last line's end.</returns>
    /// <exception cref="CompareException">It fails; the message has what it printed.</exception>
    public static string Run(string folder, string program, params string[] args)
    {
        var start = new ProcessStartInfo(program, args)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // No build server stays behind.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output.TrimEnd()
            : throw new CompareException($"{program} {string.Join(' ', args)}: exit code {process.ExitCode}\n{output}{errors.Result}");
    }
}
