namespace XePt;

/// <summary>What an embedder may choose about a <see cref="CommandStreamer"/>.</summary>
public sealed record CommandStreamerOptions
{
    /// <summary>Nanoseconds of the device's clock that a job may run, 5 s by default (RN-066's programs and others count on it). Jobs of
    /// long-running VMs have no limit. <see cref="long.MaxValue"/> for none.</summary>
    public long JobTimeout { get; init; } = 5_000_000_000;

    /// <summary>Whether jobs run by themselves: as far as they can where they are submitted, and then on the device's clock, whenever
    /// somebody lets it go on. Null: with the inline drive. Otherwise somebody calls <see cref="CommandStreamer.Run"/>.</summary>
    public bool? RunsByItself { get; init; }

    /// <summary>Nanoseconds of the device's clock that an instruction takes, where jobs run by themselves on it: a batch that works without
    /// end lets the time of a virtual clock pass, and so meets its time-out.</summary>
    public long NanosecondsPerInstruction { get; init; } = 100;

    /// <summary>Told when a job has come, perhaps inside an ioctl: whoever sleeps until there is something to run wakes up. Short, must not
    /// call the engine.</summary>
    public Action? Ready { get; init; }

    /// <summary>Told before each access. On the thread that runs the job; must not run jobs.</summary>
    public Action<StreamerAccess>? Accessing { get; init; }

    /// <summary>Told why a job has failed, before its queue is reset.</summary>
    public Action<StreamerFailure>? Failed { get; init; }

    /// <summary>The choices.</summary>
    public override string ToString() =>
        $"time-out {JobTimeout / 1_000_000} ms, {RunsByItself switch { null => "by the drive", true => "by itself", _ => "by calls" }}, "
        + $"{NanosecondsPerInstruction} ns per instruction";
}
