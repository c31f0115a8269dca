using XePt.Diagnostics;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Queues;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// Exec queues (specification 02 section 7).
public sealed partial class XeFile
{
    // What the driver enforces for callers without privilege, in microseconds.
    private const ulong ShortestTimeslice = 1, LongestTimeslice = 10_000_000;

    private readonly HandleTable<ExecQueue> _queues = new();

    /// <summary>The client may raise priorities and is bound to no time-slice limits, as with CAP_SYS_NICE (UAPI-008).</summary>
    public bool IsPrivileged { get; set; }

    /// <summary>Exec queues of this file by id.</summary>
    public IReadOnlyCollection<ExecQueue> Queues => [.. _queues.Items.Select(entry => entry.Item)];

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
        BeginIoctl(XeIoctl.ExecQueueCreate);
        Rejection why = ExecQueueCreateChecks.Validate(args);
        if (!why.IsRejected)
            args.RequireAllOfInstances(instances.Length, nameof(instances));
        if (!why.IsRejected)
            why = CheckEngines(args, instances);
        if (!why.IsRejected)
            why = CreateQueue(args, instances[..(args.Width * args.NumPlacements)], out args.ExecQueueId);
        return why.IsRejected ? Refuse(why) : Accept();
    }

    /// <summary>DRM_IOCTL_XE_EXEC_QUEUE_DESTROY (BIND-105): the id is freed and the queue killed: its jobs are cancelled, and their fences
    /// signal with -ECANCELED. Binds that wait on a bind queue stay, because the VMA list has them already.</summary>
    /// <returns>Ok, -EINVAL, or -ENOENT for an unknown id.</returns>
    public Errno ExecQueueDestroy(in DrmXeExecQueueDestroy args)
    {
        BeginIoctl(XeIoctl.ExecQueueDestroy);
        Rejection why = ExecQueueDestroyChecks.Validate(args);
        if (why.IsRejected)
            return Refuse(why);
        if (FindQueue(args.ExecQueueId) is not { } queue)
            return Refuse(Refusals.QueueUnknown(args.ExecQueueId));

        return Drop(queue) ? Accept() : Refuse(Refusals.QueueUnknown(args.ExecQueueId));
    }

    /// <summary>DRM_IOCTL_XE_EXEC_QUEUE_GET_PROPERTY (BIND-105).</summary>
    /// <param name="args">In: queue and property. Out: <c>value</c>, for BAN 1 once the queue was reset.</param>
    /// <returns>Ok, -EINVAL, or -ENOENT for an unknown id.</returns>
    public Errno ExecQueueGetProperty(ref DrmXeExecQueueGetProperty args)
    {
        BeginIoctl(XeIoctl.ExecQueueGetProperty);
        Rejection why = ExecQueueGetPropertyChecks.Validate(args);
        if (why.IsRejected)
            return Refuse(why);
        if (FindQueue(args.ExecQueueId) is not { } queue)
            return Refuse(Refusals.QueueUnknown(args.ExecQueueId));
        if (args.Property != ExecQueueReadableProperty.Ban)
            return Refuse(Refusals.QueueUnknownProperty((ulong)args.Property));

        args.Value = queue.IsReset ? 1u : 0u;
        return Accept();
    }

    /// <summary>DRM_IOCTL_XE_EXEC_QUEUE_SET_PROPERTY (01 section 9): sets the priority among the queues of a multi-queue group.</summary>
    /// <returns>Ok; -ENOENT for an unknown id; -EINVAL, also for a queue that is in no group.</returns>
    public Errno ExecQueueSetProperty(in DrmXeExecQueueSetProperty args)
    {
        BeginIoctl(XeIoctl.ExecQueueSetProperty);
        Rejection why = ExecQueueSetPropertyChecks.Validate(args);
        if (why.IsRejected)
            return Refuse(why);
        if (FindQueue(args.ExecQueueId) is not { } queue)
            return Refuse(Refusals.QueueUnknown(args.ExecQueueId));
        if (args.Value > XeLimits.PriorityHigh)
            return Refuse(Refusals.QueuePriorityInGroupIsTooHigh(args.Value, XeLimits.PriorityHigh));
        if (!queue.IsInGroup)
            return Refuse(Refusals.QueueIsInNoGroup((ulong)args.Property));
        queue.PriorityInGroup = (uint)args.Value;
        return Accept();
    }

    private ExecQueuePropertyCheckContext PropertyLimitsOf(ExecQueue queue) => new()
    {
        MaxPriority = IsPrivileged ? XeLimits.PriorityHigh : XeLimits.PriorityNormal,
        MinTimeslice = IsPrivileged ? 0 : ShortestTimeslice,
        MaxTimeslice = IsPrivileged ? ulong.MaxValue : LongestTimeslice,
        // A bind queue is one of copy engines to the driver.
        CanGroup = Device.Platform.MultiQueueClasses.Contains(queue.IsBindQueue ? EngineClass.Copy : queue.EngineClass),
        IsParallel = queue.Width > 1,
        ReplayStateBytes = ReplayStateBytes(queue.EngineClass, Device.Platform.GraphicsVerx100),
    };

    /// <summary>Bytes of the hardware context that a state to replay stands for (GRP-005).</summary>
    private static int ReplayStateBytes(EngineClass engineClass, int version) => (int)XeLimits.PageSize * engineClass switch
    {
        EngineClass.Render => version >= 2000 ? 3 : 13,
        EngineClass.Compute => version >= 2000 ? 2 : 13,
        _ => 1,
    };

    private Rejection CheckEngines(in DrmXeExecQueueCreate args, ReadOnlySpan<DrmXeEngineClassInstance> instances)
    {
        Rejection why = args.RefuseInstances(instances.Length);
        if (why.IsRejected)
            return why;
        why = EngineInstanceChecks.Validate(instances[0], DeviceFacts);
        if (why.IsRejected)
            return why;
        if (instances[0].EngineClass == EngineClass.VmBind)
            return BindQueueChecks.Validate(args);
        return EngineList.IsPossible(Device.Platform, instances[..(args.Width * args.NumPlacements)], args.Width)
            ? default : Refusals.QueueCreateEnginesAreInvalid(args.Instances);
    }

    private Rejection CreateQueue(in DrmXeExecQueueCreate args, ReadOnlySpan<DrmXeEngineClassInstance> instances, out uint id)
    {
        id = args.ExecQueueId;
        if (_vms.Find(args.VmId) is not { } vm)
            return Refusals.QueueCreateUnknownVm(args.VmId);
        if (vm.Context.IsBanned || vm.Context.IsClosed)
            return Refusals.QueueCreateClosedVm(args.VmId);
        if (instances[0].EngineClass == EngineClass.VmBind && Device.Failures.Fires(FailurePoint.BindQueueCreate))
            return Refusals.QueueCreateNoMemory(args.VmId);

        var queue = new ExecQueue(args.VmId, vm.Context, [.. instances], args.Width, Device.NewQueueHost(_clientMemory));
        var extensions = new ExecQueueExtensions(this, queue, PropertyLimitsOf(queue));
        Rejection why = ExtensionChain.Apply(UserMemory, args.Extensions, ref extensions);
        if (why.IsRejected)
            return why;
        if (extensions.PriorityInGroup != 0 && !queue.IsInGroup)
            return Refusals.QueuePriorityNeedsGroup(extensions.PriorityInGroup);
        if (queue is { IsInGroup: true, IsGroupPrimary: false, IsBindQueue: false } && !queue.Group!.TryJoin())
            return Refusals.QueueGroupIsFull(args.Extensions);

        if (!queue.IsBindQueue && !TryJoin(vm.Context, queue))
        {
            LeaveGroup(queue);
            return Refusals.QueueCreateClosedVm(args.VmId);
        }

        uint given = _queues.Add(number => queue.Named(number));
        if (given == 0)
            End(queue);
        ThrowIfClosed();
        id = given;
        return default;
    }

    /// <summary>An engine queue keeps its preempt-fence VM alive and gets its preempt fence there (BIND-010, BIND-104). Inside the VM,
    /// where VM_DESTROY looks for queues: either it sees this one, or the VM is closed already.</summary>
    private static bool TryJoin(VmContext vm, ExecQueue queue)
    {
        using VmContext.WriterScope scope = vm.Enter();
        if (vm.IsClosed || vm.IsBanned)
            return false;
        vm.Queues.Add(queue);
        vm.Preemption?.Add(queue);
        return true;
    }

    /// <summary>Takes a queue's id away and kills it; false when another thread has done so.</summary>
    private bool Drop(ExecQueue queue)
    {
        if (!_queues.TryRemove(queue.Id, queue))
            return false;
        End(queue);
        return true;
    }

    private static void LeaveGroup(ExecQueue queue)
    {
        if (queue is { IsInGroup: true, IsGroupPrimary: false })
            queue.Group!.Leave();
    }

    private static void End(ExecQueue queue)
    {
        queue.Reset(Errno.ECANCELED);
        if (queue.IsBindQueue)
            return;
        LeaveGroup(queue);
        using VmContext.WriterScope scope = queue.Vm.Enter();
        queue.Vm.Queues.Remove(queue);
        queue.Vm.Preemption?.Remove(queue);
    }
}
