using System.Runtime.CompilerServices;
using XePt.Schedules.Exploring;

namespace XePt;

/// <summary>Stands in for <see cref="System.Threading.SpinWait"/>: spinning goes on when another thread has stored something.</summary>
internal struct SpinWait
{
    /// <summary>As many as there may be: where a loop leaves off after so many rounds, a schedule in which it goes on inside differs from
    /// one in which it comes back by nothing that others see.</summary>
    public readonly int Count => int.MaxValue;

    public static void SpinUntil(
        Func<bool> condition, [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        while (!condition())
            SharedMemory.Spin(new Site("", member, file, line));
    }

    public readonly void SpinOnce(
        int sleep1Threshold = 0,
        [CallerMemberName] string member = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        SharedMemory.Spin(new Site("", member, file, line));
}
