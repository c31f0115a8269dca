using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>EXEC_QUEUE_CREATE, before its instances are read (BIND-103).</summary>
[CheckList(typeof(DrmXeExecQueueCreate))]
[RequireKnownFlags(1, "BIND-103", Errno.EINVAL, "carries a flag that this driver does not know", "flags")]
[RequireZero(2, "BIND-103", Errno.EINVAL, "must be zero", "reserved")]
[RefuseIf(3, "BIND-103", Errno.EINVAL, "must not be zero", "width", nameof(WidthIsZero))]
[RefuseIf(4, "BIND-103", Errno.EINVAL, "must not be zero", "num_placements", nameof(PlacementsAreZero))]
[RefuseIf(5, "BIND-103", Errno.EINVAL, "more engine instances (width × placements) than the 9 that a queue can have",
    "width", nameof(InstancesAreTooMany), ComparedWith = "num_placements", Comparand = nameof(Placements))]
internal static partial class ExecQueueCreateChecks
{
    private static bool WidthIsZero(in DrmXeExecQueueCreate argument) => argument.Width == 0;

    private static bool PlacementsAreZero(in DrmXeExecQueueCreate argument) => argument.NumPlacements == 0;

    private static ulong Placements(in DrmXeExecQueueCreate argument) => argument.NumPlacements;

    private static bool InstancesAreTooMany(in DrmXeExecQueueCreate argument) =>
        (long)argument.Width * argument.NumPlacements > XeLimits.MaxEngineInstances;
}
