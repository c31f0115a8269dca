using System.Runtime.CompilerServices;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Stage;
using XePt.Tlb;

namespace XePt.Commit;

/// <summary>
/// What one VM has in flight: its queues, the fences of its reservation and ranges, and the pools that jobs, updates and composites come
/// from.
/// </summary>
/// <remarks>
/// Concurrency: everything here belongs to the VM's writer side, except what a job calls from the thread that runs it:
/// <see cref="Invalidate"/> and <see cref="Report"/>. A finished job comes back through the VM's
/// <see cref="LaterList"/>; only when it is settled there are displaced tables retired and update objects used again, so the pools need no
/// synchronisation.
/// </remarks>
internal sealed class VmJobs : IDisposable
{
    private readonly TlbFlush _tlb;
    private readonly LaterList _later;
    private readonly JobScheduler _scheduler;
    private readonly AllocationGate _gate;
    private readonly Action<FenceEvent> _report;
    private readonly TileTables[] _tables;
    private readonly Stack<TileUpdate>[] _idleUpdates;
    private readonly Stack<PtJob> _idle = [];
    private readonly PendingJobs<PtJob> _pending = new();
    private bool _isEnding;

    public VmJobs(
        TlbFlush tlb, TileTables[] tables, LaterList later, JobScheduler scheduler, AllocationGate gate, Action<FenceEvent> report)
    {
        (_tlb, _tables, _later, _scheduler, _gate, _report) = (tlb, tables, later, scheduler, gate, report);
        DefaultQueue = CreateQueue($"vm {tlb.Vm.Number} bind");
        FaultQueue = CreateQueue($"vm {tlb.Vm.Number} fault bind");
        RangeFences = [.. tables.Select(_ => new RangeFences())];
        _idleUpdates = [.. tables.Select(_ => new Stack<TileUpdate>())];
        Composites = new FenceComposites(Legs, $"vm {tlb.Vm.Number} composite");
        Current = [.. tables.Select((_, tile) => RentUpdate(tile))];
    }

    /// <summary>Device-wide number of the VM.</summary>
    public int Vm => _tlb.Vm.Number;

    /// <summary>The queue of binds that name none (BIND-107).</summary>
    public BindQueue DefaultQueue { get; }

    /// <summary>The queue of binds by faults, ranges and rebinds (PT-150).</summary>
    public BindQueue FaultQueue { get; }

    /// <summary>The fences of the VM and its private BOs.</summary>
    public Reservation Reservation { get; } = new();

    /// <summary>Writes in flight, per tile.</summary>
    public RangeFences[] RangeFences { get; }

    public LegPool Legs { get; } = new();

    public FenceComposites Composites { get; }

    /// <summary>The updates the next request is staged into, one per tile; after a request those it was staged into.</summary>
    public TileUpdate[] Current { get; }

    /// <summary>What the update being submitted waits for; scratch.</summary>
    public FenceSet Waits { get; } = new();

    /// <summary>Jobs submitted and not settled yet.</summary>
    public int PendingCount => _pending.Count;

    /// <summary>Numbers the jobs.</summary>
    public SubmissionClock Submissions => _pending.Submissions;

    /// <summary>Another bind queue of the VM, with a lane per tile (BIND-107).</summary>
    public BindQueue CreateQueue(string name) => new(_tables.Length, _tlb.GtsPerTile, name);

    /// <summary>Makes the updates ready to be staged into: those in flight are replaced.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void BeginUpdates()
    {
        TileUpdate first = Current[0];
        if (first.IsInFlight)
            Replace(0);
        else
            first.Begin();
        if (Current.Length > 1)
            BeginOthers();
    }

    /// <summary>An update that waits for fences: its entries are written when they have signalled.</summary>
    /// <returns>The job; its fences are open.</returns>
    public PtJob Defer(TileUpdate update, BindQueue.Lane lane, FenceSet dependencies)
    {
        PtJob job = RentJob();
        job.TakePlaces(update, lane);
        Report(FenceEventKind.Submitted, update.Tile, job.Write);
        job.Begin();
        foreach (Fence dependency in dependencies.Fences)
            job.Await(dependency, Legs);
        return job;
    }

