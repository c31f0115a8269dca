using System.Diagnostics.Tracing;
using XePt.Uapi.Spec;

namespace XePt.Diagnostics;

/// <summary>What the start of the move of a range's pages carries.</summary>
internal struct MigrationStartEvent
{
    /// <summary>Number of the VM on its device.</summary>
    [Recorded(20)]
    public ulong Vm;

    /// <summary>First address.</summary>
    [Recorded(45, Shift = 12)]
    public ulong Start;

    /// <summary>Last address, inclusive.</summary>
    [Recorded(45, Shift = 12, EndsInOnes = true)]
    public ulong End;

    /// <summary>Into device memory, else out of it.</summary>
    [Recorded(1)]
    public bool ToDevice;
}

/// <summary>What its stop carries.</summary>
internal struct MigrationStopEvent
{
    /// <summary>Number of the VM on its device.</summary>
    [Recorded(20)]
    public ulong Vm;

    /// <summary>First address.</summary>
    [Recorded(45, Shift = 12)]
    public ulong Start;

    /// <summary>0 or the negative errno.</summary>
    [Recorded(16)]
    public int Errno;
}

/// <summary>What an event about an SVM range carries (STA-013).</summary>
internal struct RangeEvent
{
    /// <summary>What is done with the range, as the driver says it.</summary>
    public string Operation;

    /// <summary>Address-space id of the VM.</summary>
    [Recorded(20)]
    public uint Asid;

    /// <summary>The pages are in device memory.</summary>
    [Recorded(1)]
    public bool InVram;

    /// <summary>The range is bound, and to device memory.</summary>
    [Recorded(1)]
    public bool VramBound;

    /// <summary>Number of the notifier. The driver shows its sequence number here; the engine marks the pages instead.</summary>
    public ulong Notifier;

    /// <summary>First address.</summary>
    [Recorded(45, Shift = 12)]
    public ulong Start;

    /// <summary>End, exclusive.</summary>
    [Recorded(45, Shift = 12)]
    public ulong End;

    /// <summary>Bytes.</summary>
    public ulong Size;
}

// SVM ranges and the moves of their pages.
internal static partial class EngineEvents
{
    /// <summary>Pages begin to move.</summary>
    [EngineEvent(90, "MigrationStart", XeEventGroups.Svm, EventLevel.Informational)]
    public static partial void MigrationStart(DeviceWatch watch, in MigrationStartEvent fields);

    /// <summary>Pages have moved, or not.</summary>
    [EngineEvent(91, "MigrationStop", XeEventGroups.Svm, EventLevel.Informational)]
    public static partial void MigrationStop(DeviceWatch watch, in MigrationStopEvent fields);

    /// <summary>Something is done with a range.</summary>
    [EngineEvent(92, "xe_svm_range_debug", XeEventGroups.Svm, EventLevel.Verbose)]
    public static partial void SvmRange(DeviceWatch watch, in RangeEvent fields);
}
