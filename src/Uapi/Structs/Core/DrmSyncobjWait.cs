using System.Runtime.InteropServices;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of SYNCOBJ_WAIT: waits for what sync objects hold (DRM-012 to DRM-019).</summary>
[CName("drm_syncobj_wait")]
[CoreIoctl(0xc3, IoctlDirection.ReadWrite, "DRM_IOCTL_SYNCOBJ_WAIT")]
[UapiStruct(Size = 40)]
[StructLayout(LayoutKind.Explicit, Size = 40)]
public partial struct DrmSyncobjWait
{
    /// <summary>Address of the handles, 4 bytes each.</summary>
    [CName("handles"), FieldOffset(0)]
    [UserArray(typeof(uint), nameof(CountHandles), Most = XeLimits.MostSyncobjs,
        TooMany = nameof(Refusals.SyncobjsAreTooMany), Unreadable = nameof(Refusals.SyncobjHandlesAreUnreadable))]
    public ulong Handles;

    /// <summary>Point in time, in ns of the monotonic clock, at which the wait gives up; 0 and the past poll.</summary>
    [CName("timeout_nsec"), FieldOffset(8)]
    public long TimeoutNsec;

    /// <summary>Number of handles.</summary>
    [CName("count_handles"), FieldOffset(16)]
    public uint CountHandles;

    /// <summary>Wait flags; not available: <see cref="SyncobjWaitFlags.Available"/>.</summary>
    [CName("flags"), FieldOffset(20)]
    public SyncobjWaitFlags Flags;

    /// <summary>Out, on success only: index of an object that ended the wait (DRM-014).</summary>
    [CName("first_signaled"), FieldOffset(24)]
    public uint FirstSignaled;

    /// <summary>Padding; not checked.</summary>
    [CName("pad"), FieldOffset(28)]
    public uint Pad;

    /// <summary>With <see cref="SyncobjWaitFlags.Deadline"/>: when the client wants it done by; a hint.</summary>
    [CName("deadline_nsec"), FieldOffset(32)]
    public ulong DeadlineNsec;
}