    /// <summary>An update whose entries are written and whose flush is not acknowledged yet.</summary>
    public PtJob AwaitFlushes(TileUpdate update, BindQueue.Lane lane)
    {
        PtJob job = RentJob();
        job.TakeFlushPlaces(update, lane);
        return job;
    }

    /// <summary>The VM's tables are about to go: jobs that come to run from now on give up.</summary>
    public bool IsEnding => Volatile.Read(ref _isEnding);

    /// <summary>The pages of a VMA are not its own any more: no job writes them from here on. Those that a job has written are left to the
    /// caller, unless an unbind of the VMA is still to be written: they are taken away.</summary>
    /// <param name="vma">The VMA.</param>
    /// <param name="leaving">The tiles on which it is valid when the running call takes it away, or none: its unbind is in no job
    /// yet.</param>
    public void ForgetPages(VmaInFlight vma, uint leaving)
    {
        if (_pending.Count == 0 && leaving == 0)
            return;
        // All at once, because what comes after a bind and an unbind may write to the same place.
        List<PtJob> held = [.. _pending.InOrder().Where(job => job.TryHold())];
        for (int tile = 0; tile < _tables.Length; tile++)
        {
            TileTables tables = _tables[tile];
            List<PtJob> jobs = [.. held.Where(job => job.Update.Tables == tables && vma.Has(job.Serial))];
            PendingPages.Forget(tables, jobs, vma, isLeaving: (leaving & (1u << tile)) != 0);
        }

        foreach (PtJob job in held)
            job.LetGo();
    }

    /// <summary>Intervals of a tile that updates in flight are still to write; the writer side asks.</summary>
    public List<AddressRange> Unwritten(int tile)
    {
        var intervals = new List<AddressRange>();
        foreach (PtJob job in _pending.InOrder())
        {
            if (job.Update.Tile == tile && !job.Write.IsSignalled && job.Update.Start <= job.Update.Last)
                intervals.Add(new AddressRange(job.Update.Start, job.Update.Last + 1));
        }

        return intervals;
    }

