using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>One engine that exec queues can be placed on.</summary>
[CName("drm_xe_engine")]
[UapiStruct(Size = 32)]
[StructLayout(LayoutKind.Explicit, Size = 32)]
public partial struct DrmXeEngine
{
    /// <summary>Which engine.</summary>
    [CName("instance"), FieldOffset(0)]
    public DrmXeEngineClassInstance Instance;

    /// <summary>Out: zero.</summary>
    [CName("reserved"), FieldOffset(8)]
    public UInt64x3 Reserved;
}
