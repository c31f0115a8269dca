using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>One sync entry of VM_BIND or EXEC, as far as the entry itself shows (specification 02 section 8).</summary>
/// <remarks>
/// What needs the sync object or the user's memory (BIND-116 to BIND-118, BIND-122) comes after these checks; that keeps the reference
/// order, because no entry meets a look-up between two of them.
/// </remarks>
[CheckList(typeof(DrmXeSync), Context = typeof(SyncCheckContext))]
[RequireKnownFlags(1, "BIND-112", Errno.EINVAL, "carries a flag that this driver does not know", "flags")]
[RequireZero(2, "BIND-112", Errno.EINVAL, "must be zero", "reserved")]
[RefuseIf(3, "BIND-113", Errno.EOPNOTSUPP, "a long-running VM signals no sync objects", "flags", nameof(SignalsObjectOfLongRunning))]
[RefuseIf(4, "BIND-114", Errno.EINVAL, "the half above the handle must be zero", "addr", nameof(HandleIsWide))]
[RefuseIf(5, "BIND-115", Errno.EINVAL, "point 0 of a timeline is no point", "timeline_value", nameof(PointIsZero))]
[RefuseIf(6, "BIND-119", Errno.EOPNOTSUPP, "a call without ops signals no user fence", "type", nameof(UserFenceIsForbidden))]
[RefuseIf(7, "BIND-120", Errno.EOPNOTSUPP, "a user fence cannot be waited for", "flags", nameof(UserFenceIsInSync))]
[RequireAligned(8, "BIND-121", Errno.EINVAL, "a user fence must be 8-byte aligned", sizeof(ulong), "addr", When = nameof(IsUserFence))]
[RequireKnownValue(9, "BIND-123", Errno.EINVAL, "no such kind of sync entry", "type")]
internal static partial class SyncChecks
{
    private static bool SignalsObjectOfLongRunning(in DrmXeSync sync, in SyncCheckContext context) =>
        context.IsLongRunning && Signals(in sync) && IsSyncobj(in sync);

    private static bool HandleIsWide(in DrmXeSync sync) => IsSyncobj(in sync) && sync.Addr > uint.MaxValue;

    private static bool PointIsZero(in DrmXeSync sync) => sync.Type == SyncType.TimelineSyncobj && sync.TimelineValue == 0;

    private static bool UserFenceIsForbidden(in DrmXeSync sync, in SyncCheckContext context) =>
        IsUserFence(in sync) && !context.UserFenceAllowed;

    private static bool UserFenceIsInSync(in DrmXeSync sync) => IsUserFence(in sync) && !Signals(in sync);

    private static bool IsUserFence(in DrmXeSync sync) => sync.Type == SyncType.UserFence;

    private static bool IsSyncobj(in DrmXeSync sync) => sync.Type is SyncType.Syncobj or SyncType.TimelineSyncobj;

    private static bool Signals(in DrmXeSync sync) => (sync.Flags & SyncFlags.Signal) != 0;
}
