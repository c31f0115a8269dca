using XePt.Queues;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// Exec queues (specification 02 section 7).
public sealed partial class XeFile
{
    private readonly ClientQueues _queues;
    private object? _sinkState;

    /// <summary>The client may use the highest priority, as with CAP_SYS_NICE (UAPI-008).</summary>
    public bool IsPrivileged { get; set; }

    /// <summary>What the device's sink keeps of the client from one job to the next. It is the sink's alone, and goes with the
    /// client.</summary>
    public object? SinkState => Volatile.Read(ref _sinkState);

    /// <summary>Exec queues of this file by id.</summary>
    public IReadOnlyCollection<ExecQueue> Queues => _queues.All;

    /// <summary>Keeps it, unless something is kept already.</summary>
    /// <returns>What is kept.</returns>
    public object KeepSinkState(object state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return Interlocked.CompareExchange(ref _sinkState, state, null) ?? state;
    }

    /// <summary>The exec queue with an id, or null.</summary>
    public ExecQueue? FindQueue(uint id) => _queues.Find(id);

    /// <summary>DRM_IOCTL_XE_EXEC_QUEUE_CREATE (BIND-103): an engine queue, or with the class VM_BIND a bind queue with a lane per
    /// tile.</summary>
    /// <param name="args">In: width, placements, VM, flags, extension chain. Out: <c>exec_queue_id</c>.</param>
    /// <param name="instances">The engines, placement by placement; fewer than <c>width × num_placements</c> means the array could not be
    /// read (-EFAULT).</param>
    /// <returns>Ok; -EINVAL; -EFAULT; -ENOENT for a VM that is unknown, closed or banned; what the extension chain asks (UAPI-004 to
    /// UAPI-008).</returns>
    /// <exception cref="ArgumentException">There are more engines than width and placements, which are in order, say.</exception>
    public Errno ExecQueueCreate(ref DrmXeExecQueueCreate args, params ReadOnlySpan<DrmXeEngineClassInstance> instances)
    {
        using CallScope scope = BeginIoctl(XeIoctl.ExecQueueCreate);
        Rejection why = ExecQueueCreateChecks.Validate(args);
        if (!why.IsRejected)
            args.RequireAllOfInstances(instances.Length, nameof(instances));
        if (!why.IsRejected)
            why = EngineList.Check(Device.Platform, Device.CheckFacts, args, instances);
        if (!why.IsRejected)
            why = CreateQueue(ref args, instances[..(args.Width * args.NumPlacements)]);
        return Finish(why);
    }

    /// <summary>DRM_IOCTL_XE_EXEC_QUEUE_DESTROY (BIND-105): the id is freed and the queue killed: its jobs are cancelled, and their fences
    /// signal with -ECANCELED. Binds that wait on a bind queue stay, because the VMA list has them already.</summary>
    /// <returns>Ok, -EINVAL, or -ENOENT for an unknown id.</returns>
    public Errno ExecQueueDestroy(in DrmXeExecQueueDestroy args)
    {
        using CallScope scope = BeginIoctl(XeIoctl.ExecQueueDestroy);
        return Finish(_queues.Destroy(args));
    }

    /// <summary>DRM_IOCTL_XE_EXEC_QUEUE_GET_PROPERTY (BIND-105).</summary>
    /// <param name="args">In: queue and property. Out: <c>value</c>, for BAN 1 once the queue was reset.</param>
    /// <returns>Ok, -EINVAL, or -ENOENT for an unknown id.</returns>
    public Errno ExecQueueGetProperty(ref DrmXeExecQueueGetProperty args)
    {
        using CallScope scope = BeginIoctl(XeIoctl.ExecQueueGetProperty);
        return Finish(_queues.GetProperty(ref args));
    }

    /// <summary>DRM_IOCTL_XE_EXEC_QUEUE_SET_PROPERTY (01 section 9): sets the priority among the queues of a multi-queue group.</summary>
    /// <returns>Ok; -ENOENT for an unknown id; -EINVAL, also for a queue that is in no group.</returns>
    public Errno ExecQueueSetProperty(in DrmXeExecQueueSetProperty args)
    {
        using CallScope scope = BeginIoctl(XeIoctl.ExecQueueSetProperty);
        return Finish(_queues.SetProperty(args));
    }

    private Rejection CreateQueue(ref DrmXeExecQueueCreate args, ReadOnlySpan<DrmXeEngineClassInstance> engines)
    {
        if (_vms.Find(args.VmId) is not { } vm)
            return Refusals.QueueCreateUnknownVm(args.VmId);
        Rejection why = _queues.Create(vm.Context, args, engines, IsPrivileged, out ExecQueue? made);
        if (made is null)
            return why;
        ThrowIfClosed();
        args.ExecQueueId = made.Id;
        return why;
    }
}
