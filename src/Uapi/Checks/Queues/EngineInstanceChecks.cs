using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>The first engine instance of EXEC_QUEUE_CREATE (BIND-103).</summary>
[CheckList(typeof(DrmXeEngineClassInstance), Context = typeof(DeviceCheckContext))]
[RefuseIf(1, "BIND-103", Errno.EINVAL, "no such GT", "gt_id", nameof(GtIsUnknown),
    ComparedWith = "mask of the GTs", Comparand = nameof(Gts))]
[RequireZero(2, "BIND-103", Errno.EINVAL, "the VM_BIND class has one instance", "engine_instance", When = nameof(IsBindClass))]
internal static partial class EngineInstanceChecks
{
    private static bool GtIsUnknown(in DrmXeEngineClassInstance instance, in DeviceCheckContext device) =>
        instance.GtId >= 32 || ((device.GtMask >> instance.GtId) & 1) == 0;

    private static ulong Gts(in DeviceCheckContext device) => device.GtMask;

    private static bool IsBindClass(in DrmXeEngineClassInstance instance) => instance.EngineClass == EngineClass.VmBind;
}
