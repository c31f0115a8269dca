using System.Runtime.InteropServices;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of SYNCOBJ_TIMELINE_WAIT: waits for points of sync objects (DRM-012 to DRM-019).</summary>
[CName("drm_syncobj_timeline_wait")]
[CoreIoctl(0xca, IoctlDirection.ReadWrite, "DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT")]
[UapiStruct(Size = 48)]
[StructLayout(LayoutKind.Explicit, Size = 48)]
public partial struct DrmSyncobjTimelineWait
{
    /// <summary>Address of the handles, 4 bytes each.</summary>
    [CName("handles"), FieldOffset(0)]
    [UserArray(typeof(uint), nameof(CountHandles), Most = XeLimits.MostSyncobjs,
        TooMany = nameof(Refusals.SyncobjsAreTooMany), Unreadable = nameof(Refusals.SyncobjHandlesAreUnreadable))]
    public ulong Handles;

    /// <summary>Address of the points, 8 bytes each; 0 for all points 0.</summary>
    [CName("points"), FieldOffset(8)]
    [UserArray(typeof(ulong), nameof(CountHandles), Most = XeLimits.MostSyncobjs, MayBeAbsent = true,
        Unreadable = nameof(Refusals.SyncobjWaitPointsAreUnreadable))]
    public ulong Points;

    /// <summary>Point in time, in ns of the monotonic clock, at which the wait gives up; 0 and the past poll.</summary>
    [CName("timeout_nsec"), FieldOffset(16)]
    public long TimeoutNsec;

    /// <summary>Number of handles.</summary>
    [CName("count_handles"), FieldOffset(24)]
    public uint CountHandles;

    /// <summary>Wait flags.</summary>
    [CName("flags"), FieldOffset(28)]
    public SyncobjWaitFlags Flags;

    /// <summary>Out, on success only: index of an object that ended the wait (DRM-014).</summary>
    [CName("first_signaled"), FieldOffset(32)]
    public uint FirstSignaled;

    /// <summary>Padding; not checked.</summary>
    [CName("pad"), FieldOffset(36)]
    public uint Pad;

    /// <summary>With <see cref="SyncobjWaitFlags.Deadline"/>: when the client wants it done by; a hint.</summary>
    [CName("deadline_nsec"), FieldOffset(40)]
    public ulong DeadlineNsec;
}
