using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>The header of one link of an extension chain (UAPI-004).</summary>
[CName("drm_xe_user_extension")]
[UapiStruct(Size = 16)]
[StructLayout(LayoutKind.Explicit, Size = 16)]
public partial struct DrmXeUserExtension
{
    /// <summary>User address of the next link; 0 ends the chain.</summary>
    [CName("next_extension"), FieldOffset(0)]
    public ulong NextExtension;

    /// <summary>Kind of the extension; only 0 (set property) exists.</summary>
    [CName("name"), FieldOffset(8)]
    public uint Name;

    /// <summary>Padding; must be zero, else -EINVAL.</summary>
    [CName("pad"), FieldOffset(12)]
    public uint Pad;
}
