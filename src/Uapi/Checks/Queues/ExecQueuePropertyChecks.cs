using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>One property in the extension chain of EXEC_QUEUE_CREATE (UAPI-006, UAPI-008).</summary>
/// <remarks>Protected content is judged as by the driver on a device without it. That a multi-queue priority needs a group is seen at the
/// end of the chain only.</remarks>
[CheckList(typeof(DrmXeExtSetProperty), Context = typeof(ExecQueuePropertyCheckContext), Selector = "property",
    SelectorType = typeof(ExecQueueProperty))]
[RequireKnownValue(1, "UAPI-006", Errno.EINVAL, "EXEC_QUEUE_CREATE has no such property", "property", Among = typeof(ExecQueueProperty))]
[RequireZero(2, "UAPI-006", Errno.EINVAL, "must be zero", "pad")]
[RequireAtMost(3, "UAPI-008", Errno.EINVAL, "beyond the highest priority", "value", XeLimits.PriorityHigh,
    ComparedWith = "highest", Only = ExecQueueProperty.Priority)]
[RefuseIf(4, "UAPI-008", Errno.EPERM, "this caller may not use so high a priority", "value", nameof(PriorityIsNotAllowed),
    ComparedWith = "highest that is allowed", Comparand = nameof(HighestAllowed), Only = ExecQueueProperty.Priority)]
[RefuseIf(5, "UAPI-008", Errno.EINVAL, "outside the limits of a time slice", "value", nameof(TimesliceIsOutOfRange),
    ComparedWith = "nearest limit", Comparand = nameof(NearestTimeslice), Only = ExecQueueProperty.Timeslice)]
[RequireAtMost(6, "UAPI-008", Errno.EINVAL, "no such kind of protected content", "value", HardwareProtected,
    Only = ExecQueueProperty.PxpType)]
[RequireAtMost(7, "UAPI-008", Errno.EINVAL, "beyond the highest priority", "value", XeLimits.PriorityHigh,
    ComparedWith = "highest", Only = ExecQueueProperty.MultiQueuePriority)]
[RefuseIf(8, "UAPI-008", Errno.ENODEV, "the device has no such thing", "property", nameof(AsksForProtection),
    Only = ExecQueueProperty.PxpType)]
[RefuseIf(9, "UAPI-008", Errno.ENODEV, "the device has no such thing", "property", nameof(GroupsAreMissing),
    Only = ExecQueueProperty.MultiGroup)]
[RefuseIf(10, "GRP-002", Errno.EINVAL, "a bind queue cannot be in a group", "property", nameof(IsBindQueue),
    Only = ExecQueueProperty.MultiGroup)]
[RefuseIf(11, "GRP-002", Errno.EINVAL, "a queue of several batches cannot be in a group", "property", nameof(IsParallel),
    Only = ExecQueueProperty.MultiGroup)]
[RefuseIf(12, "GRP-002", Errno.EINVAL, "more than the flag that makes a group", "value", nameof(MakesGroupOfValue),
    ComparedWith = "flag", Comparand = nameof(GroupFlag), Only = ExecQueueProperty.MultiGroup)]
[RefuseIf(13, "GRP-002", Errno.EINVAL, "not the id of a queue", "value", nameof(GroupIsTooHigh), Only = ExecQueueProperty.MultiGroup)]
internal static partial class ExecQueuePropertyChecks
{
    private const ulong HardwareProtected = 1;

    private static bool PriorityIsNotAllowed(in DrmXeExtSetProperty extension, in ExecQueuePropertyCheckContext context) =>
        extension.Value > context.MaxPriority;

    private static ulong HighestAllowed(in ExecQueuePropertyCheckContext context) => context.MaxPriority;

    private static ulong NearestTimeslice(in DrmXeExtSetProperty extension, in ExecQueuePropertyCheckContext context) =>
        extension.Value < context.MinTimeslice ? context.MinTimeslice : context.MaxTimeslice;

    private static bool TimesliceIsOutOfRange(in DrmXeExtSetProperty extension, in ExecQueuePropertyCheckContext context) =>
        extension.Value < context.MinTimeslice || extension.Value > context.MaxTimeslice;

    private static bool AsksForProtection(in DrmXeExtSetProperty extension) => extension.Value != 0;

    private static bool GroupsAreMissing(in ExecQueuePropertyCheckContext context) => !context.CanGroup;

    private static bool IsBindQueue(in ExecQueuePropertyCheckContext context) => context.IsBindQueue;

    private static bool IsParallel(in ExecQueuePropertyCheckContext context) => context.IsParallel;

    private static ulong GroupFlag() => XeConstants.MultiGroupCreate;

    private static bool MakesGroupOfValue(in DrmXeExtSetProperty extension) =>
        (extension.Value & XeConstants.MultiGroupCreate) != 0 && extension.Value != XeConstants.MultiGroupCreate;

    private static bool GroupIsTooHigh(in DrmXeExtSetProperty extension) =>
        (extension.Value & XeConstants.MultiGroupCreate) == 0 && extension.Value > uint.MaxValue;
}
