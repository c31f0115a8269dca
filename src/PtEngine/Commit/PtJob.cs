using System.Diagnostics;
using XePt.Fences;
using XePt.Stage;
using XePt.Uapi;

namespace XePt.Commit;

/// <summary>
/// One tile's part of a request that could not complete inside its call: writes the tables when its dependencies have signalled, then
/// flushes the TLBs, then signals (PT-143, PT-174). Holds the tile update until it is finished.
/// </summary>
/// <remarks>
/// Concurrency: the writer side fills the job in and never touches it again until it comes back through the pool. <see cref="Run"/> is
/// entered by one thread, and so is each acknowledgement. What the writer side wrote (records, values, private tables) is visible to that
/// thread, because the countdown's last interlocked decrement follows the writer's own; when the writer side changes them later
/// (<see cref="TryHold"/>), it holds the state word meanwhile. The job's order of effects is its whole meaning:
/// entries, barrier, write fence, invalidations, acknowledgements, flush fences, and only then may the displaced tables be retired.
/// </remarks>
internal sealed class PtJob : ScheduledJob, IPendingJob
{
    private const int MaxGts = 2;
    private const int Waiting = 0, Writing = 1, Over = 2, Held = 3;

    private readonly VmJobs _owner;
    private readonly FlushAck[] _acks;
    private readonly Rest _rest;
    private readonly Fence[] _flushes = new Fence[MaxGts];
    private readonly Fence[] _issued = new Fence[MaxGts];
    private int _flushCount;
    private int _flushesLeft;
    private int _state;

    public PtJob(VmJobs owner, JobScheduler scheduler, LaterList later)
        : base(scheduler)
    {
        _owner = owner;
        _acks = [new FlushAck(this, 0), new FlushAck(this, 1)];
        _rest = new Rest(this, later);
    }

    public int Place { get; set; }

    public long Serial { get; set; }

    /// <summary>What to write.</summary>
    public TileUpdate Update { get; private set; } = null!;

    /// <summary>Signals when the entries are written.</summary>
    public Fence Write { get; private set; }

    /// <summary>Signals last of all the job's fences: the flush of the last GT, or the write when nothing is flushed.</summary>
    public void CollectDone(FenceSet into)
    {
        if (!Update.Flushes)
            into.Add(Write);
        for (int gt = 0; gt < _flushCount; gt++)
            into.Add(_flushes[gt]);
    }

    /// <summary>Takes the next places on a lane for an update that is still to be written.</summary>
    public void TakePlaces(TileUpdate update, BindQueue.Lane lane)
    {
        Update = update;
        update.IsInFlight = true;
        _state = Waiting;
        Write = lane.LastWrite = lane.Writes.NextOfOne();
        NextFlushes(lane);
    }

    /// <summary>Takes places for the flushes of an update whose entries are written already.</summary>
    public void TakeFlushPlaces(TileUpdate update, BindQueue.Lane lane)
    {
        Update = update;
        update.IsInFlight = true;
        _state = Over;
        Write = Fence.Signalled;
        NextFlushes(lane);
    }

    /// <summary>Writes, unless the job was cancelled first.</summary>
    public override void Run()
    {
        if (_owner.IsEnding)
        {
            Cancel();
            return;
        }

        int found;
        while ((found = Interlocked.CompareExchange(ref _state, Writing, Waiting)) == Held)
            Thread.SpinWait(1);
        if (found != Waiting)
            return;

        _owner.WriteTables(Update);
        Volatile.Write(ref _state, Over);
        _owner.Report(FenceEventKind.Written, Update.Tile, Write);
        if (_flushCount == 0)
        {
            Written(Errno.Ok);
            return;
        }

        // The flush is issued before the write signals: the next job of the lane, on any thread, then flushes later, so that the lane's
        // flushes are acknowledged in the order of its jobs.
        _owner.Invalidate(Update, _flushCount, out Fence primary, out Fence media);
        Written(Errno.Ok);
        Watch(primary, media);
    }

    /// <summary>The flushes were issued already.</summary>
    public void Watch(Fence primary, Fence media)
    {
        int count = _flushCount;
        Watch(0, primary);
        if (count > 1)
            Watch(1, media);
    }

    /// <summary>Keeps the job from writing until <see cref="LetGo"/>, so that what it is to write can be changed. The writer side
    /// does.</summary>
    /// <returns>False when it has written, or given up; one that is just being written is waited for.</returns>
    public bool TryHold()
    {
        if (Interlocked.CompareExchange(ref _state, Held, Waiting) == Waiting)
            return true;
        SpinWait.SpinUntil(() => Volatile.Read(ref _state) == Over);
        return false;
    }

    /// <summary>Ends <see cref="TryHold"/>.</summary>
    public void LetGo() => Volatile.Write(ref _state, Waiting);

    /// <summary>Gives the job up before it runs: nothing is written, its fences carry -ECANCELED. A job that is just being written is
    /// waited for; after this returns nobody touches the tables. Only for a VM that ends.</summary>
    public void Cancel()
    {
        if (Interlocked.CompareExchange(ref _state, Over, Waiting) != Waiting)
        {
            SpinWait.SpinUntil(() => Volatile.Read(ref _state) == Over);
            return;
        }

        Written(Errno.ECANCELED);
        for (int gt = 0, count = _flushCount; gt < count; gt++)
            Acknowledge(gt, Errno.ECANCELED);
    }

    private void NextFlushes(BindQueue.Lane lane)
    {
        _flushCount = _flushesLeft = Update.Flushes ? lane.GtCount : 0;
        Debug.Assert(_flushCount <= MaxGts);
        _issued.AsSpan().Clear();
        for (int gt = 0; gt < _flushCount; gt++)
            _flushes[gt] = lane.NextFlush(gt);
    }

    /// <summary>The write is over. The job comes back to its owner before its last fence signals, so whoever sees the fence finds the job
    /// finished.</summary>
    private void Written(Errno error)
    {
        Fence write = Write;
        if (_flushCount == 0)
            _rest.Ripen();
        write.TrySignal(error);
    }

    private void Watch(int gt, Fence issued)
    {
        _issued[gt] = issued;
        if (!issued.TryAdd(_acks[gt]))
            Acknowledge(gt, issued.Error);
    }

    private void Acknowledge(int gt, Errno error)
    {
        Fence flush = _flushes[gt];
        _owner.Report(FenceEventKind.Flushed, Update.Tile, flush);
        if (Interlocked.Decrement(ref _flushesLeft) == 0)
            _rest.Ripen();
        flush.TrySignal(error);
    }

    private sealed class FlushAck(PtJob job, int gt) : FenceCallback
    {
        protected override void Fire(Errno error) => job.Acknowledge(gt, error);
    }

    /// <summary>What the job holds when it is over. It is given back when its flushes are really acknowledged, for its fences may have run
    /// ahead of the TLBs by time-out or reset, and then its tables can still be reached.</summary>
    private sealed class Rest(PtJob job, LaterList later) : Later(later)
    {
        public override void Settle()
        {
            VmJobs owner = job._owner;
            for (int gt = 0; gt < job._flushCount; gt++)
            {
                if (TryAwait(owner.AcknowledgedFence(job.Update.Tile, gt, job._issued[gt])))
                    return;
            }

            owner.TakeBack(job);
        }
    }
}
