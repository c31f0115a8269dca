using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of GEM_MMAP_OFFSET (UAPI-020).</summary>
[CName("drm_xe_gem_mmap_offset")]
[Ioctl(0x02, IoctlDirection.ReadWrite, "DRM_IOCTL_XE_GEM_MMAP_OFFSET")]
[UapiStruct(Size = 40)]
[StructLayout(LayoutKind.Explicit, Size = 40)]
public partial struct DrmXeGemMmapOffset
{
    /// <summary>Must be zero, else -EINVAL (UAPI-002).</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>The object; must be 0 with <see cref="MmapOffsetFlags.PciBarrier"/>.</summary>
    [CName("handle"), FieldOffset(8)]
    public uint Handle;

    /// <summary>Kind of mapping.</summary>
    [CName("flags"), FieldOffset(12)]
    public MmapOffsetFlags Flags;

    /// <summary>Out: the offset to give to mmap.</summary>
    [CName("offset"), FieldOffset(16)]
    public ulong Offset;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(24)]
    public UInt64x2 Reserved;
}
