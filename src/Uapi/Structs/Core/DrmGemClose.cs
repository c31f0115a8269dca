using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of GEM_CLOSE (BIND-040).</summary>
[CName("drm_gem_close")]
[CoreIoctl(0x09, IoctlDirection.Write, "DRM_IOCTL_GEM_CLOSE")]
[UapiStruct(Size = 8)]
[StructLayout(LayoutKind.Explicit, Size = 8)]
public partial struct DrmGemClose
{
    /// <summary>GEM handle.</summary>
    [CName("handle"), FieldOffset(0)]
    public uint Handle;

    /// <summary>Padding; not checked.</summary>
    [CName("pad"), FieldOffset(4)]
    public uint Pad;
}
