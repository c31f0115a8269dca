using System.Runtime.InteropServices;

namespace XePt.Bench;

/// <summary>What the calling thread has cost the processor so far, whatever else runs on the machine.</summary>
internal static partial class ThreadTime
{
    private const int ThreadClock = 3;

    /// <summary>In ns.</summary>
    public static long Now
    {
        get
        {
            if (ClockGetTime(ThreadClock, out Time now) != 0)
                throw new PlatformNotSupportedException("no clock of the thread");
            return ((long)now.Seconds * 1_000_000_000) + now.Nanoseconds;
        }
    }

    /// <summary>What <see cref="Now"/> itself puts between two questions, in ns.</summary>
    public static long OfAsking { get; } = LeastBetweenTwo();

    private static long LeastBetweenTwo()
    {
        long least = long.MaxValue;
        for (int i = 0; i < 1000; i++)
        {
            long first = Now;
            least = Math.Min(least, Now - first);
        }

        return least;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Time
    {
        public readonly nint Seconds;
        public readonly nint Nanoseconds;
    }
}
