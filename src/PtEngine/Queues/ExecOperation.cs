using System.Runtime.InteropServices;
using XePt.Calls;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Queues;

/// <summary>EXEC as an operation on the VM of its queue (BIND-108 to BIND-110). It is a call of its own only when the VM has to be brought
/// up to date first.</summary>
internal ref struct ExecOperation : IVmOperation
{
    private readonly BindClient _client;
    private readonly ExecQueue _queue;
    private readonly ref readonly DrmXeExec _args;
    private readonly ReadOnlySpan<DrmXeSync> _syncs;
    private readonly ReadOnlySpan<ulong> _addresses;
    private Rejection _why;
    private XeJob? _job;

    private ExecOperation(
        BindClient client, ExecQueue queue, ref readonly DrmXeExec args, ReadOnlySpan<DrmXeSync> syncs, ReadOnlySpan<ulong> addresses)
    {
        (_client, _queue) = (client, queue);
        _args = ref args;
        _syncs = syncs;
        _addresses = addresses;
    }

    /// <summary>Runs a call whose queue has been found and checked; from inside no VM.</summary>
    /// <param name="vms">All VMs of the device.</param>
    /// <param name="client">Who calls.</param>
    /// <param name="queue">The engine queue.</param>
    /// <param name="args">The call; its pointers are not followed.</param>
    /// <param name="syncs">The sync entries; fewer than the call says could not be read.</param>
    /// <param name="addresses">The batches of a queue that is wider than one, likewise.</param>
    /// <returns>Not rejected, or why it was refused.</returns>
    public static Rejection Run(
        AllVms vms, BindClient client, ExecQueue queue, in DrmXeExec args, ReadOnlySpan<DrmXeSync> syncs, ReadOnlySpan<ulong> addresses)
    {
        var operation = new ExecOperation(client, queue, in args, syncs, addresses);
        VmEntry.Run(vms, queue.Vm, ref operation);
        if (operation._job is not null)
        {
            JobQueue.Release(operation._job);
            queue.Vm.Preemption?.AfterExec();
        }

        return operation._why;
    }

    public readonly bool BeginsCall(VmContext vm) => vm.Facts.Mode == VmMode.DmaFence && !vm.IsUpToDate;

    public Outcome Run(VmContext vm)
    {
        Outcome outcome = RunChecked(vm);
        _queue.Syncs.Clear();
        return outcome;
    }

    private Outcome RunChecked(VmContext vm)
    {
        _why = Check();
        if (!_why.IsRejected && _args.NumBatchBuffer == 0)
            _why = SignalOnly(vm);
        else if (!_why.IsRejected)
            return Submit(vm);
        return _why.IsRejected ? Outcome.Refused : Outcome.Done;
    }

    private readonly Rejection Check()
    {
        if (_queue.IsReset)
            return Refusals.ExecQueueWasReset(_queue.Id);
        if (_queue.JobCount >= XeLimits.MaxQueuedJobs)
            return Refusals.ExecQueueIsFull(_queue.Id);

        Rejection why = _queue.Syncs.Parse(_client, _queue.Vm.Facts.IsLongRunning, _args, _syncs);
        return why.IsRejected ? why : _args.RefuseAddress(_addresses.Length);
    }

    /// <summary>Without batches: out-syncs get what the queue still has to do, and a user fence has no job that would write it. A
    /// long-running VM does nothing at all (BIND-109). The seed waits for in-syncs, as it does in an empty bind (BIND-212).</summary>
    private readonly Rejection SignalOnly(VmContext vm)
    {
        ExecSyncs syncs = _queue.Syncs;
        if (vm.Facts.IsLongRunning)
            return default;
        if (syncs.FirstHeldFence != 0 && _client.Profile == XeProfile.Final)
            return Refusals.ExecNothingWaits(syncs.FirstHeldFence);

        syncs.InFences.Add(_queue.Jobs!.Last);
        syncs.Signal(vm.Jobs.Composites.Of(syncs.InFences));
        return default;
    }

    /// <summary>In dma-fence mode the VM is brought up to date before (BIND-264, EVT-005).</summary>
    private Outcome Submit(VmContext vm)
    {
        if (vm.IsClosed || vm.IsBanned)
            return Refuse(Refusals.ExecClosedVm(_queue.Id));
        vm.Residency.NoteExec(vm);
        Outcome outcome = vm.Facts.Mode == VmMode.DmaFence ? vm.Residency.Revalidate(vm) : Outcome.Done;
        if (outcome != Outcome.Done)
            return outcome == Outcome.Refused ? Refuse(vm.Call.Why) : outcome;

        // SAFETY: args outlives the call, and so does its address.
        ReadOnlySpan<ulong> batches = _addresses.IsEmpty ? MemoryMarshal.CreateReadOnlySpan(in _args.Address, 1) : _addresses;
        _job = ExecSubmit.Append(_queue, batches, _queue.Syncs);
        if (_job is null)
            return Refuse(Refusals.ExecQueueWasReset(_queue.Id));
        _queue.Syncs.Signal(_job.Fence);
        return Outcome.Done;
    }

    private Outcome Refuse(in Rejection why)
    {
        _why = why;
        return Outcome.Refused;
    }
}
