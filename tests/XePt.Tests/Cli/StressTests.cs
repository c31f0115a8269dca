using XePt.Cli.Stress;

namespace XePt.Tests.Cli;

/// <summary>The stress run: nothing is found on the engine as it is, and what is broken on purpose is found. Bounded by binds, not by time.</summary>
public class StressTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Binders_walkers_and_invalidators_agree(int threads)
    {
        StressResult result = new StressRun(new StressOptions(0, threads, Seed: 7, Rounds: 1500)).Run();
        Assert.True(result.IsGood, $"{result.Failure} {string.Join(Environment.NewLine, result.First.Take(3))}");
        Assert.True(result.Translations > 1000 && result.Zaps > 0 && result.Deferred > 100 && result.TablesRetired > 0, result.ToString());
        Assert.Equal(0, result.TablesLeaked);
    }

    [Fact]
    public void Acknowledging_without_flushing_is_found() => Finds((_, tlb) => tlb.KeepsAll = true, threads: 3, rounds: 3000);

    [Fact]
    public void Lost_invalidations_are_found() => Finds((device, _) => device.Tlb.LoseInvalidations(0, true), threads: 3, rounds: 3000);

    private static void Finds(Action<XeDevice, ReferenceTlb> breaks, int threads, int rounds)
    {
        StressResult result = new StressRun(new StressOptions(0, threads, Seed: 3, Rounds: rounds) { Prepare = breaks }).Run();
        Assert.True(result.Violations > 0, result.ToString());
    }
}
