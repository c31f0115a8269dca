using XePt.Compare;

namespace XePt.Tests.Compare;

using Sample = XePt.Compare.Sample;

/// <summary>How many processes are measured: more of the lines that are unclear, and not for ever.</summary>
public class MeasurementTests
{
    [Fact]
    public void Lines_that_are_unclear_are_measured_again_and_only_those()
    {
        (IReadOnlyList<Comparison> lines, List<string> started) = Run(1.075);
        Assert.Equal(("steady", Verdict.Same, 8), (lines[0].Name, lines[0].Verdict, lines[0].Head.Times.Length));
        Assert.Equal(("noisy", Verdict.Slower), (lines[1].Name, lines[1].Verdict));
        Assert.InRange(lines[1].Head.Times.Length, 9, 24);
        Assert.Equal([.. Enumerable.Repeat("", 8), .. Enumerable.Repeat("noisy", lines[1].Head.Times.Length - 8)], started);
        Assert.Equal(1, new Report("a", "b", 0.05, lines).ExitCode(isStrict: true));
    }

    [Fact]
    public void What_stays_unclear_ends_after_a_number_of_processes_and_is_no_success_for_who_is_strict()
    {
        (IReadOnlyList<Comparison> lines, List<string> started) = Run(1.05, "--most", "20");
        Assert.Equal((Verdict.Unclear, 20, 20), (lines[1].Verdict, lines[1].Head.Times.Length, started.Count));
        var report = new Report("a", "b", 0.05, lines);
        Assert.Equal((0, 3), (report.ExitCode(isStrict: false), report.ExitCode(isStrict: true)));
        Assert.Contains("### No performance regression, 1 unclear", report.ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_driver_is_a_project_in_a_repository()
    {
        var own = Driver.In(Path.Combine(RepositoryPaths.Root, "bench", "XePt.Times"));
        Assert.Equal(("bench/XePt.Times", "XePt.Times"), (own.Folder, own.Name));
        Assert.Throws<CompareException>(() => Driver.In(Path.Combine(RepositoryPaths.Root, "bench")));
        Assert.Throws<CompareException>(() => Driver.In("/nowhere/at/all"));
    }

    private static (IReadOnlyList<Comparison> Lines, List<string> Started) Run(double factor, params string[] args)
    {
        var started = new List<string>();
        using var progress = new StringWriter();
        var measurement = new Measurement(CompareOptions.Parse(["a", "b", .. args]), parts =>
        {
            started.Add(string.Join(' ', parts));
            return new FakeLaunch(parts, started.Count, factor);
        }, progress);
        return (measurement.Run(), started);
    }

    /// <summary>One line whose times are always the same, and one with noise.</summary>
    private sealed class FakeLaunch(IReadOnlyList<string> parts, int number, double factor) : ILaunch
    {
        private static readonly double[] Noise = [0.97, 0.98, 0.99, 1.0, 1.001, 1.01, 1.02, 1.05];

        private readonly string[] _lines = [.. new[] { "steady", "noisy" }.Where(name => parts.Count == 0 || parts.Contains(name))];

        public (IReadOnlyList<string> One, IReadOnlyList<string> Other) Lines => (_lines, _lines);

        public void WarmUp()
        {
        }

        public (Sample[] One, Sample[] Other) Measure(int line, int rounds)
        {
            bool isSteady = _lines[line] == "steady";
            double time = 100 * (isSteady ? 1 : Noise[number % Noise.Length]);
            return (Repeat(time), Repeat(time * (isSteady ? 1 : factor)));

            Sample[] Repeat(double time) => [.. Enumerable.Repeat(new Sample(time, 0), rounds)];
        }

        public void Dispose()
        {
        }
    }
}
