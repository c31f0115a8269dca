using XePt.Uapi;

namespace XePt;

// The calls with arrays once more, in short: every count is the length of its array.
public sealed partial class XeFile
{
    /// <summary>VM_BIND of these ops, as one call on the VM's own bind queue.</summary>
    /// <returns>As for <see cref="VmBind(in DrmXeVmBind, ReadOnlySpan{DrmXeVmBindOp}, ReadOnlySpan{DrmXeSync})"/>.</returns>
    public Errno VmBind(uint vmId, params ReadOnlySpan<DrmXeVmBindOp> binds) => VmBind(vmId, binds, syncs: default);

    /// <summary>VM_BIND of these ops with these sync entries.</summary>
    /// <param name="vmId">The VM.</param>
    /// <param name="binds">The ops; none at all makes the out-syncs a barrier (BIND-211).</param>
    /// <param name="syncs">The sync entries.</param>
    /// <param name="execQueueId">A bind queue, or 0 for the VM's own.</param>
    /// <returns>As for <see cref="VmBind(in DrmXeVmBind, ReadOnlySpan{DrmXeVmBindOp}, ReadOnlySpan{DrmXeSync})"/>.</returns>
    public Errno VmBind(uint vmId, ReadOnlySpan<DrmXeVmBindOp> binds, ReadOnlySpan<DrmXeSync> syncs, uint execQueueId = 0) =>
        VmBind(vmId, binds, syncs, execQueueId, out _);

    /// <summary>As the other form, with the fence of this very call.</summary>
    /// <param name="vmId">As there.</param>
    /// <param name="binds">As there.</param>
    /// <param name="syncs">As there.</param>
    /// <param name="execQueueId">As there.</param>
    /// <param name="done">Signals when the bind is complete; see
    /// <see cref="VmBind(in DrmXeVmBind, ReadOnlySpan{DrmXeVmBindOp}, ReadOnlySpan{DrmXeSync}, out Fence)"/>.</param>
    /// <returns>As there.</returns>
    public Errno VmBind(uint vmId, ReadOnlySpan<DrmXeVmBindOp> binds, ReadOnlySpan<DrmXeSync> syncs, uint execQueueId, out Fence done)
    {
        var args = new DrmXeVmBind { VmId = vmId, ExecQueueId = execQueueId, NumBinds = (uint)binds.Length, NumSyncs = (uint)syncs.Length };
        return VmBind(args, binds, syncs, out done);
    }

    /// <summary>EXEC of one batch for each unit of the queue's width; of no batch to signal out-syncs when the queue has done what it has
    /// (BIND-109).</summary>
    /// <returns>As for <see cref="Exec(in DrmXeExec, ReadOnlySpan{DrmXeSync}, ReadOnlySpan{ulong})"/>.</returns>
    public Errno Exec(uint execQueueId, params ReadOnlySpan<ulong> batches) => Exec(execQueueId, batches, syncs: default);

    /// <summary>EXEC with sync entries.</summary>
    /// <param name="execQueueId">The engine queue.</param>
    /// <param name="batches">GPU addresses of the batches: as many as the queue is wide, or none.</param>
    /// <param name="syncs">The sync entries.</param>
    /// <returns>As for <see cref="Exec(in DrmXeExec, ReadOnlySpan{DrmXeSync}, ReadOnlySpan{ulong})"/>; -EINVAL also for more than 65535
    /// batches.</returns>
    public Errno Exec(uint execQueueId, ReadOnlySpan<ulong> batches, ReadOnlySpan<DrmXeSync> syncs)
    {
        // No queue is as wide as what the field can hold, so what it cannot hold is refused just the same.
        ReadOnlySpan<ulong> counted = batches[..Math.Min(batches.Length, ushort.MaxValue)];
        var args = new DrmXeExec { ExecQueueId = execQueueId, NumBatchBuffer = (ushort)counted.Length, NumSyncs = (uint)syncs.Length };
        return Exec(args, syncs, counted);
    }

