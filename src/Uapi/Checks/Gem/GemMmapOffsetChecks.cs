using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>GEM_MMAP_OFFSET, before the look-up of the object (UAPI-020).</summary>
[CheckList(typeof(DrmXeGemMmapOffset), Context = typeof(DeviceCheckContext))]
[RequireZero(1, "UAPI-020", Errno.EINVAL, "must be zero", "extensions", "reserved")]
[RequireKnownFlags(2, "UAPI-020", Errno.EINVAL, "carries a flag that this driver does not know", "flags")]
[RefuseIf(3, "UAPI-020", Errno.EINVAL, "only a discrete device has a PCI barrier page", "flags", nameof(BarrierIsAbsent))]
[RequireZero(4, "UAPI-020", Errno.EINVAL, "the PCI barrier page belongs to no object", "handle", When = nameof(AsksForBarrier))]
internal static partial class GemMmapOffsetChecks
{
    private static bool BarrierIsAbsent(in DrmXeGemMmapOffset argument, in DeviceCheckContext device) =>
        AsksForBarrier(in argument) && !device.IsDiscrete;

    private static bool AsksForBarrier(in DrmXeGemMmapOffset argument) => (argument.Flags & MmapOffsetFlags.PciBarrier) != 0;
}
