using System.Diagnostics;

namespace XePt.Bench.Contract;

/// <summary>
/// What time a line may take, so that all of them together end in under four minutes on a machine that others use, too. A machine that is
/// quiet needs less than that, and measures as long as it likes.
/// </summary>
/// <remarks>A line may take half as much again as its equal share of what is left: most take less. What a line needs to set itself up no
/// budget can shorten, so some seconds stay in reserve. Packing the tool is no part of it.</remarks>
internal static class TimeBudget
{
    private const double ShareOfALine = 1.5;
    private static readonly TimeSpan s_all = TimeSpan.FromSeconds(215);

    private static long s_begun = Stopwatch.GetTimestamp();
    private static TimeSpan s_outside, s_lineEnds = s_all;
    private static int s_left;

    /// <summary>Since the first line, without what was outside.</summary>
    public static TimeSpan Elapsed => Stopwatch.GetElapsedTime(s_begun) - s_outside;

    /// <summary>What the running line still may take; not below zero.</summary>
    public static TimeSpan LeftOfLine => TimeSpan.FromTicks(Math.Max(0, (s_lineEnds - Elapsed).Ticks));

    /// <summary>The time of so many lines begins.</summary>
    public static void Begin(int lines) => (s_begun, s_outside, s_left) = (Stopwatch.GetTimestamp(), TimeSpan.Zero, lines);

    /// <summary>One of them begins.</summary>
    public static void BeginLine()
    {
        TimeSpan now = Elapsed;
        s_lineEnds = now + ((s_all - now) * Math.Min(1, ShareOfALine / Math.Max(1, s_left--)));
    }

    /// <summary>Something that is no part of the contract.</summary>
    public static T Outside<T>(Func<T> run)
    {
        long begun = Stopwatch.GetTimestamp();
        T result = run();
        TimeSpan took = Stopwatch.GetElapsedTime(begun);
        s_outside += took;
        return result;
    }
}
