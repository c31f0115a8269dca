using System.Runtime.CompilerServices;
using XePt.Schedules.Exploring;

namespace XePt;

/// <summary>
/// Stands in for <see cref="System.Threading.Monitor"/> where code waits inside a <c>lock</c>. The lock itself stays the real one; it is
/// let go around each step, so that the threads of a protocol never block for real. A wait with a time-out may be over at any time.
/// </summary>
/// <remarks>What stands between two steps inside a lock runs in one piece, and entering a lock is no step of its own.</remarks>
internal static class Monitor
{
    // A day; what waits longer waits for ever.
    private const int LongestTimeout = 86_400_000;

    private static readonly ConditionalWeakTable<object, StrongBox<int>> s_pulses = [];

    public static void Pulse(
        object monitor, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        StrongBox<int> pulses = s_pulses.GetOrCreateValue(monitor);
        Outside(monitor, () => Interlocked.Increment(ref pulses.Value, nameof(pulses), member, file, line));
    }

    public static bool Wait(
        object monitor, int milliseconds, [CallerMemberName] string member = "", [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0)
    {
        StrongBox<int> pulses = s_pulses.GetOrCreateValue(monitor);
        int seen = pulses.Value;
        var here = new Site(nameof(pulses), member, file, line);
        bool isPulsed = true;
        Outside(monitor, () =>
        {
            if (milliseconds is not Timeout.Infinite and < LongestTimeout && SharedMemory.Choose(2, here) == 1)
            {
                isPulsed = false;
                Stopwatch.LetTimePass();
                return;
            }

            while (SharedMemory.Read(ref pulses.Value, here) == seen)
                SharedMemory.Spin(here);
        });
        return isPulsed;
    }

    private static void Outside(object monitor, Action steps)
    {
        System.Threading.Monitor.Exit(monitor);
        try
        {
            steps();
        }
        finally
        {
            System.Threading.Monitor.Enter(monitor);
        }
    }
}