    /// <summary>Gives up every job that has not run, oldest first, and the tables that the VM's jobs would have displaced.</summary>
    public void GiveUp()
    {
        Volatile.Write(ref _isEnding, true);
        if (_pending.Count == 0)
            return;
        PtJob[] jobs = _pending.InOrder();
        foreach (PtJob job in jobs)
            job.Cancel();

        // What is not acknowledged no longer matters, because the VM is flushed as a whole.
        foreach (PtJob job in jobs)
        {
            TableCommit.RetireDisplaced(job.Update);
            job.Update.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (TileUpdate update in Current)
            update.Dispose();
        foreach (TileUpdate update in _idleUpdates.SelectMany(idle => idle))
            update.Dispose();
    }

    /// <summary>Invalidates the GTs of the update's tile over its hull (PT-178); the writer side does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TlbNumbers IssueFlush(TileUpdate update) => _tlb.Issue(update.Tile, update.Start, update.Last, CauseOf(update));

    /// <summary>The same where somebody wants the events of it.</summary>
    public TlbNumbers IssueTracedFlush(TileUpdate update) => _tlb.IssueTraced(update.Tile, update.Start, update.Last, CauseOf(update));

    /// <summary>Tells those who hear of it.</summary>
    /// <returns>True when nothing is left to wait for; else <see cref="PtJob.Watch(Fence, Fence)"/> has to wait.</returns>
    public bool TellFlush(TileUpdate update, TlbNumbers issued, out Fence primary, out Fence media) => _tlb.Tell(
        update.Tile, update.Start, update.Last, CauseOf(update), issued, update.ReclaimList, out primary, out media);

    /// <summary>Writes the tables of a job.</summary>
    internal void WriteTables(TileUpdate update)
    {
        bool isTraced = Watch.IsDetailed;
        if (isTraced)
            EngineEvents.WriteStart(Watch, EventOf(update));
        TableCommit.Write(update);
        if (isTraced)
            EngineEvents.WriteStop(Watch, EventOf(update));
    }

    /// <summary>Invalidates the GTs of the update's tile over its hull (PT-178), as a job does.</summary>
    /// <param name="update">What is written.</param>
    /// <param name="gts">How many GTs the tile has.</param>
    /// <param name="primary">The fence of the acknowledgement by the primary GT.</param>
    /// <param name="media">That of the media GT; signalled without one.</param>
    internal void Invalidate(TileUpdate update, int gts, out Fence primary, out Fence media)
    {
        bool isTraced = Watch.IsDetailed;
        if (isTraced)
            EngineEvents.FlushStart(Watch, EventOf(update));
        primary = InvalidateOne(update, 0);
        media = gts > 1 ? InvalidateOne(update, 1) : Fence.Signalled;
        if (isTraced)
            EngineEvents.FlushStop(Watch, EventOf(update));
    }

    /// <summary>The fence of the acknowledgement by every TLB client of an invalidation that <see cref="Invalidate"/> issued, time-outs and
    /// resets not counted.</summary>
    internal Fence AcknowledgedFence(int tile, int gt, Fence issued) => _tlb.AcknowledgedFence(tile, gt, issued);

    internal void Report(FenceEventKind kind, int tile, Fence fence) => _report(new FenceEvent(kind, Vm, tile, fence));

    internal void ReportPreempted(uint queue, Fence fence) =>
        _report(new FenceEvent(FenceEventKind.Preempted, Vm, 0, fence) { Queue = queue });

    /// <summary>Takes back what a finished job held: displaced tables are retired, its update can be used again.</summary>
    internal void TakeBack(PtJob job)
    {
        TileUpdate update = job.Update;
        bool isTraced = Watch.IsDetailed;
        if (isTraced)
            EngineEvents.RetireStart(Watch, EventOf(update));
        TableCommit.RetireDisplaced(update);
        update.Tables.Retired.Reclaim();
        if (isTraced)
            EngineEvents.RetireStop(Watch, EventOf(update));
        update.IsInFlight = false;
        if (!ReferenceEquals(Current[update.Tile], update))
        {
            update.Trim();
            _idleUpdates[update.Tile].Push(update);
        }

        _pending.Remove(job);
        _idle.Push(job);
    }

    private DeviceWatch Watch => _tlb.Failures.Watch;

    private TileEvent EventOf(TileUpdate update) => TileEvent.Of(Vm, update.Tile, update.Start, update.Last);

    private Fence InvalidateOne(TileUpdate update, int gt) => _tlb.OfTileUpdate(
        update.Tile, gt, update.Start, update.Last, CauseOf(update), gt == 0 ? update.ReclaimList : null);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void BeginOthers()
    {
        foreach (TileUpdate update in Current.AsSpan(1))
        {
            if (update.IsInFlight)
                Replace(update.Tile);
            else
                update.Begin();
        }
    }

    private static TlbInvalidationCause CauseOf(TileUpdate update) => update.IsZap ? TlbInvalidationCause.Zap : TlbInvalidationCause.Bind;

    private PtJob RentJob()
    {
        PtJob job = _idle.TryPop(out PtJob? idle) ? idle : new PtJob(this, _scheduler, _later);
        _pending.Add(job);
        return job;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Replace(int tile)
    {
        Current[tile] = RentUpdate(tile);
        Current[tile].Begin();
    }

    private TileUpdate RentUpdate(int tile) =>
        _idleUpdates[tile].TryPop(out TileUpdate? idle) ? idle : new TileUpdate(tile, _tables[tile], _gate);
}
