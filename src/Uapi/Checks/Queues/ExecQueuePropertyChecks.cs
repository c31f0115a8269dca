using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>One property in the extension chain of EXEC_QUEUE_CREATE (UAPI-006, UAPI-008).</summary>
/// <remarks>Protected content is judged as by the driver on a device without it. That a multi-queue priority needs a group is seen at the
/// end of the chain only.</remarks>
[CheckList(typeof(DrmXeExtSetProperty), Context = typeof(ExecQueuePropertyCheckContext))]
[RequireKnownValue(1, "UAPI-006", Errno.EINVAL, "EXEC_QUEUE_CREATE has no such property", "property", Among = typeof(ExecQueueProperty))]
[RequireZero(2, "UAPI-006", Errno.EINVAL, "must be zero", "pad")]
[RequireAtMost(3, "UAPI-008", Errno.EINVAL, "beyond the highest priority", "value", XeLimits.PriorityHigh, When = nameof(SetsPriority),
    ComparedWith = "highest")]
[RefuseIf(4, "UAPI-008", Errno.EPERM, "this caller may not use so high a priority", "value", nameof(PriorityIsNotAllowed),
    ComparedWith = "highest that is allowed", Comparand = nameof(HighestAllowed))]
[RefuseIf(5, "UAPI-008", Errno.EINVAL, "outside the limits of a time slice", "value", nameof(TimesliceIsOutOfRange),
    ComparedWith = "nearest limit", Comparand = nameof(NearestTimeslice))]
[RequireAtMost(6, "UAPI-008", Errno.EINVAL, "no such kind of protected content", "value", HardwareProtected, When = nameof(SetsProtection))]
[RequireAtMost(7, "UAPI-008", Errno.EINVAL, "beyond the highest priority", "value", XeLimits.PriorityHigh,
    When = nameof(SetsPriorityInGroup), ComparedWith = "highest")]
[RefuseIf(8, "UAPI-008", Errno.ENODEV, "the device has no such thing", "property", nameof(IsNotOffered))]
[RefuseIf(9, "GRP-002", Errno.EINVAL, "a queue of several batches cannot be in a group", "property", nameof(IsParallelInGroup))]
[RefuseIf(10, "GRP-002", Errno.EINVAL, "more than the flag that makes a group", "value", nameof(MakesGroupOfValue),
    ComparedWith = "flag", Comparand = nameof(GroupFlag))]
[RefuseIf(11, "GRP-002", Errno.EINVAL, "not the id of a queue", "value", nameof(GroupIsTooHigh))]
internal static partial class ExecQueuePropertyChecks
{
    private const ulong HardwareProtected = 1;

    private static bool SetsPriority(in DrmXeExtSetProperty extension) => Property(in extension) == ExecQueueProperty.Priority;

    private static bool SetsProtection(in DrmXeExtSetProperty extension) => Property(in extension) == ExecQueueProperty.PxpType;

    private static bool SetsPriorityInGroup(in DrmXeExtSetProperty extension) =>
        Property(in extension) == ExecQueueProperty.MultiQueuePriority;

    private static bool PriorityIsNotAllowed(in DrmXeExtSetProperty extension, in ExecQueuePropertyCheckContext context) =>
        SetsPriority(in extension) && extension.Value > context.MaxPriority;

    private static ulong HighestAllowed(in ExecQueuePropertyCheckContext context) => context.MaxPriority;

    private static ulong NearestTimeslice(in DrmXeExtSetProperty extension, in ExecQueuePropertyCheckContext context) =>
        extension.Value < context.MinTimeslice ? context.MinTimeslice : context.MaxTimeslice;

    private static bool TimesliceIsOutOfRange(in DrmXeExtSetProperty extension, in ExecQueuePropertyCheckContext context) =>
        Property(in extension) == ExecQueueProperty.Timeslice
        && (extension.Value < context.MinTimeslice || extension.Value > context.MaxTimeslice);

    private static bool IsNotOffered(in DrmXeExtSetProperty extension, in ExecQueuePropertyCheckContext context) =>
        Property(in extension) switch
        {
            ExecQueueProperty.PxpType => extension.Value != 0,
            ExecQueueProperty.MultiGroup => !context.CanGroup,
            _ => false,
        };

    private static bool IsParallelInGroup(in DrmXeExtSetProperty extension, in ExecQueuePropertyCheckContext context) =>
        Property(in extension) == ExecQueueProperty.MultiGroup && context.IsParallel;

    private static ulong GroupFlag() => XeConstants.MultiGroupCreate;

    private static bool MakesGroupOfValue(in DrmXeExtSetProperty extension) => Property(in extension) == ExecQueueProperty.MultiGroup
        && (extension.Value & XeConstants.MultiGroupCreate) != 0 && extension.Value != XeConstants.MultiGroupCreate;

    private static bool GroupIsTooHigh(in DrmXeExtSetProperty extension) => Property(in extension) == ExecQueueProperty.MultiGroup
        && (extension.Value & XeConstants.MultiGroupCreate) == 0 && extension.Value > uint.MaxValue;

    private static ExecQueueProperty Property(in DrmXeExtSetProperty extension) => (ExecQueueProperty)extension.Property;
}
