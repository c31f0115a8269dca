using System.Runtime.InteropServices;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of SYNCOBJ_QUERY and SYNCOBJ_TIMELINE_SIGNAL (DRM-006, DRM-010).</summary>
[CName("drm_syncobj_timeline_array")]
[CoreIoctl(0xcb, IoctlDirection.ReadWrite, "DRM_IOCTL_SYNCOBJ_QUERY")]
[CoreIoctl(0xcd, IoctlDirection.ReadWrite, "DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL")]
[UapiStruct(Size = 24)]
[StructLayout(LayoutKind.Explicit, Size = 24)]
public partial struct DrmSyncobjTimelineArray
{
    /// <summary>Address of the handles, 4 bytes each.</summary>
    [CName("handles"), FieldOffset(0)]
    [UserArray(typeof(uint), nameof(CountHandles), Most = XeLimits.MostSyncobjs,
        TooMany = nameof(Refusals.SyncobjsAreTooMany), Unreadable = nameof(Refusals.SyncobjHandlesAreUnreadable))]
    public ulong Handles;

    /// <summary>Address of the points, 8 bytes each: read by TIMELINE_SIGNAL, written by QUERY.</summary>
    [CName("points"), FieldOffset(8)]
    [UserArray(typeof(ulong), nameof(CountHandles), Most = XeLimits.MostSyncobjs, MayBeAbsent = true,
        Unreadable = nameof(Refusals.SyncobjPointsAreUnreadable))]
    public ulong Points;

    /// <summary>Number of handles; 0 is -EINVAL.</summary>
    [CName("count_handles"), FieldOffset(16)]
    public uint CountHandles;

    /// <summary>Query flags; none for TIMELINE_SIGNAL.</summary>
    [CName("flags"), FieldOffset(20)]
    public SyncobjQueryFlags Flags;
}
