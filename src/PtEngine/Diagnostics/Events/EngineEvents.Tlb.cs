using System.Diagnostics.Tracing;
using XePt.Uapi.Spec;

namespace XePt.Diagnostics;

/// <summary>What an event about a TLB invalidation carries (PT-202).</summary>
internal struct TlbEvent
{
    /// <summary>Number of the invalidation on its GT, which identifies its fence.</summary>
    [Recorded(56)]
    public ulong Fence;

    /// <summary>The number as messages carry it (PT-184).</summary>
    [Recorded(20)]
    public uint Seqno;

    /// <summary>The GT.</summary>
    [Recorded(8)]
    public uint Gt;
}

/// <summary>What an event about the tables of one tile carries: a job's write, a flush, what is retired after it.</summary>
internal struct TileEvent
{
    /// <summary>Number of the VM on its device.</summary>
    [Recorded(20)]
    public ulong Vm;

    /// <summary>The tile.</summary>
    [Recorded(8)]
    public uint Tile;

    /// <summary>First address.</summary>
    [Recorded(45, Shift = 12)]
    public ulong Start;

    /// <summary>Last address, inclusive.</summary>
    [Recorded(45, Shift = 12, EndsInOnes = true)]
    public ulong End;

    /// <summary>One about part of a tile.</summary>
    public static TileEvent Of(int vm, int tile, ulong start, ulong last) =>
        new() { Vm = (ulong)vm, Tile = (uint)tile, Start = start, End = last };
}

// TLB invalidations (PT-202).
internal static partial class EngineEvents
{
    /// <summary>An invalidation is sent.</summary>
    [EngineEvent(30, "xe_tlb_inval_fence_send", XeEventGroups.Tlb, EventLevel.Verbose)]
    public static partial void TlbSend(DeviceWatch watch, in TlbEvent fields);

    /// <summary>It is acknowledged.</summary>
    [EngineEvent(31, "xe_tlb_inval_fence_recv", XeEventGroups.Tlb, EventLevel.Verbose)]
    public static partial void TlbReceive(DeviceWatch watch, in TlbEvent fields);

    /// <summary>Its fence signals.</summary>
    [EngineEvent(32, "xe_tlb_inval_fence_signal", XeEventGroups.Tlb, EventLevel.Verbose)]
    public static partial void TlbSignal(DeviceWatch watch, in TlbEvent fields);

    /// <summary>It was not acknowledged in time.</summary>
    [EngineEvent(33, "xe_tlb_inval_fence_timeout", XeEventGroups.Tlb, EventLevel.Warning)]
    public static partial void TlbTimeout(DeviceWatch watch, in TlbEvent fields);

    /// <summary>The TLBs of a tile are told of changed tables.</summary>
    [EngineEvent(34, "FlushStart", XeEventGroups.Tlb, EventLevel.Verbose)]
    public static partial void FlushStart(DeviceWatch watch, in TileEvent fields);

    /// <summary>They have been told; whether they have answered say the events of their invalidations. Who takes entries away on the
    /// spot has waited for the answers.</summary>
    [EngineEvent(35, "FlushStop", XeEventGroups.Tlb, EventLevel.Verbose)]
    public static partial void FlushStop(DeviceWatch watch, in TileEvent fields);
}
