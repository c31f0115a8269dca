using System.Runtime.InteropServices;
using XePt.Calls;
using XePt.Diagnostics;
using XePt.Evict;
using XePt.Fences;
using XePt.Pipeline;
using XePt.Queues;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Validate;

namespace XePt;

// EXEC (specification 02 section 7).
public sealed partial class XeFile
{
    /// <summary>DRM_IOCTL_XE_EXEC with its user arrays already at hand (BIND-108 to BIND-110): one job for the device's
    /// <see cref="IJobSink"/>.</summary>
    /// <param name="args">The call; its pointers are not followed. On a queue of width 1 <c>address</c> is the batch itself, unless it is
    /// given as an array.</param>
    /// <param name="syncs">The sync entries; fewer than <c>num_syncs</c> means the array could not be read (-EFAULT). User fences name GPU
    /// addresses; there may be any number of them, and each is written when the job is complete.</param>
    /// <param name="addresses">On wider queues the batches, likewise; without batches nobody looks at them.</param>
    /// <returns>Ok; -EINVAL; -ENOENT for an unknown queue; -ECANCELED for a queue that was reset and for a VM that is closed or banned;
    /// -EAGAIN with 1000 jobs queued; what the sync entries are refused with; -EFAULT; without batches -EOPNOTSUPP when an in-sync holds a
    /// fence (BIND-109).</returns>
    /// <exception cref="ArgumentException">An array is longer than its count says. <see cref="Exec(uint, ReadOnlySpan{ulong})"/> takes the
    /// counts from the arrays.</exception>
    public Errno Exec(in DrmXeExec args, ReadOnlySpan<DrmXeSync> syncs = default, ReadOnlySpan<ulong> addresses = default)
    {
        BeginIoctl(XeIoctl.Exec);
        args.RequireAllOfSyncs(syncs.Length, nameof(syncs));
        args.RequireAllOfAddress(addresses.Length, nameof(addresses));
        Rejection why = FindEngineQueue(args, out ExecQueue? queue);
        if (queue is null)
            return Refuse(why);

        var operation = new ExecOperation(this, queue, in args, syncs, addresses);
        Outcome outcome = VmEntry.Run(Device.Residency.Vms, queue.Vm, ref operation);
        if (operation.Job is not null)
        {
            JobQueue.Release(operation.Job);
            queue.Vm.Preemption?.AfterExec();
        }

        return outcome == Outcome.Refused ? Refuse(operation.Why) : Accept();
    }

    private Rejection FindEngineQueue(in DrmXeExec args, out ExecQueue? queue)
    {
        queue = null;
        Rejection why = ExecChecks.Validate(args);
        if (why.IsRejected)
            return why;
        if (FindQueue(args.ExecQueueId) is not { } found)
            return Refusals.ExecUnknownQueue(args.ExecQueueId);
        if (found.IsBindQueue)
            return Refusals.ExecOnBindQueue(args.ExecQueueId);
        if (args.NumBatchBuffer != 0 && args.NumBatchBuffer != found.Width)
            return Refusals.ExecBatchCountDiffers(args.NumBatchBuffer, (ulong)found.Width);

        queue = found;
        return default;
    }

    /// <summary>Entries in array order, the first error stops (BIND-108, BIND-111 to BIND-123, BIND-126).</summary>
    private Rejection ParseSyncs(ExecQueue queue, in DrmXeExec args, ReadOnlySpan<DrmXeSync> syncs)
    {
        queue.Syncs.Clear();
        for (int i = 0; (uint)i < args.NumSyncs; i++)
        {
            SyncEntry entry = default;
            Rejection why = i >= syncs.Length ? args.RefuseSyncs(syncs.Length)
                : Device.Failures.Fires(FailurePoint.SyncParse) ? Refusals.SyncsNoMemory(args.NumSyncs)
                : SyncParser.Parse(_client, syncs[i], queue.Vm.Facts.IsLongRunning, allowsUserFence: true, queue.Syncs.InFences, out entry);
            if (why.IsRejected)
                return why with { SyncIndex = i };
            queue.Syncs.Add(entry);
        }

        return default;
    }

