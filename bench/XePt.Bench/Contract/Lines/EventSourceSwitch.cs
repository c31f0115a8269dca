using System.Diagnostics;
using System.Globalization;

namespace XePt.Bench.Contract;

/// <summary>Whether the event source is there is fixed when a process starts, so this line runs programs in turn: this one again, with it
/// and without, each printing the first quartile of the nanoseconds of a bind and unbind.</summary>
internal static class EventSourceSwitch
{
    private const string Knob = "System.Diagnostics.Tracing.EventSource.IsSupported";
    private const int Runs = 5, FewestRuns = 2;

    /// <summary>Argument of the program that is run: <see cref="PrintPairTime"/>.</summary>
    public const string Verb = "contract-pair";

    /// <summary>Null where the program is not a file of its own. A native one has the event source or not since it was compiled.</summary>
    public static Reading? Measure()
    {
        string program = Path.Combine(AppContext.BaseDirectory, typeof(EventSourceSwitch).Assembly.GetName().Name + ".dll");
        if (!File.Exists(program))
            return null;
        List<double> with = [], without = [];
        for (int i = 0; i < Runs && (i < FewestRuns || TimeBudget.LeftOfLine > TimeSpan.Zero); i++)
        {
            with.Add(Run(program, isThere: true));
            without.Add(Run(program, isThere: false));
        }

        return PairedMeasure.ReadingOf(with, without, isSpeedUp: false);
    }

    public static void PrintPairTime()
    {
        using var fixture = new BindFixture(4096, 4096, isVram: false);
        fixture.KeepTable();
        var side = new Side(1, fixture.BindAndUnbind);
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(0.8);)
            side.Round(counts: false);
        for (int i = 0; i < 2000; i++)
            side.Round(counts: true);
        Console.WriteLine(PairedMeasure.Quantile(side.Rounds, 0.25).ToString("R", CultureInfo.InvariantCulture));
    }

    private static double Run(string program, bool isThere)
    {
        string config = Path.Combine(Path.GetTempPath(), $"xept-contract-{Environment.ProcessId}.runtimeconfig.json");
        string given = File.ReadAllText(Path.ChangeExtension(program, ".runtimeconfig.json"));
        File.WriteAllText(config, given.Replace(
            "\"configProperties\": {", $"\"configProperties\": {{ \"{Knob}\": {(isThere ? "true" : "false")},", StringComparison.Ordinal));
        try
        {
            string[] arguments = ["exec", "--runtimeconfig", config, program, Verb];
            var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true };
            using Process process = Process.Start(start)!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return double.Parse(output, CultureInfo.InvariantCulture);
        }
        finally
        {
            File.Delete(config);
        }
    }
}
