using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of VM_DESTROY.</summary>
[CName("drm_xe_vm_destroy")]
[Ioctl(0x04, IoctlDirection.Write, "DRM_IOCTL_XE_VM_DESTROY")]
[UapiStruct(Size = 24)]
[StructLayout(LayoutKind.Explicit, Size = 24)]
public partial struct DrmXeVmDestroy
{
    /// <summary>The VM.</summary>
    [CName("vm_id"), FieldOffset(0)]
    public uint VmId;

    /// <summary>Padding; must be zero, else -EINVAL.</summary>
    [CName("pad"), FieldOffset(4)]
    public uint Pad;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(8)]
    public UInt64x2 Reserved;
}
