using System.Diagnostics.Tracing;
using XePt.Uapi.Spec;

namespace XePt.Diagnostics;

/// <summary>What becomes of work that could not complete inside its call.</summary>
internal struct FenceTrace
{
    /// <summary>What has happened, as <c>FenceEventKind</c> names it.</summary>
    public string Kind;

    /// <summary>Its number there.</summary>
    [Recorded(4)]
    public uint KindNumber;

    /// <summary>Number of the VM on its device.</summary>
    [Recorded(20)]
    public ulong Vm;

    /// <summary>The tile.</summary>
    [Recorded(8)]
    public uint Tile;

    /// <summary>The exec queue, or 0 for a queue of the VM's own.</summary>
    [Recorded(16)]
    public uint Queue;

    /// <summary>The point of the fence on its timeline.</summary>
    [Recorded(48)]
    public ulong Seqno;

    /// <summary>0 or the negative errno the fence carries.</summary>
    [Recorded(16)]
    public int Errno;
}

// Fences.
internal static partial class EngineEvents
{
    /// <summary>Something becomes of work that could not complete inside its call.</summary>
    [EngineEvent(100, "Fence", XeEventGroups.Fence, EventLevel.Informational)]
    public static partial void Fence(DeviceWatch watch, in FenceTrace fields);
}
