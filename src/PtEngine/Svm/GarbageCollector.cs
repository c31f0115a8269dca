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

    private Errno Collect(int range)
    {
        VmContext vm = space.Vm;
        (ulong start, ulong end) = (vm.Ranges[range].Start, vm.Ranges[range].End);
        vm.Ranges.Gate.Enter();
        vm.Ranges.Unlist(range);
        vm.Ranges.Gate.Exit();
        if (RangeBind.Unbind(space, range) != Outcome.Done)
        {
            // It is in no list any more, and comes into none (VEC-09).
            vm.Ranges.Gate.Enter();
            vm.Ranges[range].Flags |= SvmRangeFlags.Forsaken;
            vm.Ranges.Gate.Exit();
            vm.Ban();
            return vm.Call.Why.Errno;
        }

        space.Remove(range);
        return AutoReset.Run(space, start, end);
    }

    /// <summary>Runs the collector for a change. Queued once, however many changes there were.</summary>
    private sealed class Worker(MirrorSpace space, JobScheduler scheduler) : ScheduledJob(scheduler), ICleaner
    {
        private readonly JobScheduler _scheduler = scheduler;
        private int _isQueued;

        public void Queue()
        {
            if (Interlocked.Exchange(ref _isQueued, 1) == 0)
                _scheduler.MakeReady(this);
        }

        public override void Run() => space.Vm.Later.Clean(this);

        public void Clean()
        {
            Volatile.Write(ref _isQueued, 0);
            if (space.Vm.IsClosed || space.Ranges.FirstGarbage == 0)
                return;
            space.Vm.BeginCall();
            space.Garbage.Run();
            space.Vm.Call.End();
        }
    }
}
