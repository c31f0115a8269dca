using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of GEM_CREATE: a new buffer object (02 section 5).</summary>
[CName("drm_xe_gem_create")]
[Ioctl(0x01, IoctlDirection.ReadWrite, "DRM_IOCTL_XE_GEM_CREATE")]
[UapiStruct(Size = 56)]
[StructLayout(LayoutKind.Explicit, Size = 56)]
public partial struct DrmXeGemCreate
{
    /// <summary>Head of an extension chain, or 0 (UAPI-001).</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>Bytes; not zero, page aligned.</summary>
    [CName("size"), FieldOffset(8)]
    public ulong Size;

    /// <summary>Mask of the regions the object may live in; a subset of the region mask, not zero (UAPI-013).</summary>
    [CName("placement"), FieldOffset(16)]
    public uint Placement;

    /// <summary>Creation flags.</summary>
    [CName("flags"), FieldOffset(20)]
    public GemCreateFlags Flags;

    /// <summary>0 for a shareable object, else the one VM it may be bound to.</summary>
    [CName("vm_id"), FieldOffset(24)]
    public uint VmId;

    /// <summary>In: must be 0. Out: the handle.</summary>
    [CName("handle"), FieldOffset(28)]
    public uint Handle;

    /// <summary>How CPU mappings of the object are cached.</summary>
    [CName("cpu_caching"), FieldOffset(32)]
    public CpuCaching CpuCaching;

    /// <summary>Padding; must be zero, else -EINVAL.</summary>
    [CName("pad"), FieldOffset(34)]
    public UInt16x3 Pad;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(40)]
    public UInt64x2 Reserved;
}
