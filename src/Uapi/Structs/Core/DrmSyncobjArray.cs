using System.Runtime.InteropServices;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of SYNCOBJ_RESET and SYNCOBJ_SIGNAL (DRM-004, DRM-005).</summary>
[CName("drm_syncobj_array")]
[CoreIoctl(0xc4, IoctlDirection.ReadWrite, "DRM_IOCTL_SYNCOBJ_RESET")]
[CoreIoctl(0xc5, IoctlDirection.ReadWrite, "DRM_IOCTL_SYNCOBJ_SIGNAL")]
[UapiStruct(Size = 16)]
[StructLayout(LayoutKind.Explicit, Size = 16)]
public partial struct DrmSyncobjArray
{
    /// <summary>Address of the handles, 4 bytes each.</summary>
    [CName("handles"), FieldOffset(0)]
    [UserArray(typeof(uint), nameof(CountHandles), Most = XeLimits.MostSyncobjs,
        TooMany = nameof(Refusals.SyncobjsAreTooMany), Unreadable = nameof(Refusals.SyncobjHandlesAreUnreadable))]
    public ulong Handles;

    /// <summary>Number of handles; 0 is -EINVAL.</summary>
    [CName("count_handles"), FieldOffset(8)]
    public uint CountHandles;

    /// <summary>Padding; must be zero, else -EINVAL.</summary>
    [CName("pad"), FieldOffset(12)]
    public uint Pad;
}
