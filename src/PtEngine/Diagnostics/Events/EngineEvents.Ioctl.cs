using System.Diagnostics.Tracing;
using XePt.Uapi.Spec;

namespace XePt.Diagnostics;

/// <summary>What the start of a client's call carries.</summary>
internal struct IoctlStartEvent
{
    /// <summary>Number of the request, the lowest byte of its code.</summary>
    [Recorded(8)]
    public uint Request;

    /// <summary>C name of the request code.</summary>
    public string Call;
}

/// <summary>What its stop carries.</summary>
internal struct IoctlStopEvent
{
    /// <summary>Number of the request, the lowest byte of its code.</summary>
    [Recorded(8)]
    public uint Request;

    /// <summary>C name of the request code.</summary>
    public string Call;

    /// <summary>What the client gets: 0 or the negative errno.</summary>
    [Recorded(16)]
    public int Errno;
}

// Calls of clients.
internal static partial class EngineEvents
{
    /// <summary>A client's call begins.</summary>
    [EngineEvent(50, "IoctlStart", XeEventGroups.Ioctl, EventLevel.Informational, RecordLevel = EventLevel.Verbose)]
    public static partial void IoctlStart(DeviceWatch watch, in IoctlStartEvent fields);

    /// <summary>A client's call ends.</summary>
    [EngineEvent(51, "IoctlStop", XeEventGroups.Ioctl, EventLevel.Informational)]
    public static partial void IoctlStop(DeviceWatch watch, in IoctlStopEvent fields);
}
