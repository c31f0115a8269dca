using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of MADVISE: sets one memory attribute of an address range (UAPI-030).</summary>
[CName("drm_xe_madvise")]
[Ioctl(0x0c, IoctlDirection.Write, "DRM_IOCTL_XE_MADVISE")]
[UapiStruct(Size = 64)]
[StructLayout(LayoutKind.Explicit, Size = 64)]
public partial struct DrmXeMadvise
{
    /// <summary>Never read (UAPI-003).</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>GPU VA of the first byte, 4 KiB aligned; sign bits above the VA width are stripped.</summary>
    [CName("start"), FieldOffset(8)]
    public ulong Start;

    /// <summary>Bytes, a multiple of 4 KiB, not zero.</summary>
    [CName("range"), FieldOffset(16)]
    public ulong Range;

    /// <summary>The VM.</summary>
    [CName("vm_id"), FieldOffset(24)]
    public uint VmId;

    /// <summary>The attribute to set; selects the arm.</summary>
    [CName("type"), FieldOffset(28)]
    public MemRangeAttr Type;

    /// <summary>Arm for <see cref="MemRangeAttr.PreferredLoc"/>.</summary>
    [CName("preferred_mem_loc"), FieldOffset(32), Union("attr")]
    public DrmXeMadvisePreferredMemLoc PreferredMemLoc;

    /// <summary>Arm for <see cref="MemRangeAttr.Atomic"/>.</summary>
    [CName("atomic"), FieldOffset(32), Union("attr")]
    public DrmXeMadviseAtomic Atomic;

    /// <summary>Arm for <see cref="MemRangeAttr.Pat"/>.</summary>
    [CName("pat_index"), FieldOffset(32), Union("attr")]
    public DrmXeMadvisePatIndex PatIndex;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(48)]
    public UInt64x2 Reserved;
}

/// <summary>The arm of <see cref="DrmXeMadvise"/> for <see cref="MemRangeAttr.PreferredLoc"/>.</summary>
[UapiStruct(Size = 16)]
[StructLayout(LayoutKind.Explicit, Size = 16)]
public partial struct DrmXeMadvisePreferredMemLoc
{
    /// <summary>File of the device memory, read as a signed number: at least -1; 0 is the default device, -1 system memory.</summary>
    [CName("devmem_fd"), FieldOffset(0)]
    public uint DevmemFd;

    /// <summary>Which pages migrate.</summary>
    [CName("migration_policy"), FieldOffset(4)]
    public MigrationPolicy MigrationPolicy;

    /// <summary>Region of the device memory; 0 unless a file is named.</summary>
    [CName("region_instance"), FieldOffset(6)]
    public ushort RegionInstance;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(8)]
    public ulong Reserved;
}

/// <summary>The arm of <see cref="DrmXeMadvise"/> for <see cref="MemRangeAttr.Atomic"/>.</summary>
[UapiStruct(Size = 16)]
[StructLayout(LayoutKind.Explicit, Size = 16)]
public partial struct DrmXeMadviseAtomic
{
    /// <summary>Who may do atomics on the range.</summary>
    [CName("val"), FieldOffset(0)]
    public AtomicAccess Val;

    /// <summary>Padding; must be zero, else -EINVAL.</summary>
    [CName("pad"), FieldOffset(4)]
    public uint Pad;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(8)]
    public ulong Reserved;
}

/// <summary>The arm of <see cref="DrmXeMadvise"/> for <see cref="MemRangeAttr.Pat"/>.</summary>
[UapiStruct(Size = 16)]
[StructLayout(LayoutKind.Explicit, Size = 16)]
public partial struct DrmXeMadvisePatIndex
{
    /// <summary>PAT index; must be valid on the device.</summary>
    [CName("val"), FieldOffset(0)]
    public uint Val;

    /// <summary>Padding; must be zero, else -EINVAL.</summary>
    [CName("pad"), FieldOffset(4)]
    public uint Pad;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(8)]
    public ulong Reserved;
}
