using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of OBSERVATION; XePt has no observation units and answers -ENODEV.</summary>
[CName("drm_xe_observation_param")]
[Ioctl(0x0b, IoctlDirection.Write, "DRM_IOCTL_XE_OBSERVATION")]
[UapiStruct(Size = 32)]
[StructLayout(LayoutKind.Explicit, Size = 32)]
public partial struct DrmXeObservationParam
{
    /// <summary>Head of an extension chain, or 0.</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>Which unit is observed.</summary>
    [CName("observation_type"), FieldOffset(8)]
    public ObservationType ObservationType;

    /// <summary>The operation.</summary>
    [CName("observation_op"), FieldOffset(16)]
    public ObservationOp ObservationOp;

    /// <summary>User address of the operation's own argument.</summary>
    [CName("param"), FieldOffset(24)]
    public ulong Param;
}
