using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of SYNCOBJ_DESTROY: gives a handle back (DRM-002).</summary>
[CName("drm_syncobj_destroy")]
[CoreIoctl(0xc0, IoctlDirection.ReadWrite, "DRM_IOCTL_SYNCOBJ_DESTROY")]
[UapiStruct(Size = 8)]
[StructLayout(LayoutKind.Explicit, Size = 8)]
public partial struct DrmSyncobjDestroy
{
    /// <summary>The handle.</summary>
    [CName("handle"), FieldOffset(0)]
    public uint Handle;

    /// <summary>Padding; must be zero, else -EINVAL.</summary>
    [CName("pad"), FieldOffset(4)]
    public uint Pad;
}
