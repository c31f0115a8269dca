using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <content>Sync objects by the ioctls of the DRM core (docs/drm-core.md).</content>
internal static partial class Refusals
{
    [Refusal("DRM-002", Errno.EINVAL, "handle", "no sync object with this handle in this file")]
    public static partial Rejection SyncobjDestroyUnknown(ulong value);

    [Refusal("DRM-003", Errno.ENOMEM, "count_handles", "more handles than the 65536 that one call takes")]
    public static partial Rejection SyncobjsAreTooMany(ulong value);

    [Refusal("DRM-003", Errno.EFAULT, "handles", "the handles cannot be read")]
    public static partial Rejection SyncobjHandlesAreUnreadable(ulong value);

    [Refusal("DRM-003", Errno.ENOENT, "handles", "no sync object with this handle in this file")]
    public static partial Rejection SyncobjUnknown(ulong value);

    [Refusal("DRM-006", Errno.EFAULT, "points", "the points cannot be read")]
    public static partial Rejection SyncobjPointsAreUnreadable(ulong value);

    [Refusal("DRM-010", Errno.EFAULT, "points", "the point cannot be written")]
    public static partial Rejection SyncobjPointIsUnwritable(ulong value);

    [Refusal("DRM-013", Errno.EFAULT, "points", "the points cannot be read")]
    public static partial Rejection SyncobjWaitPointsAreUnreadable(ulong value);

    [Refusal("DRM-013", Errno.EINVAL, "handles", "the sync object has no such fence or point yet")]
    public static partial Rejection SyncobjHasNothingToWaitFor(ulong value);

    [Refusal("DRM-017", Errno.ETIME, "timeout_nsec", "the time is over")]
    public static partial Rejection SyncobjWaitTimedOut(ulong value);

    [Refusal("DRM-017", Errno.EDEADLK, "timeout_nsec", "nothing that is left to happen can end the wait")]
    public static partial Rejection SyncobjWaitNeverEnds(ulong value);

    [Refusal("DRM-020", Errno.ENOENT, "dst_handle", "no sync object with this handle in this file")]
    public static partial Rejection SyncobjTransferUnknownDestination(ulong value);

    [Refusal("DRM-020", Errno.ENOENT, "src_handle", "no sync object with this handle in this file")]
    public static partial Rejection SyncobjTransferUnknownSource(ulong value);

    [Refusal("DRM-020", Errno.EINVAL, "flags", "a transfer can wait for submission only")]
    public static partial Rejection SyncobjTransferUnknownFlag(ulong value);

    [Refusal("DRM-020", Errno.EINVAL, "src_point", "the sync object has no such fence or point yet", ComparedWith = "last point")]
    public static partial Rejection SyncobjTransferHasNoPoint(ulong value, ulong lastPoint);

    [Refusal("DRM-020", Errno.ETIME, "src_point", "the point did not come in time")]
    public static partial Rejection SyncobjTransferTimedOut(ulong value);

    [Refusal("DRM-031", Errno.EINVAL, "handle", "no sync object with this handle in this file")]
    public static partial Rejection SyncobjExportUnknown(ulong value);

    [Refusal("DRM-032", Errno.ENOENT, "handle", "no sync object with this handle in this file")]
    public static partial Rejection SyncFileUnknownObject(ulong value);

    [Refusal("DRM-032", Errno.EINVAL, "handle", "the sync object has no fence")]
    public static partial Rejection SyncFileHasNoFence(ulong value);

    [Refusal("DRM-032", Errno.EINVAL, "point", "the sync object has no such point yet", ComparedWith = "last point")]
    public static partial Rejection SyncFileHasNoPoint(ulong value, ulong lastPoint);

    [Refusal("DRM-031", Errno.EINVAL, "fd", "the descriptor is no sync object")]
    public static partial Rejection FileIsNoSyncobj(ulong value);

    [Refusal("DRM-032", Errno.EINVAL, "fd", "the descriptor is no sync file")]
    public static partial Rejection FileIsNoSyncFile(ulong value);

    [Refusal("DRM-024", Errno.ENOENT, "handle", "no sync object with this handle in this file")]
    public static partial Rejection SyncobjIsUnknown(ulong value);

    [Refusal("DRM-024", Errno.EINVAL, "point", "the sync object has no such fence or point yet", ComparedWith = "last point")]
    public static partial Rejection SyncobjHasNoPoint(ulong value, ulong lastPoint);
}