    /// <summary>Without batches: out-syncs get what the queue still has to do, and a user fence has no job that would write it. A
    /// long-running VM does nothing at all (BIND-109). The seed waits for in-syncs, as it does in an empty bind (BIND-212).</summary>
    private Rejection ExecNothing(ExecQueue queue)
    {
        ExecSyncs syncs = queue.Syncs;
        if (queue.Vm.Facts.IsLongRunning)
            return default;
        if (syncs.FirstHeldFence != 0 && Device.Options.Profile == XeProfile.Final)
            return Refusals.ExecNothingWaits(syncs.FirstHeldFence);

        syncs.InFences.Add(queue.Jobs!.Last);
        SignalSyncs(syncs, Device.Points.Of(syncs.InFences));
        return default;
    }

    private void SignalSyncs(ExecSyncs syncs, Fence fence)
    {
        foreach (ref readonly SyncEntry entry in syncs.Entries)
        {
            if (entry is { IsSignal: true, Handle: not 0 })
                SyncSignals.Signal(_syncObjects, entry, fence);
        }
    }

    /// <summary>EXEC as an operation on the VM of its queue. It is a call of its own only when the VM has to be brought up to date
    /// first.</summary>
    private ref struct ExecOperation(
        XeFile file, ExecQueue queue, ref readonly DrmXeExec args, ReadOnlySpan<DrmXeSync> syncs, ReadOnlySpan<ulong> addresses)
            : IVmOperation
    {
        private readonly ref readonly DrmXeExec _args = ref args;
        private readonly ReadOnlySpan<DrmXeSync> _syncs = syncs;
        private readonly ReadOnlySpan<ulong> _addresses = addresses;

        /// <summary>Why it was refused.</summary>
        public Rejection Why { get; private set; }

        /// <summary>The job, when there is one.</summary>
        public XeJob? Job { get; private set; }

        public readonly bool BeginsCall(VmContext vm) => vm.Facts.Mode == VmMode.DmaFence && !vm.IsUpToDate;

        public Outcome Run(VmContext vm)
        {
            Why = Check();
            if (!Why.IsRejected && _args.NumBatchBuffer == 0)
                Why = file.ExecNothing(queue);
            else if (!Why.IsRejected)
                return Submit(vm);
            return Why.IsRejected ? Outcome.Refused : Outcome.Done;
        }

        private readonly Rejection Check()
        {
            if (queue.IsReset)
                return Refusals.ExecQueueWasReset(queue.Id);
            if (queue.JobCount >= XeLimits.MaxQueuedJobs)
                return Refusals.ExecQueueIsFull(queue.Id);

            Rejection why = file.ParseSyncs(queue, _args, _syncs);
            return why.IsRejected ? why : _args.RefuseAddress(_addresses.Length);
        }

        /// <summary>In dma-fence mode the VM is brought up to date before (BIND-264, EVT-005).</summary>
        private Outcome Submit(VmContext vm)
        {
            if (vm.IsClosed || vm.IsBanned)
                return Refuse(Refusals.ExecClosedVm(queue.Id));
            BoResidency residency = file.Device.Residency;
            residency.NoteExec(vm);
            Outcome outcome = vm.Facts.Mode == VmMode.DmaFence ? residency.Revalidate(vm) : Outcome.Done;
            if (outcome != Outcome.Done)
                return outcome == Outcome.Refused ? Refuse(vm.Call.Why) : outcome;

            // SAFETY: args outlives the call, and so does its address.
            ReadOnlySpan<ulong> batches = _addresses.IsEmpty ? MemoryMarshal.CreateReadOnlySpan(in _args.Address, 1) : _addresses;
            Job = ExecSubmit.Append(queue, batches, queue.Syncs);
            if (Job is null)
                return Refuse(Refusals.ExecQueueWasReset(queue.Id));
            file.SignalSyncs(queue.Syncs, Job.Fence);
            return Outcome.Done;
        }

        private Outcome Refuse(in Rejection why)
        {
            Why = why;
            return Outcome.Refused;
        }
    }
}
