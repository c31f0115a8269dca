using XePt.Commit;
using XePt.Fences;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>
/// The memory of a mapping goes, to the host or to the next owner of device memory, while its client unmaps it after a fence that is still
/// to come, and submits a job. The job never uses the memory after its release, and it runs in the end.
/// </summary>
/// <remarks>The unbind is a job of production code. The order of calls mirrors <c>TileSubmission.Submit</c>,
/// <c>ExecSubmit.EnterReservation</c>, <c>UserptrInvalidation.Run</c> and <c>BoMover.CompleteMove</c>: whoever unmaps looks whether the
/// mapping is listed and takes it off the list inside the VM; so does a mover who lists it; a host lists it in the middle of anything, then
/// enters the VM and waits for what it finds there.</remarks>
public sealed class UnmapAfterRelease : Protocol
{
    private const int Mapped = 0, Listed = 1, Unmapped = 2;

    private sealed class Job(UnmapAfterRelease owner) : ScheduledJob(owner._scheduler)
    {
        public Fence Fence { get; } = new FenceTimeline("jobs").Next();

        public override void Run()
        {
            int page = owner._world.Walk();
            if (page != TableWorld.NoPage)
                owner._owners.Use(page);
            Fence.TrySignal();
        }
    }

    private readonly PageOwners _owners = new();
    private readonly TableWorld _world = new(isLinked: true);
    private readonly WriterGate _writer = new();
    private readonly JobScheduler _scheduler = new(isInline: true);
    private readonly Fence _inFence = new FenceTimeline("client").Next();
    private readonly VmJobs _jobs;
    private readonly Job _job;
    private readonly bool _isMove;
    private readonly bool _holdsBack;
    private int _state;

    /// <param name="isMove">A BO moves; else the host takes the pages of a userptr.</param>
    /// <param name="holdsBack">False plants a bug: the unbind of a listed mapping is no KERNEL fence.</param>
    public UnmapAfterRelease(bool isMove, bool holdsBack)
    {
        (_isMove, _holdsBack) = (isMove, holdsBack);
        _jobs = new VmJobs(_world.Flush, [_world.Tables], new LaterList(_writer), _scheduler, _world.Gate, report: _ => { });
        _job = new Job(this);
    }

    public override IReadOnlyList<Action> Threads => [Client, Release];

    public override void CheckEnd() => Require(Quietly(() => _job.Fence.IsSignalled), "the job runs");

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _jobs.Dispose();
        _world.Dispose();
    }

    private void Client()
    {
        _writer.Enter();
        Unmap();
        _writer.Exit();

        _writer.Enter();
        Exec();
        _writer.Exit();
        _job.End();
        _inFence.TrySignal();
    }

    private void Unmap()
    {
        _world.StageClear();
        FenceSet waits = _jobs.Waits;
        waits.Clear();
        waits.Add(_inFence);
        PtJob unbind = _jobs.Defer(_world.Update, _jobs.DefaultQueue.Lanes[0], waits);
        bool isListed = Volatile.Read(ref _state) == Listed;
        _jobs.Reservation.Add(unbind.Write, isListed && _holdsBack ? FenceUsage.Kernel : FenceUsage.Bookkeep);
        unbind.End();
        Interlocked.Exchange(ref _state, Unmapped);
    }

    private void Exec()
    {
        FenceSet kernel = _jobs.Waits;
        kernel.Clear();
        _jobs.Reservation.Collect(FenceUsage.Kernel, kernel);
        _job.Begin();
        foreach (Fence fence in kernel.Fences)
            _job.Await(fence, _jobs.Legs);
        _jobs.Reservation.Add(_job.Fence, FenceUsage.Bookkeep);
    }

    private void Release()
    {
        var users = new FenceSet();
        if (!_isMove)
            Interlocked.CompareExchange(ref _state, Listed, Mapped);
        _writer.Enter();
        if (_isMove)
            Interlocked.CompareExchange(ref _state, Listed, Mapped);
        _jobs.Reservation.Collect(FenceUsage.Bookkeep, users);
        _writer.Exit();
        foreach (Fence fence in users.Fences)
            Await.Signal(fence);
        _owners.Release(TableWorld.OldPage);
    }
}
