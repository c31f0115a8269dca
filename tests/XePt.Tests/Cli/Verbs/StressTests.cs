using XePt.Cli.Stress;
using XePt.Cli.Stress.Svm;
using XePt.Tests.Kit;

namespace XePt.Tests.Cli;

/// <summary>The stress run: nothing is found on the engine as it is, and what is broken on purpose is found. Bounded by binds, not by
/// time.</summary>
public class StressTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Binders_walkers_and_invalidators_agree(int threads)
    {
        StressResult result = new StressRun(new StressOptions(0, threads, Seed: 7, Rounds: 1500)).Run();
        Assert.True(result.IsGood, $"{result.Failure} {string.Join(Environment.NewLine, result.First.Take(3))}");
        Assert.True(result.Translations > 1000 && result.Zaps + result.BusyZaps > 0, result.ToString());
        Assert.True(result.Deferred > 100 && result.TablesRetired > 0, result.ToString());
        Assert.Equal(0, result.TablesLeaked);
    }

    [Theory]
    [InlineData("pvc-2t")]
    [InlineData("lnl")]
    public void Other_platforms_agree_too(string platform)
    {
        StressResult result = new StressRun(new StressOptions(0, 2, Seed: 5, Rounds: 500) { Platform = TestGpu.Named(platform) }).Run();
        Assert.True(result.IsGood, $"{result.Failure} {string.Join(Environment.NewLine, result.First.Take(3))}");
        Assert.True(result.Translations > 100 && result.Zaps + result.BusyZaps > 0, result.ToString());
    }

    /// <summary>As Ctrl+C does, of whose run one wants to see what it has found.</summary>
    [Fact]
    public void A_run_that_is_ended_early_reports_what_it_has_done()
    {
        var binds = new StressRun(new StressOptions(600, 2, Seed: 7));
        StressResult result = binds.Run(_ => binds.Stop());
        Assert.True(result.IsGood, result.ToString());
        Assert.InRange(result.Binds, 1, long.MaxValue);

        var mirrors = new SvmStressRun(new StressOptions(600, 2, Seed: 7));
        SvmStressResult of = mirrors.Run(_ => mirrors.Stop());
        Assert.True(of.IsGood, of.ToString());
    }

    [Fact]
    public void The_platform_is_chosen_on_the_command_line()
    {
        CliRun run = CliRun.Of("stress", "--platform", "ptl", "--seconds", "0.1", "--threads", "2", "--json");
        Assert.Equal((0, "ptl"), (run.ExitCode, CliRun.Parse(run.Out).GetProperty("platform").GetString()));
        CliRun.Of("stress", "--platform", "tgl").IsBadInput("--platform: tgl has no fault mode; stress runs on pvc, pvc-2t, lnl, bmg,");
    }

    [Fact]
    public void Acknowledging_without_flushing_is_found() => Finds((_, tlb) => tlb.KeepsAll = true, threads: 3, rounds: 3000);

    [Fact]
    public void The_newest_events_are_kept_for_a_run_that_finds_something_and_for_no_other()
    {
        using var good = new StringWriter();
        Assert.True(new StressRun(new StressOptions(0, 2, Seed: 7, Rounds: 200) { Events = good }).Run().IsGood);
        Assert.Equal("", good.ToString());

        using var bad = new StringWriter();
        var breaks = new StressOptions(0, 3, Seed: 3, Rounds: 3000) { Events = bad, Prepare = (_, tlb) => tlb.KeepsAll = true };
        Assert.True(new StressRun(breaks).Run().Violations > 0);
        Assert.Contains("xe_vma_bind vma=", bad.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_of_events_is_asked_for_on_the_command_line()
    {
        using var events = new TempFile("as before"u8.ToArray());
        string[] briefly = ["stress", "--seconds", "0.1", "--threads", "2", "--events", events.Path];
        Assert.Equal(0, CliRun.Of(briefly).ExitCode);
        Assert.Equal("as before", File.ReadAllText(events.Path));
        CliRun.Of([.. briefly, "--svm"]).IsBadInput("--events: are not kept with --svm");
    }

    private static void Finds(Action<XeDevice, ReferenceTlb> breaks, int threads, int rounds)
    {
        StressResult result = new StressRun(new StressOptions(0, threads, Seed: 3, Rounds: rounds) { Prepare = breaks }).Run();
        Assert.True(result.Violations > 0, result.ToString());
    }
}
