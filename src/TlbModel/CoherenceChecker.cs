using XePt.Memory;
using XePt.Uapi;
using XePt.Tlb;

namespace XePt;

/// <summary>
/// Watches the invalidations of a device and uses of translations, and reports every use that must not have happened: who, which address,
/// which invalidation or change. Costs one null check per look-up and per invalidation while none is installed.
/// </summary>
/// <remarks>
/// <para>Two ways to know. By the stream of invalidations: a translation that was read from the tables before an invalidation that covers
/// it must not be used by an access that begins after the acknowledgement, nor be in use at that moment. By the expected mappings
/// (<see cref="ExpectedMap"/>): what was seen must have been possible at some moment of the use. The first works for any TLB model, the
/// second also for plain walkers, and it finds tables that were reused too early or published too soon.</para>
/// <para>Concurrency: any thread; what it shares with binders and walkers is read by version words and never waited for. Only a violation
/// takes a gate.</para>
/// </remarks>
public sealed class CoherenceChecker
{
    /// <summary>Violations kept in full; all are counted.</summary>
    public const int ViolationsKept = 1000;

    private readonly InvalidationLog?[] _logs;
    private readonly List<CoherenceViolation> _violations = [];
    private ExpectedMap[] _maps = [];
    private SpinGate _gate;
    private long _clock = 1;
    private long _uses;
    private long _unjudged;
    private long _count;

    /// <summary>Makes a checker and installs it: from now on it hears of every invalidation.</summary>
    /// <param name="hub">The device's TLB side.</param>
    public CoherenceChecker(TlbHub hub)
    {
        ArgumentNullException.ThrowIfNull(hub);
        _logs = hub.Watch();
    }

    /// <summary>Uses checked.</summary>
    public long Uses => Volatile.Read(ref _uses);

    /// <summary>Uses of which too much had been forgotten to judge them.</summary>
    public long Unjudged => Volatile.Read(ref _unjudged);

    /// <summary>Violations found.</summary>
    public long ViolationCount => Volatile.Read(ref _count);

    /// <summary>The first violations, at most <see cref="ViolationsKept"/>.</summary>
    public IReadOnlyList<CoherenceViolation> Violations
    {
        get
        {
            _gate.Enter();
            CoherenceViolation[] copy = [.. _violations];
            _gate.Exit();
            return copy;
        }
    }

    /// <summary>The moment now; moves on with every change that begins or completes.</summary>
    public long Now => Volatile.Read(ref _clock);

    /// <summary>Keeps a shadow of a window of a VM, which must not map anything yet.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="range">Whole pages; each costs some 800 bytes.</param>
    public ExpectedMap AddMap(TlbVm vm, AddressRange range)
    {
        ArgumentOutOfRangeException.ThrowIfZero(range.Size, nameof(range));
        ArgumentOutOfRangeException.ThrowIfNotEqual((range.Start | range.End) & (XeLimits.PageSize - 1), 0UL, nameof(range));
        var map = new ExpectedMap(this, vm, range);
        _gate.Enter();
        Volatile.Write(ref _maps, [.. _maps, map]);
        _gate.Exit();
        return map;
    }

    /// <summary>Forgets a shadow; its VM is gone.</summary>
    public void RemoveMap(ExpectedMap map)
    {
        _gate.Enter();
        Volatile.Write(ref _maps, [.. _maps.Where(other => other != map)]);
        _gate.Exit();
    }

    /// <summary>Checks what a plain walker saw, without TLB, against the expected mappings.</summary>
    /// <param name="map">The shadow that the address is in.</param>
    /// <param name="who">Name for the report.</param>
    /// <param name="since">The moment before the walk, from <see cref="Now"/>.</param>
    /// <param name="seen">The translation.</param>
    /// <returns>False for a violation.</returns>
    public bool CheckWalk(ExpectedMap map, string who, long since, in Translation seen)
    {
        ArgumentNullException.ThrowIfNull(map);
        Interlocked.Increment(ref _uses);
        return CheckMapping(map, who, gt: -1, since, seen);
    }

