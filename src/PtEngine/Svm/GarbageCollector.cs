using XePt.Calls;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Svm;

/// <summary>Unbinds and removes ranges whose memory the CPU has unmapped, in the order of the changes (specification 04 chapter 7): before
/// each mirror fault, before binds, and by its worker after a change.</summary>
/// <remarks>Concurrency: <see cref="Queue"/> is called by whoever changes the memory. It waits for nobody: whoever is inside the VM does
/// the work when leaving.</remarks>
internal sealed class GarbageCollector(MirrorSpace space, JobScheduler scheduler)
{
    private readonly Worker _worker = new(space, scheduler);

    /// <summary>Has the worker run; nothing when it is waiting to.</summary>
    public void Queue() => _worker.Queue();

    /// <summary>The worker has been asked to run and has not run yet.</summary>
    public bool IsQueued => _worker.IsQueued;

    /// <summary>Does what the worker was asked for, inside the VM, in a call that has begun.</summary>
    public void RunNow()
    {
        _worker.Forget();
        Run();
    }

    /// <summary>Collects everything, inside the VM, in a call that has begun.</summary>
    /// <returns>Ok; -EAGAIN when VMAs were replaced (SVM-176); -ENOENT in a VM that is closed or banned (SVM-161); -ENOMEM, and then the VM
    /// is banned (SVM-165); -EINVAL (SVM-166).</returns>
    public Errno Run()
    {
        VmContext vm = space.Vm;
        if (vm.IsClosed || vm.IsBanned)
            return Errno.ENOENT;

        Errno result = Errno.Ok;
        for (int range = vm.Ranges.FirstGarbage; range != 0; range = vm.Ranges.FirstGarbage)
        {
            Errno error = Collect(range);
            if (error == Errno.EAGAIN)
                result = error;
            else if (error != Errno.Ok)
                return error;
        }

        return result;
    }

    /// <summary>Removes a range that must go for another reason, also from the garbage list: into system memory, then out of the tables
    /// (MADV-033). One that cannot be unbound stays.</summary>
    public void Remove(int range)
    {
        if (space.HasDeviceMemory && space.Ranges[range].Has(SvmRangeFlags.HasDevicePages))
            RangeMigration.Evict(space, range);
        // Who changes the pages afterwards is not called any more. So nothing may lead to them, neither until a job runs nor until TLBs
        // have acknowledged.
        if (!space.Vm.IsIdle)
            space.TakeAway(range);
        if (!TryUnbind(range, isGarbage: space.Ranges[range].Has(SvmRangeFlags.Listed)))
            return;
        space.Vm.Tlb.AwaitIssued();
        space.Remove(range);
    }

    private Errno Collect(int range)
    {
        VmContext vm = space.Vm;
        (ulong start, ulong end) = (vm.Ranges[range].Start, vm.Ranges[range].End);
        space.Trace(range, "GARBAGE COLLECTOR");
        if (!TryUnbind(range, isGarbage: true))
        {
            vm.Ban();
            return vm.Call.Why.Errno;
        }

        space.Remove(range);
        return AutoReset.Run(space, start, end);
    }

    /// <summary>Unbinds a range, which leaves the garbage list in any case and does not come back into it (VEC-09).</summary>
    private bool TryUnbind(int range, bool isGarbage)
    {
        SvmRangeMap ranges = space.Ranges;
        ranges.Gate.Enter();
        ranges.Unlist(range);
        ranges.Gate.Exit();
        if (RangeBind.Unbind(space, range) == Outcome.Done)
            return true;
        ranges.Gate.Enter();
        ranges[range].Flags |= isGarbage ? SvmRangeFlags.Forsaken : SvmRangeFlags.None;
        ranges.Gate.Exit();
        return false;
    }

    /// <summary>Runs the collector for a change. Queued once, however many changes there were.</summary>
    private sealed class Worker(MirrorSpace space, JobScheduler scheduler) : ScheduledJob(scheduler), ICleaner
    {
        private readonly JobScheduler _scheduler = scheduler;
        private int _isQueued;

        // What it is queued for may be done by somebody else before it runs.
        private int _isAsked;

        public bool IsQueued => Volatile.Read(ref _isAsked) != 0;

        public void Queue()
        {
            Volatile.Write(ref _isAsked, 1);
            if (Interlocked.Exchange(ref _isQueued, 1) == 0)
                _scheduler.MakeReady(this);
        }

        // A full fence: the look at the list comes after it, or what is listed meanwhile would be forgotten.
        public void Forget() => Interlocked.Exchange(ref _isAsked, 0);

        public override void Run() => space.Vm.Later.Clean(this);

        public void Clean()
        {
            // From here on it can be queued again; whoever asked before is served by this run.
            Volatile.Write(ref _isQueued, 0);
            if (Interlocked.Exchange(ref _isAsked, 0) == 0 || space.Vm.IsClosed)
                return;
            var collection = new Collection(space.Garbage);
            VmEntry.RunInside(space.Vm, ref collection);
        }

        private readonly struct Collection(GarbageCollector garbage) : IVmOperation
        {
            public bool BeginsCall(VmContext vm) => true;

            public Outcome Run(VmContext vm)
            {
                // An error that matters has banned the VM.
                garbage.Run();
                return Outcome.Done;
            }
        }
    }
}
