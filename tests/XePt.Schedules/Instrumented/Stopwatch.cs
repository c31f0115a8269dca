namespace XePt;

/// <summary>Stands in for <see cref="System.Diagnostics.Stopwatch"/>: no time passes for a thread until a wait of its own has timed
/// out.</summary>
internal static class Stopwatch
{
    [ThreadStatic]
    private static long s_now;

    public static long Frequency => TimeSpan.TicksPerSecond;

    public static long GetTimestamp() => s_now;

    public static TimeSpan GetElapsedTime(long since) => new(s_now - since);

    /// <summary>More than any protocol waits.</summary>
    public static void LetTimePass() => s_now += TimeSpan.TicksPerDay;
}
