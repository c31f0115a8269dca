using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>One property in the extension chain of GEM_CREATE (UAPI-006, UAPI-007).</summary>
[CheckList(typeof(DrmXeExtSetProperty), Context = typeof(DeviceCheckContext))]
[RequireKnownValue(1, "UAPI-006", Errno.EINVAL, "GEM_CREATE has no such property", "property", Among = typeof(GemCreateProperty))]
[RequireZero(2, "UAPI-006", Errno.EINVAL, "must be zero", "pad")]
[RequireAtMost(3, "UAPI-007", Errno.EINVAL, "no such kind of protected content", "value", HardwareProtected)]
[RefuseIf(4, "UAPI-007", Errno.ENODEV, "this device has no protected content", "value", nameof(ProtectionIsAbsent))]
internal static partial class GemCreatePropertyChecks
{
    private const ulong HardwareProtected = 1;

    private static bool ProtectionIsAbsent(in DrmXeExtSetProperty extension, in DeviceCheckContext device) =>
        extension.Value == HardwareProtected && !device.HasProtectedContent;
}
