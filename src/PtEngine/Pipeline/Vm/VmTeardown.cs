using XePt.Fences;
using XePt.Uapi;

namespace XePt.Pipeline;

/// <summary>
/// Ends a VM: at once when nothing of it is in flight, else when the last fence has signalled (BIND-011). The reference waits inside
/// VM_DESTROY; here the call returns and the id is gone at once, because whoever is to signal the fence may be the caller.
/// </summary>
/// <remarks>Concurrency: a VM has one teardown. Whoever closes the VM makes it inside the VM, where closing and taking the id away are one
/// step, so of several closers one does (<see cref="VmContext.IsClosed"/>). An interlocked exchange lets exactly one of the last fence's
/// thread and the closing client take the VM apart, again under the gate. The client may come before <see cref="Start"/>, which then finds
/// nothing to do: it looks inside the VM, as taking apart happens there.</remarks>
/// <param name="vm">The VM, which is closed.</param>
/// <param name="scheduler">Runs the end when the last fence has signalled.</param>
/// <param name="gone">Called inside the VM when nothing of it is left.</param>
/// <param name="ended">Called after that, in no VM.</param>
internal sealed class VmTeardown(VmContext vm, JobScheduler scheduler, Action gone, Action<VmTeardown> ended) : ScheduledJob(scheduler)
{
    private int _claimed;

    public VmContext Vm => vm;

    /// <summary>Waits for everything in flight, then ends the VM.</summary>
    public void Start()
    {
        int pending;
        using (vm.Enter())
        {
            if (Volatile.Read(ref _claimed) != 0)
                return;
            Begin();
            pending = AwaitAll();
        }

        if (pending == 0)
            Run();
        else
            End();
    }

    private int AwaitAll()
    {
        FenceSet pending = vm.Jobs.Waits;
        pending.Clear();
        vm.Jobs.Reservation.Collect(FenceUsage.Bookkeep, pending);
        vm.UserFenceJobs.CollectPending(pending);
        foreach (Fence fence in pending.Fences)
            Await(fence, vm.Jobs.Legs);
        return pending.Count;
    }

    /// <summary>Ends the VM now; what is in flight is given up and its fences carry -ECANCELED.</summary>
    public override void Run()
    {
        if (Interlocked.Exchange(ref _claimed, 1) != 0)
            return;

        try
        {
            using VmContext.WriterScope scope = vm.Enter();
            vm.Close();
            if (vm.Watch.IsTraced)
                VmEvents.Free(vm);
            vm.Dispose();
            gone();
        }
        finally
        {
            // Leaving the VM runs what its fences have made ready, and that may be code of the client's that throws.
            ended(this);
        }
    }
}
