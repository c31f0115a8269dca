using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of SYNCOBJ_CREATE: makes a sync object (DRM-001).</summary>
[CName("drm_syncobj_create")]
[CoreIoctl(0xbf, IoctlDirection.ReadWrite, "DRM_IOCTL_SYNCOBJ_CREATE")]
[UapiStruct(Size = 8)]
[StructLayout(LayoutKind.Explicit, Size = 8)]
public partial struct DrmSyncobjCreate
{
    /// <summary>Out: the handle, from 1.</summary>
    [CName("handle"), FieldOffset(0)]
    public uint Handle;

    /// <summary>Creation flags.</summary>
    [CName("flags"), FieldOffset(4)]
    public SyncobjCreateFlags Flags;
}
