using System.Diagnostics.Tracing;
using XePt.Uapi.Spec;

namespace XePt.Diagnostics;

/// <summary>What an event about a BO carries (PT-203).</summary>
internal struct BoEvent
{
    /// <summary>Bytes.</summary>
    [Recorded(45, Shift = 12)]
    public ulong Size;

    /// <summary>The driver's flags of placements: 1 of a client, 2 system memory, 4 VRAM of tile 0, 8 of tile 1.</summary>
    [Recorded(16)]
    public uint Flags;

    /// <summary>Number of the VM that the BO is private to, or 0.</summary>
    [Recorded(20)]
    public ulong Vm;

    /// <summary>Number of the BO on its device.</summary>
    [Recorded(28)]
    public ulong Bo;
}

/// <summary>What the move of a BO carries (PT-203).</summary>
internal struct BoMoveEvent
{
    /// <summary>Number of the BO on its device.</summary>
    [Recorded(28)]
    public ulong Bo;

    /// <summary>Bytes.</summary>
    [Recorded(45, Shift = 12)]
    public ulong Size;

    /// <summary>Where it goes: the driver's name of the placement.</summary>
    public string NewPlacementName;

    /// <summary>Where it was.</summary>
    public string OldPlacementName;

    /// <summary>There is nothing to copy.</summary>
    [Recorded(1)]
    public bool MoveLacksSource;
}

// BOs (PT-203).
internal static partial class EngineEvents
{
    /// <summary>The CPU reaches for memory of a BO that is not mapped. Never raised: the engine does not see such faults.</summary>
    [EngineEvent(40, "xe_bo_cpu_fault", XeEventGroups.Bo, EventLevel.Informational)]
    public static partial void BoCpuFault(DeviceWatch watch, in BoEvent fields);

    /// <summary>The BO is given memory where it may be.</summary>
    [EngineEvent(41, "xe_bo_validate", XeEventGroups.Bo, EventLevel.Informational, RecordLevel = EventLevel.Verbose)]
    public static partial void BoValidate(DeviceWatch watch, in BoEvent fields);

    /// <summary>A BO is made.</summary>
    [EngineEvent(42, "xe_bo_create", XeEventGroups.Bo, EventLevel.Informational)]
    public static partial void BoCreate(DeviceWatch watch, in BoEvent fields);

    /// <summary>A BO gets other memory.</summary>
    [EngineEvent(43, "xe_bo_move", XeEventGroups.Bo, EventLevel.Informational)]
    public static partial void BoMove(DeviceWatch watch, in BoMoveEvent fields);
}
