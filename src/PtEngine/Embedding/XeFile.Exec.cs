using System.Runtime.InteropServices;
using XePt.Diagnostics;
using XePt.Evict;
using XePt.Fences;
using XePt.Pipeline;
using XePt.Queues;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// EXEC (specification 02 section 7).
public sealed partial class XeFile
{
    // Never leaves the file.
    private static readonly Rejection s_restart = new(Residency.Restart, "BIND-194", "exec_queue_id", 0, "the call starts again");

    /// <summary>DRM_IOCTL_XE_EXEC with its user arrays already at hand (BIND-108 to BIND-110): one job for the device's <see cref="IJobSink"/>.</summary>
    /// <param name="args">The call; its pointers are not followed. On a queue of width 1 <c>address</c> is the batch itself.</param>
    /// <param name="syncs">The sync entries; fewer than <c>num_syncs</c> means the array could not be read (-EFAULT). User fences name GPU addresses; there may be any number
    /// of them, and each is written when the job is complete.</param>
    /// <param name="addresses">On wider queues the batches, likewise; without batches nobody looks at them.</param>
    /// <returns>Ok; -EINVAL; -ENOENT for an unknown queue; -ECANCELED for a queue that was reset and for a VM that is closed or banned; -EAGAIN with 1000 jobs
    /// queued; what the sync entries are refused with; -EFAULT; without batches -EOPNOTSUPP when an in-sync holds a fence (BIND-109).</returns>
    public Errno Exec(in DrmXeExec args, ReadOnlySpan<DrmXeSync> syncs = default, ReadOnlySpan<ulong> addresses = default)
    {
        ThrowIfClosed();
        Rejection why = FindEngineQueue(args, out ExecQueue? queue);
        if (queue is null)
            return Refuse(why);

        XeJob? job;
        using (queue.Vm.EnterIoctl())
            why = Exec(queue, args, syncs, addresses, out job);
        if (why.Errno == Residency.Restart)
        {
            // Memory had to move and another thread was in a VM: once more, inside all of them.
            using AllVms.Stay stay = Device.Residency.Vms.Enter(with: queue.Vm);
            why = Exec(queue, args, syncs, addresses, out job);
        }

        if (job is not null)
        {
            JobQueue.Release(job);
            queue.Vm.Preemption?.AfterExec();
        }

        return why.IsRejected ? Refuse(why) : Accept();
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
            return Refusals.ExecBatchCountDiffers(args.NumBatchBuffer);

        queue = found;
        return default;
    }

    private Rejection Exec(ExecQueue queue, in DrmXeExec args, ReadOnlySpan<DrmXeSync> syncs, ReadOnlySpan<ulong> addresses, out XeJob? job)
    {
        job = null;
        if (queue.IsReset)
            return Refusals.ExecQueueWasReset(queue.Id);
        if (queue.JobCount >= XeLimits.MaxQueuedJobs)
            return Refusals.ExecQueueIsFull(queue.Id);

        Rejection why = ParseSyncs(queue, args, syncs);
        if (why.IsRejected)
            return why;
        if (args.NumBatchBuffer == 0)
            return ExecNothing(queue);
        if (queue.Width > 1 && addresses.Length < queue.Width)
            return Refusals.ExecAddressesAreUnreadable(args.Address);

        // SAFETY: args outlives the call, and so does its address.
        return Submit(queue, queue.Width > 1 ? addresses : MemoryMarshal.CreateReadOnlySpan(in args.Address, 1), out job);
    }

    /// <summary>Entries in array order, the first error stops (BIND-108, BIND-111 to BIND-123, BIND-126).</summary>
    private Rejection ParseSyncs(ExecQueue queue, in DrmXeExec args, ReadOnlySpan<DrmXeSync> syncs)
    {
        queue.Syncs.Clear();
        for (int i = 0; (uint)i < args.NumSyncs; i++)
        {
            SyncEntry entry = default;
            Rejection why = i >= syncs.Length ? Refusals.SyncIsUnreadable(args.Syncs)
                : Device.Faults.Fires(FaultPoint.SyncParse) ? Refusals.SyncsNoMemory(args.NumSyncs)
                : ParseSync(syncs[i], queue.Vm.Facts.IsLongRunning, allowsUserFence: true, queue.Syncs.InFences, out entry);
            if (why.IsRejected)
                return why with { SyncIndex = i };
            queue.Syncs.Add(entry);
        }

        return default;
    }

    /// <summary>Without batches: out-syncs get what the queue still has to do, and a user fence has no job that would write it. A long-running VM does nothing at all
    /// (BIND-109). The seed waits for in-syncs, as it does in an empty bind (BIND-212).</summary>
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

    private Rejection Submit(ExecQueue queue, ReadOnlySpan<ulong> batches, out XeJob? job)
    {
        job = null;
        VmContext vm = queue.Vm;
        if (vm.IsClosed || vm.IsBanned)
            return Refusals.ExecClosedVm(queue.Id);
        Errno error = Device.Residency.BeforeExec(vm);
        if (error != Errno.Ok)
            return error == Residency.Restart ? s_restart : vm.Why;

        job = ExecSubmit.Append(queue, batches, queue.Syncs);
        if (job is null)
            return Refusals.ExecQueueWasReset(queue.Id);
        SignalSyncs(queue.Syncs, job.Fence);
        return default;
    }

    private void SignalSyncs(ExecSyncs syncs, Fence fence)
    {
        foreach (ref readonly SyncEntry entry in syncs.Entries)
        {
            if (entry is { IsSignal: true, Handle: not 0 })
                SignalSyncobj(entry, fence);
        }
    }
}
