using System.Diagnostics.Tracing;
using XePt.Uapi.Spec;

namespace XePt.Diagnostics;

/// <summary>What the start of the service of a fault carries.</summary>
internal struct FaultStartEvent
{
    /// <summary>Address-space id that the GPU named.</summary>
    [Recorded(20)]
    public uint Asid;

    /// <summary>The address; its page is recorded.</summary>
    [Recorded(45, Shift = 12)]
    public ulong Address;

    /// <summary>0 read, 1 write, 2 atomic.</summary>
    [Recorded(4)]
    public uint Access;
}

/// <summary>What its stop carries.</summary>
internal struct FaultStopEvent
{
    /// <summary>Address-space id that the GPU named.</summary>
    [Recorded(20)]
    public uint Asid;

    /// <summary>The address; its page is recorded.</summary>
    [Recorded(45, Shift = 12)]
    public ulong Address;

    /// <summary>0, or the negative errno that the GPU gets as a refusal.</summary>
    [Recorded(16)]
    public int Errno;
}

// Faults of the GPU.
internal static partial class EngineEvents
{
    /// <summary>A fault is being serviced.</summary>
    [EngineEvent(80, "FaultStart", XeEventGroups.Fault, EventLevel.Informational)]
    public static partial void FaultStart(DeviceWatch watch, in FaultStartEvent fields);

    /// <summary>It is answered, or put off until something has signalled.</summary>
    [EngineEvent(81, "FaultStop", XeEventGroups.Fault, EventLevel.Informational)]
    public static partial void FaultStop(DeviceWatch watch, in FaultStopEvent fields);
}
