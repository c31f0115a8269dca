using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of VM_CREATE: a new address space.</summary>
[CName("drm_xe_vm_create")]
[Ioctl(0x03, IoctlDirection.ReadWrite, "DRM_IOCTL_XE_VM_CREATE")]
[UapiStruct(Size = 32)]
[StructLayout(LayoutKind.Explicit, Size = 32)]
public partial struct DrmXeVmCreate
{
    /// <summary>Must be zero, else -EINVAL (UAPI-002).</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>Creation flags; the scratch bit may come back set.</summary>
    [CName("flags"), FieldOffset(8)]
    public VmCreateFlags Flags;

    /// <summary>Out: the id, at least 1; the input is ignored.</summary>
    [CName("vm_id"), FieldOffset(12)]
    public uint VmId;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(16)]
    public UInt64x2 Reserved;
}
