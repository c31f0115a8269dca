using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of VM_QUERY_MEM_RANGE_ATTRS (02 section 19).</summary>
[CName("drm_xe_vm_query_mem_range_attr")]
[Ioctl(0x0d, IoctlDirection.ReadWrite, "DRM_IOCTL_XE_VM_QUERY_MEM_RANGE_ATTRS")]
[UapiStruct(Size = 64)]
[StructLayout(LayoutKind.Explicit, Size = 64)]
public partial struct DrmXeVmQueryMemRangeAttr
{
    /// <summary>Never read (UAPI-003).</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>The VM.</summary>
    [CName("vm_id"), FieldOffset(8)]
    public uint VmId;

    /// <summary>In: entries that fit in the array. Out: number of VMAs in the range.</summary>
    [CName("num_mem_ranges"), FieldOffset(12)]
    public uint NumMemRanges;

    /// <summary>GPU VA of the first byte.</summary>
    [CName("start"), FieldOffset(16)]
    public ulong Start;

    /// <summary>Bytes.</summary>
    [CName("range"), FieldOffset(24)]
    public ulong Range;

    /// <summary>0 asks for the count; 64, the size of one entry, asks for the entries.</summary>
    [CName("sizeof_mem_range_attr"), FieldOffset(32)]
    public ulong SizeofMemRangeAttr;

    /// <summary>User address of an array of <see cref="DrmXeMemRangeAttr"/>, or 0 to count.</summary>
    [CName("vector_of_mem_attr"), FieldOffset(40)]
    public ulong VectorOfMemAttr;

    /// <summary>Reserved; never read.</summary>
    [CName("reserved"), FieldOffset(48)]
    public UInt64x2 Reserved;
}
