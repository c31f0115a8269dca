namespace XePt.Times;

/// <summary>One thing to measure, ready to be done again and again.</summary>
/// <param name="name">What it is, as the table says it.</param>
/// <param name="operations">Operations that <paramref name="run"/> does each time.</param>
/// <param name="run">Does it and leaves everything as it was.</param>
internal sealed class Line(string name, int operations, Action run)
{
    private const double RoundNanoseconds = 2e6;
    private int _times = 1;

    public string Name { get; } = name;

    /// <summary>Does it for about two milliseconds.</summary>
    /// <returns>Nanoseconds of processor time, and managed bytes, of one operation.</returns>
    public (double Time, double Bytes) Round()
    {
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        double start = ThreadClock.Nanoseconds();
        for (int i = 0; i < _times; i++)
            run();
        double elapsed = ThreadClock.Nanoseconds() - start;
        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        double done = (double)_times * operations;
        _times = Math.Clamp((int)(_times * RoundNanoseconds / Math.Max(elapsed, 1)), 1, 1 << 20);
        return (elapsed / done, bytes / done);
    }
}
