using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>The attributes of one VMA, as VM_QUERY_MEM_RANGE_ATTRS reports them.</summary>
[CName("drm_xe_mem_range_attr")]
[UapiStruct(Size = 64)]
[StructLayout(LayoutKind.Explicit, Size = 64)]
public partial struct DrmXeMemRangeAttr
{
    /// <summary>Out: zero.</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>Out: start of the VMA, not clipped to the query.</summary>
    [CName("start"), FieldOffset(8)]
    public ulong Start;

    /// <summary>Out: end of the VMA, exclusive, not clipped.</summary>
    [CName("end"), FieldOffset(16)]
    public ulong End;

    /// <summary>Out: where the pages prefer to live.</summary>
    [CName("preferred_mem_loc"), FieldOffset(24)]
    public DrmXeMemRangeAttrPreferredMemLoc PreferredMemLoc;

    /// <summary>Out: who may do atomics.</summary>
    [CName("atomic"), FieldOffset(32)]
    public DrmXeMemRangeAttrAtomic Atomic;

    /// <summary>Out: the PAT index in force.</summary>
    [CName("pat_index"), FieldOffset(40)]
    public DrmXeMemRangeAttrPatIndex PatIndex;

    /// <summary>Reserved; zero.</summary>
    [CName("reserved"), FieldOffset(48)]
    public UInt64x2 Reserved;
}

/// <summary>The preferred location in a <see cref="DrmXeMemRangeAttr"/>.</summary>
[UapiStruct(Size = 8)]
[StructLayout(LayoutKind.Explicit, Size = 8)]
public partial struct DrmXeMemRangeAttrPreferredMemLoc
{
    /// <summary>File of the device memory, 0 for the default device, -1 as 32 bits for system memory.</summary>
    [CName("devmem_fd"), FieldOffset(0)]
    public uint DevmemFd;

    /// <summary>Which pages migrate; values of <see cref="MigrationPolicy"/>.</summary>
    [CName("migration_policy"), FieldOffset(4)]
    public uint MigrationPolicy;
}

/// <summary>The atomic access in a <see cref="DrmXeMemRangeAttr"/>.</summary>
[UapiStruct(Size = 8)]
[StructLayout(LayoutKind.Explicit, Size = 8)]
public partial struct DrmXeMemRangeAttrAtomic
{
    /// <summary>Who may do atomics on the range.</summary>
    [CName("val"), FieldOffset(0)]
    public AtomicAccess Val;

    /// <summary>Reserved; zero.</summary>
    [CName("reserved"), FieldOffset(4)]
    public uint Reserved;
}

/// <summary>The PAT index in a <see cref="DrmXeMemRangeAttr"/>.</summary>
[UapiStruct(Size = 8)]
[StructLayout(LayoutKind.Explicit, Size = 8)]
public partial struct DrmXeMemRangeAttrPatIndex
{
    /// <summary>PAT index.</summary>
    [CName("val"), FieldOffset(0)]
    public uint Val;

    /// <summary>Reserved; zero.</summary>
    [CName("reserved"), FieldOffset(4)]
    public uint Reserved;
}
