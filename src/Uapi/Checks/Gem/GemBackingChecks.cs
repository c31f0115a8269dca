using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>GEM_CREATE against the device's page size, after the look-up of the VM.</summary>
[CheckList(typeof(DrmXeGemCreate), Context = typeof(DeviceCheckContext))]
[RequireAligned(1, "BIND-033", Errno.EINVAL, "VRAM of this device comes in multiples of 64 KiB", VramPageSize, "size",
    When = nameof(Needs64K))]
internal static partial class GemBackingChecks
{
    private const ulong VramPageSize = 64 * 1024;

    private static bool Needs64K(in DrmXeGemCreate argument, in DeviceCheckContext device) =>
        device.VramNeeds64K && GemCreateChecks.MayLiveInVram(in argument);
}
