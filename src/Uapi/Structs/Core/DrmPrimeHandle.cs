using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of PRIME_HANDLE_TO_FD and PRIME_FD_TO_HANDLE: shares a BO through a file descriptor (DRM-025 to DRM-029).</summary>
[CName("drm_prime_handle")]
[CoreIoctl(0x2d, IoctlDirection.ReadWrite, "DRM_IOCTL_PRIME_HANDLE_TO_FD")]
[CoreIoctl(0x2e, IoctlDirection.ReadWrite, "DRM_IOCTL_PRIME_FD_TO_HANDLE")]
[UapiStruct(Size = 12)]
[StructLayout(LayoutKind.Explicit, Size = 12)]
public partial struct DrmPrimeHandle
{
    /// <summary>GEM handle: in to export, out of an import.</summary>
    [CName("handle"), FieldOffset(0)]
    public uint Handle;

    /// <summary>Flags of an export; an import does not look at them.</summary>
    [CName("flags"), FieldOffset(4)]
    public PrimeFlags Flags;

    /// <summary>File descriptor: out of an export, in to import.</summary>
    [CName("fd"), FieldOffset(8)]
    public int Fd;
}
