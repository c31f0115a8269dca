using XePt.Memory;
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
        BeginIoctl(XeIoctl.GemMmapOffset);
        Rejection why = GemMmapOffsetChecks.Validate(args, DeviceFacts);
        if (why.IsRejected)
            return Refuse(why);
        if ((args.Flags & MmapOffsetFlags.PciBarrier) != 0)
        {
            args.Offset = XeLimits.PciBarrierOffset;
            return Accept();
        }

        if (_bos.Find(args.Handle) is not { } bo)
            return Refuse(Refusals.GemMmapOffsetUnknownBo(args.Handle));
        args.Offset = Device.Memory.Mmap.OffsetOf(bo);
        return Accept();
    }

    /// <summary>The BO of this file that mmap shows at an offset, and how far into it the offset is; null when GEM_MMAP_OFFSET gave no BO
    /// this offset.</summary>
    public MmapPlace? FindMmap(ulong offset)
    {
        foreach ((uint handle, BufferObject bo) in _bos.Items)
        {
            ulong start = (ulong)Interlocked.Read(ref bo.MmapOffset);
            if (start != 0 && offset >= start && offset - start < bo.Size)
                return new MmapPlace(new XeBo(this, handle, bo), offset - start);
        }

        return null;
    }
}