    /// <summary>EXEC_QUEUE_CREATE for a queue of width 1 that may run on any of these engines, or for a bind queue.</summary>
    /// <param name="vmId">The VM.</param>
    /// <param name="execQueueId">The queue's id; 0 after a failure.</param>
    /// <param name="placements">The engines, at most 9.</param>
    /// <returns>As for <see cref="ExecQueueCreate(ref DrmXeExecQueueCreate, ReadOnlySpan{DrmXeEngineClassInstance})"/>.</returns>
    public Errno ExecQueueCreate(uint vmId, out uint execQueueId, params ReadOnlySpan<DrmXeEngineClassInstance> placements)
    {
        var args =
            new DrmXeExecQueueCreate { VmId = vmId, Width = 1, NumPlacements = (ushort)Math.Min(placements.Length, ushort.MaxValue) };
        Errno errno = ExecQueueCreate(ref args, placements);
        execQueueId = args.ExecQueueId;
        return errno;
    }

    /// <summary>SYNCOBJ_TIMELINE_SIGNAL.</summary>
    /// <param name="handles">The handles.</param>
    /// <param name="points">A point for each; none at all stands for all points 0.</param>
    /// <returns>As for <see cref="SyncobjTimelineSignal(in DrmSyncobjTimelineArray, ReadOnlySpan{uint}, ReadOnlySpan{ulong})"/>.</returns>
    public Errno SyncobjTimelineSignal(ReadOnlySpan<uint> handles, ReadOnlySpan<ulong> points) =>
        SyncobjTimelineSignal(
            new DrmSyncobjTimelineArray { CountHandles = (uint)handles.Length, Points = (ulong)points.Length }, handles, points);

    /// <summary>SYNCOBJ_QUERY.</summary>
    /// <param name="handles">The handles.</param>
    /// <param name="points">Out: a point for each.</param>
    /// <param name="flags">What to look at.</param>
    /// <returns>As for <see cref="SyncobjQuery(in DrmSyncobjTimelineArray, ReadOnlySpan{uint}, Span{ulong})"/>.</returns>
    public Errno SyncobjQuery(ReadOnlySpan<uint> handles, Span<ulong> points, SyncobjQueryFlags flags = 0) =>
        SyncobjQuery(new DrmSyncobjTimelineArray { CountHandles = (uint)handles.Length, Flags = flags }, handles, points);

    /// <summary>SYNCOBJ_WAIT.</summary>
    /// <param name="handles">The handles.</param>
    /// <param name="timeoutNsec">Point in time of the device's clock, in ns (DRM-017).</param>
    /// <param name="flags">What to wait for.</param>
    /// <returns>As for <see cref="SyncobjWait(ref DrmSyncobjWait, ReadOnlySpan{uint})"/>.</returns>
    public Errno SyncobjWait(ReadOnlySpan<uint> handles, long timeoutNsec, SyncobjWaitFlags flags = 0)
    {
        var args = new DrmSyncobjWait { CountHandles = (uint)handles.Length, TimeoutNsec = timeoutNsec, Flags = flags };
        return SyncobjWait(ref args, handles);
    }

    /// <summary>SYNCOBJ_TIMELINE_WAIT.</summary>
    /// <param name="handles">The handles.</param>
    /// <param name="points">A point for each; none at all stands for all points 0.</param>
    /// <param name="timeoutNsec">Point in time of the device's clock, in ns (DRM-017).</param>
    /// <param name="flags">What to wait for.</param>
    /// <returns>As for <see cref="SyncobjTimelineWait(ref DrmSyncobjTimelineWait, ReadOnlySpan{uint}, ReadOnlySpan{ulong})"/>.</returns>
    public Errno SyncobjTimelineWait(ReadOnlySpan<uint> handles, ReadOnlySpan<ulong> points, long timeoutNsec, SyncobjWaitFlags flags = 0)
    {
        var args = new DrmSyncobjTimelineWait
        {
            CountHandles = (uint)handles.Length,
            Points = (ulong)points.Length,
            TimeoutNsec = timeoutNsec,
            Flags = flags
        };
        return SyncobjTimelineWait(ref args, handles, points);
    }

    /// <summary>DEVICE_QUERY in one step: asks for the size, then for the answer.</summary>
    /// <returns>As for <see cref="DeviceQuery(ref DrmXeDeviceQuery, Span{byte})"/>; the answer is empty after a failure.</returns>
    public Errno DeviceQuery(DeviceQueryId query, out byte[] answer)
    {
        answer = [];
        var args = new DrmXeDeviceQuery { Query = query };
        Errno errno = DeviceQuery(ref args);
        if (errno != Errno.Ok || args.Size == 0)
            return errno;
        answer = new byte[args.Size];
        return DeviceQuery(ref args, answer);
    }
}