    /// <summary>An access of a TLB begins.</summary>
    public Use Begin(TlbHub hub, int gt, string who)
    {
        ArgumentNullException.ThrowIfNull(hub);
        return new Use { Hub = hub, Gt = gt, Who = who, Acknowledged = hub.Acknowledged(gt), Since = Now };
    }

    /// <summary>Checks a translation that an access uses.</summary>
    /// <param name="use">The access.</param>
    /// <param name="vm">The VM.</param>
    /// <param name="seen">The translation.</param>
    /// <param name="asOf">Newest invalidation that was issued on the GT (<see cref="TlbHub.Issued"/>) before the tables were read, or that
    /// it is known to have survived.</param>
    /// <param name="survived">The translation is known to be right after this one; keep it as the new <paramref name="asOf"/>.</param>
    /// <returns>True when <paramref name="survived"/> is later than <paramref name="asOf"/>.</returns>
    public bool Check(ref Use use, TlbVm vm, in Translation seen, ulong asOf, out ulong survived)
    {
        Interlocked.Increment(ref _uses);
        (use.Vm, use.Last, use.AsOf) = (vm.Number, seen, asOf);
        survived = asOf;
        bool isFlushed = CheckStream(use, use.Acknowledged, CoherenceViolationKind.NotFlushed);
        foreach (ExpectedMap map in Volatile.Read(ref _maps))
        {
            if (map.Holds(vm.Number, seen.Va))
                CheckMapping(map, use.Who, use.Gt, use.Since, seen);
        }

        // Once reported, it is not reported again when the access ends.
        if (!isFlushed)
            use.Vm = 0;
        if (!isFlushed || use.Acknowledged <= asOf)
            return false;
        use.AsOf = survived = use.Acknowledged;
        return true;
    }

    /// <summary>An access ends; its last translation must not have been flushed under it.</summary>
    public void End(in Use use)
    {
        if (use.Hub is { } hub && use.Vm != 0)
            CheckStream(use, hub.Acknowledged(use.Gt), CoherenceViolationKind.AcknowledgedInUse);
    }

    internal long Tick() => Interlocked.Increment(ref _clock);

    private bool CheckStream(in Use use, ulong upTo, CoherenceViolationKind kind)
    {
        if (!use.Last.IsPresent || use.AsOf >= upTo)
            return true;

        ulong size = use.Last.PageSize;
        var page = AddressRange.OfSize(use.Last.Va & ~(size - 1), size);
        ulong seqno = _logs[use.Gt]!.FindCovering(use.Vm, page, use.AsOf, upTo, out bool isComplete);
        if (seqno != 0)
            Report(new CoherenceViolation(kind, use.Who, use.Gt, use.Vm, use.Last, seqno, 0));
        else if (!isComplete)
            Interlocked.Increment(ref _unjudged);
        return seqno == 0;
    }

    private bool CheckMapping(ExpectedMap map, string who, int gt, long since, in Translation seen)
    {
        CoherenceViolationKind? kind = map.Judge(since, seen, out long change, out bool isJudged);
        if (kind is { } found)
            Report(new CoherenceViolation(found, who, gt, map.Vm.Number, seen, 0, change));
        else if (!isJudged)
            Interlocked.Increment(ref _unjudged);
        return kind is null;
    }

    private void Report(in CoherenceViolation violation)
    {
        Interlocked.Increment(ref _count);
        _gate.Enter();
        if (_violations.Count < ViolationsKept)
            _violations.Add(violation);
        _gate.Exit();
    }

    /// <summary>One access that is being checked. Belongs to the thread that makes it.</summary>
    public struct Use
    {
        internal TlbHub? Hub;
        internal string Who;
        internal int Gt;
        internal int Vm;
        internal ulong Acknowledged;
        internal ulong AsOf;
        internal long Since;
        internal Translation Last;
    }

    /// <summary>For example <c>1000 uses checked, 0 violations, 2 not judged</c>.</summary>
    public override string ToString() => $"{Uses} uses checked, {ViolationCount} violations, {Unjudged} not judged";
}
