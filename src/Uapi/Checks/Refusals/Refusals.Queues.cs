using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <content>Exec queues and EXEC (specification 02 section 7).</content>
internal static partial class Refusals
{
    [Refusal("BIND-103", Errno.EFAULT, "instances", "the engine instances cannot be read")]
    public static partial Rejection QueueCreateInstancesAreUnreadable(ulong value);

    [Refusal("BIND-103", Errno.EINVAL, "instances", "names an engine that does not exist, or a combination that is not possible")]
    public static partial Rejection QueueCreateEnginesAreInvalid(ulong value);

    [Refusal("BIND-103", Errno.ENOENT, "vm_id", "no VM with this id in this file")]
    public static partial Rejection QueueCreateUnknownVm(ulong value);

    [Refusal("BIND-103", Errno.ENOENT, "vm_id", "the VM is closed or banned")]
    public static partial Rejection QueueCreateClosedVm(ulong value);

    [Refusal("BIND-223", Errno.ENOMEM, "vm_id", "no memory for the queue")]
    public static partial Rejection QueueCreateNoMemory(ulong value);

    [Refusal("BIND-105", Errno.ENOENT, "exec_queue_id", "no exec queue with this id in this file")]
    public static partial Rejection QueueUnknown(ulong value);

    [Refusal("BIND-105", Errno.EINVAL, "property", "no such readable property")]
    public static partial Rejection QueueUnknownProperty(ulong value);

    [Refusal("UAPI-008", Errno.EINVAL, "extensions", "a multi-queue priority without a multi-queue group")]
    public static partial Rejection QueuePriorityNeedsGroup(ulong value);

    [Refusal("GRP-002", Errno.EINVAL, "value", "the queue is in a group already")]
    public static partial Rejection QueueIsInGroupAlready(ulong value);

    [Refusal("GRP-002", Errno.ENOENT, "value", "no exec queue with this id in this file")]
    public static partial Rejection QueueGroupIsUnknown(ulong value);

    [Refusal("GRP-002", Errno.EINVAL, "value", "the queue with this id has made no group")]
    public static partial Rejection QueueHasMadeNoGroup(ulong value);

    [Refusal("GRP-002", Errno.EINVAL, "value", "the queue with this id is of another VM", ComparedWith = "its VM")]
    public static partial Rejection QueueGroupIsOfAnotherVm(ulong value, ulong vm);

    [Refusal("GRP-002", Errno.EINVAL, "value", "the queue with this id is on other engines")]
    public static partial Rejection QueueGroupIsOnOtherEngines(ulong value);

    [Refusal("GRP-003", Errno.EINVAL, "property", "a queue that joins a group has the properties of its primary")]
    public static partial Rejection QueueMemberHasNoSuchProperty(ulong value);

    [Refusal("GRP-004", Errno.EINVAL, "extensions", "the group has 64 queues")]
    public static partial Rejection QueueGroupIsFull(ulong value);

    [Refusal("GRP-005", Errno.EFAULT, "value", "the state cannot be read")]
    public static partial Rejection QueueReplayStateIsUnreadable(ulong value);

    [Refusal("01 section 9", Errno.EINVAL, "value", "beyond the highest priority", ComparedWith = "highest")]
    public static partial Rejection QueuePriorityInGroupIsTooHigh(ulong value, ulong highest);

    [Refusal("01 section 9", Errno.EINVAL, "property", "the queue is in no multi-queue group")]
    public static partial Rejection QueueIsInNoGroup(ulong value);

    [Refusal("BIND-108", Errno.ENOENT, "exec_queue_id", "no exec queue with this id in this file")]
    public static partial Rejection ExecUnknownQueue(ulong value);

    [Refusal("BIND-108", Errno.EINVAL, "exec_queue_id", "a bind queue runs no jobs")]
    public static partial Rejection ExecOnBindQueue(ulong value);

    [Refusal("BIND-108", Errno.EINVAL, "num_batch_buffer", "neither 0 nor the width of the queue", ComparedWith = "width of the queue")]
    public static partial Rejection ExecBatchCountDiffers(ulong value, ulong width);

    [Refusal("BIND-108", Errno.ECANCELED, "exec_queue_id", "the exec queue was reset")]
    public static partial Rejection ExecQueueWasReset(ulong value);

    [Refusal("BIND-108", Errno.EAGAIN, "exec_queue_id", "1000 jobs are already queued")]
    public static partial Rejection ExecQueueIsFull(ulong value);

    [Refusal("BIND-108", Errno.EFAULT, "address", "the batch addresses cannot be read")]
    public static partial Rejection ExecAddressesAreUnreadable(ulong value);

    [Refusal("BIND-108", Errno.ECANCELED, "exec_queue_id", "the VM of the exec queue is closed or banned")]
    public static partial Rejection ExecClosedVm(ulong value);

    [Refusal("BIND-109", Errno.EOPNOTSUPP, "syncs", "a call without batches has nothing that could wait for the in-sync")]
    public static partial Rejection ExecNothingWaits(ulong value);
}
