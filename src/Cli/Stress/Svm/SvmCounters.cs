namespace XePt.Cli.Stress.Svm;

/// <summary>What a thread has done.</summary>
internal sealed class SvmCounters
{
    public long GpuAccesses { get; set; }

    /// <summary>Faults of accesses.</summary>
    public long Faults { get; set; }

    /// <summary>Faults that were raised into a queue and waited for by nobody.</summary>
    public long QueuedFaults { get; set; }

    /// <summary>Faults that a reset has had forgotten.</summary>
    public long ForgottenFaults { get; set; }

    public long Repeats { get; set; }

    public long Translations { get; set; }

    public long Changes { get; set; }

    public long Forks { get; set; }

    public long Binds { get; set; }

    public long Userptrs { get; set; }

    public long Vms { get; set; }

    public long Prefetches { get; set; }

    public long Advice { get; set; }

    public long Moves { get; set; }

    public long Violations { get; set; }

    /// <summary>All of them by name.</summary>
    public IEnumerable<(string Name, long Value)> Rows =>
    [
        ("gpu accesses", GpuAccesses),
        ("faults", Faults),
        ("queued faults", QueuedFaults),
        ("forgotten faults", ForgottenFaults),
        ("repeats", Repeats),
        ("translations", Translations),
        ("changes", Changes),
        ("forks", Forks),
        ("binds", Binds),
        ("userptrs", Userptrs),
        ("VMs", Vms),
        ("prefetches", Prefetches),
        ("advice", Advice),
        ("moves", Moves),
        ("violations", Violations),
    ];
}
