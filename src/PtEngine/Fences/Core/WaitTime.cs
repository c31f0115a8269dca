namespace XePt.Fences;

/// <summary>Waiting times in the unit that the runtime blocks by.</summary>
internal static class WaitTime
{
    private const long Millisecond = 1_000_000;

    /// <summary>Milliseconds of a number of ns, at least 1, rounded up; longer times are cut, since whoever blocks looks again after
    /// waking.</summary>
    public static int ToMilliseconds(long nanoseconds) => (int)Math.Min(int.MaxValue, ((nanoseconds - 1) / Millisecond) + 1);

    /// <summary>Milliseconds, rounded up; longer times are cut, since whoever blocks looks again after waking.</summary>
    public static int ToMilliseconds(TimeSpan time) => (int)Math.Min(int.MaxValue, Math.Ceiling(time.TotalMilliseconds));
}
