using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Payload of the ENGINE_CYCLES query.</summary>
[CName("drm_xe_query_engine_cycles")]
[UapiStruct(Size = 40)]
[StructLayout(LayoutKind.Explicit, Size = 40)]
public partial struct DrmXeQueryEngineCycles
{
    /// <summary>In: the engine.</summary>
    [CName("eci"), FieldOffset(0)]
    public DrmXeEngineClassInstance Eci;

    /// <summary>In: the CPU clock to read.</summary>
    [CName("clockid"), FieldOffset(8)]
    public int Clockid;

    /// <summary>Out: valid bits of the cycle counter.</summary>
    [CName("width"), FieldOffset(12)]
    public uint Width;

    /// <summary>Out: the cycle counter.</summary>
    [CName("engine_cycles"), FieldOffset(16)]
    public ulong EngineCycles;

    /// <summary>Out: CPU time in ns, taken just before the counter.</summary>
    [CName("cpu_timestamp"), FieldOffset(24)]
    public ulong CpuTimestamp;

    /// <summary>Out: ns that reading the counter took.</summary>
    [CName("cpu_delta"), FieldOffset(32)]
    public ulong CpuDelta;
}
