using XePt.Queues;
using XePt.Uapi;

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
        using CallScope scope = BeginIoctl(XeIoctl.Exec);
        args.RequireAllOfSyncs(syncs.Length, nameof(syncs));
        args.RequireAllOfAddress(addresses.Length, nameof(addresses));
        Rejection why = _queues.FindForExec(args, out ExecQueue? queue);
        if (!why.IsRejected)
            why = ExecOperation.Run(Device.Residency.Vms, _client, queue!, args, syncs, addresses);
        return Finish(why);
    }
}
