using XePt.Cli.Stress;
using XePt.Cli.Stress.Svm;
using XePt.Tests.Kit;

namespace XePt.Tests.Cli;

/// <summary>The stress run of mirrors, bounded by steps, not by time.</summary>
public class SvmStressTests
{
    [Theory]
    [InlineData("lnl", 2, false)]
    [InlineData("bmg", 2, false)]
    [InlineData("pvc-2t", 4, false)]
    [InlineData("lnl", 2, true)]
    [InlineData("bmg", 4, true)]
    [InlineData("pvc-2t", 4, true)]
    [Rule("CON-005")]
    public void Faults_binds_and_changes_agree_on_every_byte(string platform, int threads, bool isInline)
    {
        var options = new StressOptions(0, threads, Seed: 11, Rounds: 400) { Platform = TestGpu.Named(platform), IsInline = isInline };
        SvmStressResult result = new SvmStressRun(options).Run();
        Assert.True(result.IsGood, $"{result.Failure} {result.Left}");
        long Count(string name) => result.Rows.First(row => row.Name == name).Value;
        Assert.True(Count("gpu accesses") > 100 && Count("faults") > 10 && Count("changes") > 10, string.Join(", ", result.Rows));
        Assert.True(Count("userptrs") > 0 && Count("VMs") > 0 && Count("checked uses") > 100, string.Join(", ", result.Rows));
        Assert.True(Count("queued faults") > 100, string.Join(", ", result.Rows));
        Assert.Equal(!isInline && platform != "lnl", Count("late copies") > 10);
    }

    /// <summary>More threads than a build machine has cores: who waits for whom changes all the time.</summary>
    [Theory]
    [InlineData("lnl", false)]
    [InlineData("bmg", false)]
    [InlineData("pvc-2t", false)]
    [InlineData("bmg", true)]
    [Rule("CON-005")]
    public void Eight_threads_agree_on_every_byte(string platform, bool isInline)
    {
        var options = new StressOptions(0, Threads: 8, Seed: 12, Rounds: 300) { Platform = TestGpu.Named(platform), IsInline = isInline };
        SvmStressResult result = new SvmStressRun(options).Run();
        Assert.True(result.IsGood, $"{result.Failure} {result.Left}");
    }

    /// <summary>One that nobody has counted stands for one that is answered twice.</summary>
    [Theory, InlineData(false), InlineData(true)]
    [Rule("FLT-014")]
    public void An_answer_too_many_is_found(bool isInline)
    {
        var options = new StressOptions(0, Threads: 2, Seed: 11, Rounds: 20)
        {
            IsInline = isInline,
            Prepare = (device, _) => device.RaiseFault(new GpuFault { Level = GpuFault.NackLevel }),
        };
        SvmStressResult result = new SvmStressRun(options).Run();
        Assert.False(result.IsGood);
        Assert.EndsWith(" faults", result.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tlb_that_acknowledges_without_flushing_is_found()
    {
        var options = new StressOptions(0, Threads: 2, Seed: 11, Rounds: 3000)
        {
            Platform = TestGpu.Named("lnl"),
            Prepare = (_, tlb) => tlb.KeepsAll = true,
        };
        SvmStressResult result = new SvmStressRun(options).Run();
        Assert.False(result.IsGood);
        Assert.NotNull(result.Failure);
    }

    [Fact]
    public void Inline_is_asked_for_on_the_command_line()
    {
        CliRun run = CliRun.Of("stress", "--svm", "--inline", "--seconds", "0.3", "--threads", "2", "--json");
        Assert.Equal((0, 0), (run.ExitCode, CliRun.Parse(run.Out).GetProperty("late_copies").GetInt32()));
        CliRun.Of("stress", "--inline").IsBadInput("--inline: only with --svm");
    }

    [Fact]
    public void It_is_asked_for_on_the_command_line()
    {
        CliRun run = CliRun.Of("stress", "--svm", "--platform", "lnl", "--seconds", "0.1", "--threads", "2", "--json");
        Assert.Equal((0, "lnl", ""), (run.ExitCode, CliRun.Parse(run.Out).GetProperty("platform").GetString(),
            CliRun.Parse(run.Out).GetProperty("left").GetString()));
    }
}
