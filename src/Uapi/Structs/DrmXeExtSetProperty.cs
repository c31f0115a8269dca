using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>An extension link that sets one property (UAPI-006).</summary>
[CName("drm_xe_ext_set_property")]
[UapiStruct(Size = 48)]
[StructLayout(LayoutKind.Explicit, Size = 48)]
public partial struct DrmXeExtSetProperty
{
    /// <summary>The chain link.</summary>
    [CName("base"), FieldOffset(0)]
    public DrmXeUserExtension Base;

    /// <summary>Property id; its meaning depends on the ioctl (UAPI-007, UAPI-008).</summary>
    [CName("property"), FieldOffset(16)]
    public uint Property;

    /// <summary>Padding; must be zero, else -EINVAL.</summary>
    [CName("pad"), FieldOffset(20)]
    public uint Pad;

    /// <summary>The value of the property.</summary>
    [CName("value"), FieldOffset(24), Union("value")]
    public ulong Value;

    /// <summary>The value read as a user address.</summary>
    [CName("ptr"), FieldOffset(24), Union("value")]
    public ulong Ptr;

    /// <summary>Reserved; never read.</summary>
    [CName("reserved"), FieldOffset(32)]
    public UInt64x2 Reserved;
}
