using XePt.Devices;

namespace XePt.Cli.Stress;

/// <summary>How long and how hard to stress.</summary>
/// <param name="Seconds">Time of the run; 0 runs until every thread has done <paramref name="Rounds"/>.</param>
/// <param name="Threads">Threads, at least 2: half of them bind, the others translate and invalidate.</param>
/// <param name="Seed">Seed of all choices.</param>
/// <param name="Rounds">With <paramref name="Seconds"/> 0: binds of each binder.</param>
internal sealed record StressOptions(double Seconds, int Threads, int Seed, int Rounds = 0)
{
    public PlatformInfo Platform { get; init; } = XePlatforms.Bmg;

    /// <summary>With mirrors: faults are serviced on the threads that raise them and copies are over at once. Otherwise they wait in their
    /// queues for who pumps, and copies end later on another thread.</summary>
    public bool IsInline { get; init; }

    /// <summary>Gets the newest events of the device when something is wrong; null when nobody wants them.</summary>
    public TextWriter? Events { get; init; }

    /// <summary>Called before the first bind: tests break something here to see that it is found.</summary>
    public Action<XeDevice, ReferenceTlb>? Prepare { get; init; }
}
