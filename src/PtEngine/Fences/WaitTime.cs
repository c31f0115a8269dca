namespace XePt.Fences;

/// <summary>Waiting times in the unit that the runtime blocks by.</summary>
internal static class WaitTime
{
    /// <summary>Milliseconds, rounded up; longer times are cut, since whoever blocks looks again after waking.</summary>
    public static int ToMilliseconds(TimeSpan time) => (int)Math.Min(int.MaxValue, Math.Ceiling(time.TotalMilliseconds));
}
