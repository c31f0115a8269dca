using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <content>Sync entries and user fences (specification 02 sections 8 and 15).</content>
internal static partial class Refusals
{
    [Refusal("BIND-050", Errno.ENOMEM, "num_syncs", "no memory for the sync entries")]
    public static partial Rejection SyncsNoMemory(ulong value);

    [Refusal("BIND-111", Errno.EFAULT, "syncs", "the sync entry cannot be read")]
    public static partial Rejection SyncIsUnreadable(ulong value);

    [Refusal("BIND-116", Errno.ENOENT, "handle", "no sync object with this handle in this file")]
    public static partial Rejection SyncUnknownHandle(ulong value);

    [Refusal("BIND-117", Errno.EINVAL, "handle", "the sync object to wait for holds no fence")]
    public static partial Rejection SyncHasNoFence(ulong value);

    [Refusal("BIND-118", Errno.EINVAL, "handle", "the sync object is no timeline")]
    public static partial Rejection SyncIsNoTimeline(ulong value);

    [Refusal("BIND-118", Errno.EINVAL, "timeline_value", "the timeline has no such point yet", ComparedWith = "last point")]
    public static partial Rejection SyncPointIsMissing(ulong value, ulong lastPoint);

    [Refusal("BIND-122", Errno.EFAULT, "addr", "the user fence cannot be read")]
    public static partial Rejection SyncUserFenceIsUnreadable(ulong value);

    [Refusal("BIND-124", Errno.EINVAL, "num_syncs", "more than one user fence")]
    public static partial Rejection SyncHasTwoUserFences(ulong value);

    [Refusal("BIND-254", Errno.ENOENT, "exec_queue_id", "no exec queue with this id in this file")]
    public static partial Rejection WaitUnknownQueue(ulong value);

    [Refusal("BIND-255", Errno.EFAULT, "addr", "the user fence cannot be read")]
    public static partial Rejection WaitIsUnreadable(ulong value);

    [Refusal("BIND-255", Errno.EIO, "exec_queue_id", "the exec queue was reset")]
    public static partial Rejection WaitQueueWasReset(ulong value);

    [Refusal("BIND-016", Errno.ECANCELED, "file", "the client was closed while it waited")]
    public static partial Rejection WaitClientIsClosed(ulong value);

    [Refusal("BIND-255", Errno.ETIME, "timeout", "the time is over")]
    public static partial Rejection WaitTimedOut(ulong value);

    [Refusal("BIND-255", Errno.EDEADLK, "timeout", "nothing that is left to happen can end the wait")]
    public static partial Rejection WaitNeverEnds(ulong value);
}
