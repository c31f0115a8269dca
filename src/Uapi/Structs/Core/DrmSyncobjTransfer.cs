using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of SYNCOBJ_TRANSFER: gives one sync object what another holds (DRM-020 to DRM-022).</summary>
[CName("drm_syncobj_transfer")]
[CoreIoctl(0xcc, IoctlDirection.ReadWrite, "DRM_IOCTL_SYNCOBJ_TRANSFER")]
[UapiStruct(Size = 32)]
[StructLayout(LayoutKind.Explicit, Size = 32)]
public partial struct DrmSyncobjTransfer
{
    /// <summary>Handle to take from.</summary>
    [CName("src_handle"), FieldOffset(0)]
    public uint SrcHandle;

    /// <summary>Handle to give to.</summary>
    [CName("dst_handle"), FieldOffset(4)]
    public uint DstHandle;

    /// <summary>Point to take; 0 for everything.</summary>
    [CName("src_point"), FieldOffset(8)]
    public ulong SrcPoint;

    /// <summary>Point to add; 0 to replace what the destination holds.</summary>
    [CName("dst_point"), FieldOffset(16)]
    public ulong DstPoint;

    /// <summary><see cref="SyncobjWaitFlags.ForSubmit"/> or none.</summary>
    [CName("flags"), FieldOffset(24)]
    public SyncobjWaitFlags Flags;

    /// <summary>Padding; must be zero, else -EINVAL.</summary>
    [CName("pad"), FieldOffset(28)]
    public uint Pad;
}
