using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>GEM_CREATE, before the look-up of the VM (specification 02 section 5).</summary>
[CheckList(typeof(DrmXeGemCreate), Context = typeof(DeviceCheckContext))]
[RequireZero(1, "BIND-022", Errno.EINVAL, "must be zero", "pad", "reserved")]
[RefuseIf(2, "BIND-023", Errno.EINVAL, "must name existing memory regions, and at least one", "placement", nameof(PlacementIsImpossible),
    ComparedWith = "mask of the regions", Comparand = nameof(Regions))]
[RequireKnownFlags(3, "BIND-024", Errno.EINVAL, "carries a flag that this driver does not know", "flags")]
[RequireZero(4, "BIND-025", Errno.EINVAL, "is returned by the call and must be zero on input", "handle")]
[RefuseIf(5, "BIND-026", Errno.EINVAL, "must not be empty", "size", nameof(SizeIsZero))]
[RequireAligned(6, "BIND-026", Errno.EINVAL, "must be a multiple of 4 KiB", XeLimits.PageSize, "size")]
[RefuseIf(7, "BIND-027", Errno.EOPNOTSUPP, "NO_COMPRESSION needs graphics version 20", "flags", nameof(NoCompressionIsUnknown))]
[RefuseIf(8, "BIND-028", Errno.EINVAL, "NEEDS_VISIBLE_VRAM needs a VRAM placement", "flags", nameof(VisibleVramLacksVram))]
[RequireKnownValue(9, "BIND-029", Errno.EINVAL, "must be WB or WC", "cpu_caching")]
[RefuseIf(10, "BIND-030", Errno.EINVAL, "an object that may live in VRAM must use WC", "cpu_caching", nameof(VramIsNotWriteCombined))]
[RefuseIf(11, "BIND-031", Errno.EINVAL, "an object for display must use WC", "cpu_caching", nameof(ScanoutIsWriteBack))]
internal static partial class GemCreateChecks
{
    private static bool PlacementIsImpossible(in DrmXeGemCreate argument, in DeviceCheckContext device) =>
        argument.Placement == 0 || (argument.Placement & ~device.MemoryRegionMask) != 0;

    private static ulong Regions(in DeviceCheckContext device) => device.MemoryRegionMask;

    private static bool SizeIsZero(in DrmXeGemCreate argument) => argument.Size == 0;

    private static bool NoCompressionIsUnknown(in DrmXeGemCreate argument, in DeviceCheckContext device) =>
        (argument.Flags & GemCreateFlags.NoCompression) != 0 && device.GraphicsVerx100 < 2000;

    private static bool VisibleVramLacksVram(in DrmXeGemCreate argument) =>
        (argument.Flags & GemCreateFlags.NeedsVisibleVram) != 0 && !MayLiveInVram(in argument);

    private static bool VramIsNotWriteCombined(in DrmXeGemCreate argument) =>
        MayLiveInVram(in argument) && argument.CpuCaching != CpuCaching.WriteCombined;

    private static bool ScanoutIsWriteBack(in DrmXeGemCreate argument) =>
        (argument.Flags & GemCreateFlags.Scanout) != 0 && argument.CpuCaching == CpuCaching.WriteBack;

    // Region 0 is system memory, all others are VRAM.
    internal static bool MayLiveInVram(in DrmXeGemCreate argument) => (argument.Placement & ~1u) != 0;
}
