using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// GEM_MMAP_OFFSET (specification 01 section 5): where mmap shows a BO.
public sealed partial class XeFile
{
    /// <summary>DRM_IOCTL_XE_GEM_MMAP_OFFSET (UAPI-020).</summary>
    /// <param name="args">In: a handle, or the PCI-barrier flag. Out: <c>offset</c>. A BO keeps its offset, and no two BOs of a device
    /// share one.</param>
    /// <returns>Ok; -EINVAL; or -ENOENT for an unknown handle.</returns>
    public Errno GemMmapOffset(ref DrmXeGemMmapOffset args)
    {
        using CallScope scope = BeginIoctl(XeIoctl.GemMmapOffset);
        Rejection why = GemMmapOffsetChecks.Validate(args, Device.CheckFacts);
        if (!why.IsRejected && (args.Flags & MmapOffsetFlags.PciBarrier) != 0)
            args.Offset = XeLimits.PciBarrierOffset;
        else if (!why.IsRejected && _bos.Find(args.Handle) is { } bo)
            args.Offset = Device.Memory.Mmap.OffsetOf(bo);
        else if (!why.IsRejected)
            why = Refusals.GemMmapOffsetUnknownBo(args.Handle);
        return Finish(why);
    }

    /// <summary>The BO of this file that mmap shows at an offset, and how far into it the offset is; null when GEM_MMAP_OFFSET gave no BO
    /// this offset.</summary>
    public MmapPlace? FindMmap(ulong offset) =>
        _ownBos.FindMmap(offset) is { } found ? new MmapPlace(new XeBo(this, found.Handle, found.Bo), offset - found.Start) : null;
}
