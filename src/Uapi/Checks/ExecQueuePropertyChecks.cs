using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>One property in the extension chain of EXEC_QUEUE_CREATE (UAPI-006, UAPI-008).</summary>
/// <remarks>Priority and time slice work; of the other properties XePt knows only the value that asks for nothing.</remarks>
[CheckList(typeof(DrmXeExtSetProperty), Context = typeof(ExecQueuePropertyCheckContext))]
[RequireKnownValue(1, "UAPI-006", Errno.EINVAL, "EXEC_QUEUE_CREATE has no such property", "property", Among = typeof(ExecQueueProperty))]
[RequireZero(2, "UAPI-006", Errno.EINVAL, "must be zero", "pad")]
[RequireAtMost(3, "UAPI-008", Errno.EINVAL, "beyond the highest priority", "value", XeLimits.PriorityHigh, When = nameof(SetsPriority))]
[RefuseIf(4, "UAPI-008", Errno.EPERM, "this caller may not use so high a priority", "value", nameof(PriorityIsNotAllowed))]
[RefuseIf(5, "UAPI-008", Errno.EINVAL, "outside the limits of a time slice", "value", nameof(TimesliceIsOutOfRange))]
[RefuseIf(6, "UAPI-008", Errno.ENODEV, "this property is not offered", "property", nameof(IsNotOffered))]
public static partial class ExecQueuePropertyChecks
{
    private static bool SetsPriority(in DrmXeExtSetProperty extension) => Property(in extension) == ExecQueueProperty.Priority;

    private static bool PriorityIsNotAllowed(in DrmXeExtSetProperty extension, in ExecQueuePropertyCheckContext context) =>
        SetsPriority(in extension) && extension.Value > context.MaxPriority;

    private static bool TimesliceIsOutOfRange(in DrmXeExtSetProperty extension, in ExecQueuePropertyCheckContext context) =>
        Property(in extension) == ExecQueueProperty.Timeslice
        && (extension.Value < context.MinTimeslice || extension.Value > context.MaxTimeslice);

    private static bool IsNotOffered(in DrmXeExtSetProperty extension) => Property(in extension) switch
    {
        ExecQueueProperty.Priority or ExecQueueProperty.Timeslice => false,
        ExecQueueProperty.PxpType => extension.Value != 0,
        _ => true,
    };

    private static ExecQueueProperty Property(in DrmXeExtSetProperty extension) => (ExecQueueProperty)extension.Property;
}
