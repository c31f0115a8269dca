using System.Diagnostics;
using System.Runtime.InteropServices;

namespace XePt.Times;

/// <summary>Processor time of the calling thread: what other programs take of the machine is not in it.</summary>
internal static partial class ThreadClock
{
    private const int ThreadCpuTime = 3; // CLOCK_THREAD_CPUTIME_ID of Linux.

    /// <summary>Nanoseconds since some moment; on systems other than Linux those of the wall clock.</summary>
    public static double Nanoseconds()
    {
        if (!OperatingSystem.IsLinux())
            return Stopwatch.GetElapsedTime(0).TotalNanoseconds;
        _ = GetTime(ThreadCpuTime, out TimeSpec time);
        return (time.Seconds * 1e9) + time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpec time);

    private struct TimeSpec
    {
        public nint Seconds, Nanoseconds;
    }
}
