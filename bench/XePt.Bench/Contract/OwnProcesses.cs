using System.Diagnostics;
using System.Text.Json;

namespace XePt.Bench.Contract;

/// <summary>
/// Measures a line in processes of its own, of which the one in the middle counts. Just in time each process compiles the sides anew, by
/// what has been called in it before, and for sides of some 30 ns that decides what is inlined; ahead of time code and data lie elsewhere
/// in each. One number of one process says little.
/// </summary>
internal static class OwnProcesses
{
    /// <summary>What tells <c>contract</c> to measure in its own process.</summary>
    public const string Here = "--here";

    private const int Processes = 15;

    /// <summary>Measures a line.</summary>
    /// <param name="name">Its whole name.</param>
    public static Reading Measure(string name) =>
        Enumerable.Range(0, Processes).Select(_ => MeasureOnce(name)).OrderBy(reading => reading.P25).ElementAt(Processes / 2);

    private static Reading MeasureOnce(string name)
    {
        string path = Path.GetTempFileName();
        try
        {
            // The other program that has the contract has nothing else.
            bool isBench = Path.GetFileNameWithoutExtension(Environment.GetCommandLineArgs()[0]) == "XePt.Bench";
            string[] command = isBench ? ["contract"] : [];
            Run([.. command, Here, "--json", path, name]);
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement line = json.RootElement.GetProperty("lines")[0];
            return new Reading(Of("min"), Of("p25"), Of("median"), Of("candidateNs"), Of("referenceNs"));

            double Of(string field) => line.GetProperty(field).GetDouble();
        }
        finally
        {
            File.Delete(path);
        }
    }

    // That it misses its goal, which it ends with 1 for, is the asker's to judge.
    private static void Run(string[] arguments)
    {
        string program = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        var start = new ProcessStartInfo(program, isHost ? [Environment.GetCommandLineArgs()[0], .. arguments] : arguments)
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode is not (0 or 1))
            throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}: {text}");
    }
}
