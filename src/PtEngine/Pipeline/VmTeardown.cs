using XePt.Fences;
using XePt.Uapi;

namespace XePt.Pipeline;

/// <summary>
/// Ends a VM: at once when nothing of it is in flight, else when the last fence has signalled (BIND-011). The reference waits inside
/// VM_DESTROY; here the call returns and the id is gone at once, because whoever is to signal the fence may be the caller.
/// </summary>
/// <remarks>Concurrency: started under the VM's writer gate, after which no call can find the VM. An interlocked exchange lets exactly one of the last
/// fence's thread and the closing client take the VM apart, again under the gate.</remarks>
internal sealed class VmTeardown(VmContext vm, JobScheduler scheduler, Action<VmTeardown> ended) : ScheduledJob(scheduler)
{
    private int _claimed;

    public VmContext Vm => vm;

    /// <summary>Waits for everything in flight, then ends the VM.</summary>
    public void Start()
    {
        vm.Writer.Enter();
        vm.IsClosed = true;
        vm.Begin();
        FenceSet pending = vm.Parts;
        vm.Jobs.Reservation.Collect(FenceUsage.Bookkeep, pending);
        vm.UserFenceJobs.CollectPending(pending);
        Begin();
        foreach (Fence fence in pending.Fences)
            Await(fence, vm.Jobs.Legs);
        vm.Writer.Exit();
        if (pending.Count == 0)
            Run();
        else
            End();
    }

    /// <summary>Ends the VM now; what is in flight is given up and its fences carry -ECANCELED.</summary>
    public override void Run()
    {
        if (Interlocked.Exchange(ref _claimed, 1) != 0)
            return;

        vm.Writer.Enter();
        vm.IsClosed = true;
        vm.Close();
        vm.Dispose();
        vm.Writer.Exit();
        ended(this);
    }
}
