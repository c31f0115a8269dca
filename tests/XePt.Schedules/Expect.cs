using XePt.Schedules.Exploring;

namespace XePt.Schedules;

/// <summary>What tests expect of an exploration.</summary>
internal static class Expect
{
    /// <summary>No schedule is bad, and all were followed to their end.</summary>
    /// <param name="make">Makes the protocol.</param>
    /// <param name="schedules">At least so many different schedules, so that the test cannot pass by exploring nothing.</param>
    /// <param name="steps">At least so many steps in the longest one.</param>
    public static void Good(Func<Protocol> make, int schedules, int steps)
    {
        Findings findings = Explore(make);
        Assert.Null(findings.BadSchedule);
        Assert.False(findings.IsCutOff, "the exploration was cut off");
        Assert.InRange(findings.Schedules, schedules, int.MaxValue);
        Assert.InRange(findings.Longest, steps, Explorer.MostSteps);
    }

    /// <summary>None of the first schedules is bad, of a protocol that has too many to follow all.</summary>
    /// <param name="make">Makes the protocol.</param>
    /// <param name="runs">As many.</param>
    public static void GoodSoFar(Func<Protocol> make, int runs)
    {
        Findings findings = Explore(make, runs);
        Assert.Null(findings.BadSchedule);
        Assert.InRange(findings.Schedules, runs * 3 / 4, runs);
        Assert.InRange(findings.Longest, 0, Explorer.MostSteps);
    }

    /// <summary>A schedule is bad.</summary>
    /// <param name="make">Makes the protocol with the planted bug.</param>
    /// <param name="fault">Part of what is wrong.</param>
    public static void Bad(Func<Protocol> make, string fault)
    {
        Findings findings = Explore(make);
        Assert.NotNull(findings.BadSchedule);
        Assert.Contains(fault, findings.BadSchedule.Fault, StringComparison.Ordinal);
        Assert.NotEmpty(findings.BadSchedule.Steps);
    }

    private static Findings Explore(Func<Protocol> make, int mostRuns = Explorer.MostRuns)
    {
        Findings findings = Explorer.Explore(make, mostRuns: mostRuns);
        TestContext.Current.TestOutputHelper?.WriteLine(findings.ToString());
        return findings;
    }
}
