namespace XePt.Cli.Exec;

/// <summary>Refusals that are alike.</summary>
/// <param name="Request">Number of the ioctl.</param>
/// <param name="Error">The negative error number.</param>
/// <param name="Rule">The rule; empty where none of the driver's own says so.</param>
/// <param name="Count">How many.</param>
internal readonly record struct RefusalCount(int Request, int Error, string Rule, long Count);

/// <summary>Objects of a client.</summary>
/// <param name="Bos">Handles of buffer objects.</param>
/// <param name="Vms">VMs.</param>
/// <param name="Queues">Queues.</param>
/// <param name="Syncobjs">Sync objects.</param>
internal readonly record struct ObjectCounts(long Bos, long Vms, long Queues, long Syncobjs)
{
    /// <summary>All of them.</summary>
    public long Sum => Bos + Vms + Queues + Syncobjs;

    public static ObjectCounts operator +(ObjectCounts a, ObjectCounts b) =>
        new(a.Bos + b.Bos, a.Vms + b.Vms, a.Queues + b.Queues, a.Syncobjs + b.Syncobjs);
}

/// <summary>What devices have done for a process.</summary>
internal readonly record struct DeviceCounts(
    long TablesMade, long Faults, long Migrations, long MigratedBytes, long Moves, long Evictions, long Flushes, long JobsCompleted,
    long JobsFailed, long GtResets, long TablesCompared, long AccessesChecked)
{
    public static DeviceCounts operator +(DeviceCounts a, DeviceCounts b) => new(
        a.TablesMade + b.TablesMade, a.Faults + b.Faults, a.Migrations + b.Migrations, a.MigratedBytes + b.MigratedBytes, a.Moves + b.Moves,
        a.Evictions + b.Evictions, a.Flushes + b.Flushes, a.JobsCompleted + b.JobsCompleted, a.JobsFailed + b.JobsFailed,
        a.GtResets + b.GtResets, a.TablesCompared + b.TablesCompared, a.AccessesChecked + b.AccessesChecked);
}

/// <summary>What one process of a program has done.</summary>
internal sealed record ProcessCounts
{
    /// <summary>Its id.</summary>
    public required int Process { get; init; }

    /// <summary>That of who has made it.</summary>
    public int Parent { get; init; }

    /// <summary>Its name.</summary>
    public required string Program { get; init; }

    /// <summary>Ioctls by number.</summary>
    public IReadOnlyList<long> Requests { get; init; } = [];

    /// <summary>Those that were refused.</summary>
    public IReadOnlyList<RefusalCount> Refusals { get; init; } = [];

    /// <summary>What its devices have done.</summary>
    public DeviceCounts Devices { get; init; }

    /// <summary>What its clients still had when their last descriptors were closed.</summary>
    public ObjectCounts LeftAtClose { get; init; }

    /// <summary>What clients had that were open when it ended.</summary>
    public ObjectCounts LeftAtExit { get; init; }

    /// <summary>What checks have found.</summary>
    public long Violations { get; init; }

    /// <summary>The first of them, in words.</summary>
    public IReadOnlyList<string> Sentences { get; init; } = [];
}

/// <summary>What a program has done, in all its processes.</summary>
/// <param name="Program">The program.</param>
/// <param name="Platform">The platform of its devices.</param>
/// <param name="ExitCode">What it ended with.</param>
/// <param name="IsChecked">Tables and accesses were checked.</param>
/// <param name="Processes">The processes that have used a device.</param>
internal sealed record ProgramCounts(
    string Program, string Platform, int ExitCode, bool IsChecked, IReadOnlyList<ProcessCounts> Processes)
{
    /// <summary>Ioctls by number, those that there were.</summary>
    public IEnumerable<(int Request, long Count)> Requests => Enumerable.Range(0, 256)
        .Select(request => (request, Processes.Sum(process => process.Requests.ElementAtOrDefault(request))))
        .Where(row => row.Item2 > 0);

    /// <summary>Refusals by ioctl, error and rule.</summary>
    public IEnumerable<RefusalCount> Refusals => Processes.SelectMany(process => process.Refusals)
        .GroupBy(refusal => refusal with { Count = 0 })
        .Select(alike => alike.Key with { Count = alike.Sum(refusal => refusal.Count) })
        .OrderBy(refusal => refusal.Request).ThenByDescending(refusal => refusal.Count).ThenBy(refusal => refusal.Error)
        .ThenBy(refusal => refusal.Rule, StringComparer.Ordinal);

    /// <summary>What the devices have done.</summary>
    public DeviceCounts Devices => Processes.Aggregate(default(DeviceCounts), (sum, process) => sum + process.Devices);

    /// <summary>What clients still had when they were closed.</summary>
    public ObjectCounts LeftAtClose => Processes.Aggregate(default(ObjectCounts), (sum, process) => sum + process.LeftAtClose);

    /// <summary>What was open when processes ended.</summary>
    public ObjectCounts LeftAtExit => Processes.Aggregate(default(ObjectCounts), (sum, process) => sum + process.LeftAtExit);

    /// <summary>What checks have found.</summary>
    public long Violations => Processes.Sum(process => process.Violations);

    /// <summary>How many ioctls with a number were answered with success.</summary>
    public long Accepted(int request) => Processes.Sum(process => process.Requests.ElementAtOrDefault(request))
        - Refusals.Where(refusal => refusal.Request == request).Sum(refusal => refusal.Count);
}
