using XePt.Uapi;

namespace XePt.Fences;

/// <summary>Writes the value of a user fence when its bind has completed and every earlier user fence of the queue has been written
/// (BIND-250).</summary>
/// <remarks>Concurrency: filled in by the VM's writer side, run by one thread. The table's mark comes before the value, so whoever has seen
/// the value in memory may cut the VMA (BIND-195); the value comes before the fence's signal, so whoever sees that finds it in memory. An
/// interlocked exchange decides between running and cancelling.</remarks>
internal sealed class UserFenceJob : ScheduledJob, IPendingJob
{
    private readonly UserFenceJobs _owner;
    private readonly Rest _rest;
    private int _claimed;
    private UserFenceTable.Flag _flag;
    private ulong _address, _value;
    private Fence _fence;

    public UserFenceJob(UserFenceJobs owner, JobScheduler scheduler, LaterList later)
        : base(scheduler)
    {
        _owner = owner;
        _rest = new Rest(this, later);
    }

    public int Place { get; set; }

    public long Serial { get; set; }

    /// <summary>Signals when the value is in memory.</summary>
    public Fence Fence => _fence;

    /// <summary>Slot in the VM's table; the job has a reference until it is settled.</summary>
    public int Slot { get; private set; }

    public void Prepare(int slot, UserFenceTable.Flag flag, ulong address, ulong value, Fence fence)
    {
        (Slot, _flag, _address, _value, _fence) = (slot, flag, address, value, fence);
        _claimed = 0;
    }

    public override void Run() => End(Errno.Ok);

    /// <summary>The client is going away: nothing is written, but the fence counts as signalled (BIND-251).</summary>
    public void Cancel() => End(Errno.ECANCELED);

    private void End(Errno error)
    {
        if (Interlocked.Exchange(ref _claimed, 1) != 0)
            return;

        Fence fence = _fence;
        _flag.Set();
        if (error == Errno.Ok)
        {
            _owner.Write(_address, _value);
            _owner.Report(fence);
        }

        _rest.Ripen();
        fence.TrySignal(error);
    }

    /// <summary>The slot of a user fence that is over.</summary>
    private sealed class Rest(UserFenceJob job, LaterList later) : Later(later)
    {
        public override void Settle() => job._owner.TakeBack(job);
    }
}
