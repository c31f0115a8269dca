using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>One operation of a VM_BIND call.</summary>
[CName("drm_xe_vm_bind_op")]
[UapiStruct(Size = 80)]
[StructLayout(LayoutKind.Explicit, Size = 80)]
public partial struct DrmXeVmBindOp
{
    /// <summary>Never read (UAPI-003).</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>Handle of the buffer object, or 0.</summary>
    [CName("obj"), FieldOffset(8)]
    public uint Obj;

    /// <summary>PAT index; validated for every operation.</summary>
    [CName("pat_index"), FieldOffset(12)]
    public ushort PatIndex;

    /// <summary>Padding; never read.</summary>
    [CName("pad"), FieldOffset(14)]
    public ushort Pad;

    /// <summary>Byte offset into the buffer object.</summary>
    [CName("obj_offset"), FieldOffset(16), Union("target")]
    public ulong ObjOffset;

    /// <summary>CPU address, for <see cref="VmBindOp.MapUserptr"/>.</summary>
    [CName("userptr"), FieldOffset(16), Union("target")]
    public ulong Userptr;

    /// <summary>Signed distance from GPU to CPU address, for <see cref="VmBindFlags.CpuAddrMirror"/>; only 0 is accepted.</summary>
    [CName("cpu_addr_mirror_offset"), FieldOffset(16), Union("target")]
    public long CpuAddrMirrorOffset;

    /// <summary>Bytes.</summary>
    [CName("range"), FieldOffset(24)]
    public ulong Range;

    /// <summary>GPU VA of the first byte, not sign extended.</summary>
    [CName("addr"), FieldOffset(32)]
    public ulong Addr;

    /// <summary>The operation.</summary>
    [CName("op"), FieldOffset(40)]
    public VmBindOp Op;

    /// <summary>Flags, in the bit positions of the profile that the caller was built for.</summary>
    [CName("flags"), FieldOffset(44)]
    public VmBindFlags Flags;

    /// <summary>Region to prefetch to, or <see cref="XeConstants.ConsultMemAdvisePrefLoc"/> as 32 bits; 0 for other operations.</summary>
    [CName("prefetch_mem_region_instance"), FieldOffset(48)]
    public uint PrefetchMemRegionInstance;

    /// <summary>Padding; never read.</summary>
    [CName("pad2"), FieldOffset(52)]
    public uint Pad2;

    /// <summary>Reserved; never read.</summary>
    [CName("reserved"), FieldOffset(56)]
    public UInt64x3 Reserved;
}
