using XePt.Tests.Svm.Mix;

namespace XePt.Tests.Svm;

/// <summary>
/// Data is the judge: random mixes of what CPUs, GPUs, clients and the kernel do to the memory of processes, a million steps that do what
/// they are to do. Every byte that is read is that of a plain model of the memory, no TLB uses a translation that was flushed, every fault
/// has one answer, in its turn, a refusal is one that the model expects, and at the end nothing is left: no range, notifier, block, table
/// or BO.
/// </summary>
public class MixTests
{
    private const int Seeds = 7;
    private const long ShrinkBudget = 1_000_000;

    public static TheoryData<string, string> Settings() => new(
        from platform in MixSetting.Platforms
        from size in MixSetting.Sizes
        select (platform, size));

    [Theory]
    [MemberData(nameof(Settings))]
    [Rule("HST-012")]
    public void Every_byte_is_that_of_the_plain_model(string platform, string size)
    {
        // Steps that move 2 MiB take their time.
        (int count, int least) = size switch { "4K" => (20_000, 94_000), "64K" => (29_000, 147_000), _ => (2_000, 9_000) };
        var successes = new int[Enum.GetValues<MixKind>().Length];
        int queues = 0;
        long into = 0, outOf = 0;
        for (int seed = 1; seed <= Seeds; seed++)
        {
            MixSetting setting = MixSetting.Of(platform, size, seed);
            MixStep[] steps = MixStep.Program(seed, count);
            if (MixRun.Run(setting, steps, successes, Look) is { } failure)
                Assert.Fail($"{platform}, {size}, seed {seed}: {Report(setting, steps, failure)}");
        }

        // Twelve settings: a million steps did what they were to do, not counting those that were refused as the model says.
        Assert.True(successes.Sum() >= least, $"{successes.Sum()} of {count * Seeds} steps did what they were to do");

        // It would be easy to be right by doing nothing.
        foreach (MixKind kind in Enum.GetValues<MixKind>())
            Assert.True(successes[(int)kind] > 0 || (kind == MixKind.Evict && platform == "lnl"), $"{kind} has never been done");
        Assert.Equal(0xf, queues);
        Assert.Equal(platform != "lnl", into > 0 && outOf > 0);

        void Look(MixWorld world)
        {
            queues |= world.AnsweredQueues;
            (long into, long outOf) moved = world.Moved;
            (into, outOf) = (into + moved.into, outOf + moved.outOf);
        }
    }

    private static string Report(MixSetting setting, MixStep[] steps, MixFailure failure)
    {
        MixStep[] few = MixRun.Shrink(
            steps[..Math.Min(failure.Index + 1, steps.Length)], some => MixRun.Run(setting, some)?.Kind == failure.Kind, ShrinkBudget);
        MixFailure? last = MixRun.Run(setting, few);
        return $"step {failure.Index}: {failure.What}\nAlso fails with {few.Length} steps:\n{string.Join(",\n", few)}\n{last?.What}";
    }
}
