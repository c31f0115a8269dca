using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of SYNCOBJ_HANDLE_TO_FD and SYNCOBJ_FD_TO_HANDLE: shares a sync object, or its fence, through a file descriptor
/// (DRM-030 to DRM-033).</summary>
[CName("drm_syncobj_handle")]
[CoreIoctl(0xc1, IoctlDirection.ReadWrite, "DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD")]
[CoreIoctl(0xc2, IoctlDirection.ReadWrite, "DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE")]
[UapiStruct(Size = 24)]
[StructLayout(LayoutKind.Explicit, Size = 24)]
public partial struct DrmSyncobjHandle
{
    /// <summary>The sync object: in, but out of the import of an object.</summary>
    [CName("handle"), FieldOffset(0)]
    public uint Handle;

    /// <summary>What the descriptor is.</summary>
    [CName("flags"), FieldOffset(4)]
    public SyncobjFileFlags Flags;

    /// <summary>File descriptor: out of an export, in to import.</summary>
    [CName("fd"), FieldOffset(8)]
    public int Fd;

    /// <summary>Padding; must be zero, else -EINVAL.</summary>
    [CName("pad"), FieldOffset(12)]
    public uint Pad;

    /// <summary>With the timeline flag the point; else must be zero unless the descriptor is a sync file. Older clients end the struct
    /// before it.</summary>
    [CName("point"), FieldOffset(16)]
    public ulong Point;
}
