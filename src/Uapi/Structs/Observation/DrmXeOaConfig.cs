using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>A counter configuration for OBSERVATION ADD_CONFIG; XePt has none.</summary>
[CName("drm_xe_oa_config")]
[UapiStruct(Size = 56)]
[StructLayout(LayoutKind.Explicit, Size = 56)]
public partial struct DrmXeOaConfig
{
    /// <summary>Head of an extension chain, or 0.</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>Its name: 36 characters of a UUID, without an end mark.</summary>
    [CName("uuid"), FieldOffset(8)]
    public Bytex36 Uuid;

    /// <summary>Number of registers.</summary>
    [CName("n_regs"), FieldOffset(44)]
    public uint NumRegs;

    /// <summary>User address of the registers: 4 bytes of address and 4 of value each.</summary>
    [CName("regs_ptr"), FieldOffset(48)]
    public ulong RegsPtr;
}
