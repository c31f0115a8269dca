using System.Diagnostics.Tracing;
using XePt.Uapi.Spec;

namespace XePt.Diagnostics;

/// <summary>What the start of a stage of a bind carries.</summary>
internal struct StageStartEvent
{
    /// <summary>Number of the VM on its device.</summary>
    [Recorded(20)]
    public ulong Vm;

    /// <summary>Number of the call in its VM.</summary>
    [Recorded(32)]
    public uint Call;

    /// <summary>How many bind ops, GPUVA ops or sync entries the stage begins with; 0 for the first, which makes them.</summary>
    [Recorded(24)]
    public uint Ops;
}

/// <summary>What its stop carries.</summary>
internal struct StageStopEvent
{
    /// <summary>Number of the VM on its device.</summary>
    [Recorded(20)]
    public ulong Vm;

    /// <summary>Number of the call in its VM.</summary>
    [Recorded(32)]
    public uint Call;

    /// <summary>How the stage ended: 0 done, 1 nothing to submit, 2 refused, 3 the call starts again.</summary>
    [Recorded(4)]
    public int Outcome;
}

// The stages of a bind.
internal static partial class EngineEvents
{
    /// <summary>Arguments are looked at.</summary>
    [EngineEvent(60, "ValidateStart", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void ValidateStart(DeviceWatch watch, in StageStartEvent fields);

    /// <summary>The stage is over.</summary>
    [EngineEvent(61, "ValidateStop", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void ValidateStop(DeviceWatch watch, in StageStopEvent fields);

    /// <summary>Bind ops become GPUVA ops, and those change the VMA map.</summary>
    [EngineEvent(62, "SplitStart", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void SplitStart(DeviceWatch watch, in StageStartEvent fields);

    /// <summary>The stage is over.</summary>
    [EngineEvent(63, "SplitStop", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void SplitStop(DeviceWatch watch, in StageStopEvent fields);

    /// <summary>What the ops touch gets its memory.</summary>
    [EngineEvent(64, "ResideStart", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void ResideStart(DeviceWatch watch, in StageStartEvent fields);

    /// <summary>The stage is over.</summary>
    [EngineEvent(65, "ResideStop", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void ResideStop(DeviceWatch watch, in StageStopEvent fields);

    /// <summary>Tables are filled and the changes of shared entries recorded, on all tiles.</summary>
    [EngineEvent(66, "StageStart", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void StageStart(DeviceWatch watch, in StageStartEvent fields);

    /// <summary>The stage is over.</summary>
    [EngineEvent(67, "StageStop", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void StageStop(DeviceWatch watch, in StageStopEvent fields);

    /// <summary>Shared entries are written or left to a job, and TLBs flushed.</summary>
    [EngineEvent(68, "RunStart", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void RunStart(DeviceWatch watch, in StageStartEvent fields);

    /// <summary>The stage is over.</summary>
    [EngineEvent(69, "RunStop", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void RunStop(DeviceWatch watch, in StageStopEvent fields);

    /// <summary>Out-syncs get the fence of the call.</summary>
    [EngineEvent(70, "SignalStart", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void SignalStart(DeviceWatch watch, in StageStartEvent fields);

    /// <summary>The stage is over.</summary>
    [EngineEvent(71, "SignalStop", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void SignalStop(DeviceWatch watch, in StageStopEvent fields);

    /// <summary>What a call prefetches into mirrors is moved, and its pages collected.</summary>
    [EngineEvent(72, "PopulateStart", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void PopulateStart(DeviceWatch watch, in StageStartEvent fields);

    /// <summary>The stage is over.</summary>
    [EngineEvent(73, "PopulateStop", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void PopulateStop(DeviceWatch watch, in StageStopEvent fields);

    /// <summary>The new VMA list is there to stay.</summary>
    [EngineEvent(74, "KeepStart", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void KeepStart(DeviceWatch watch, in StageStartEvent fields);

    /// <summary>The stage is over.</summary>
    [EngineEvent(75, "KeepStop", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void KeepStop(DeviceWatch watch, in StageStopEvent fields);

    /// <summary>Tables that the update has unlinked are given up; inside Run, or when the flushes of a job are acknowledged.</summary>
    [EngineEvent(76, "RetireStart", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void RetireStart(DeviceWatch watch, in TileEvent fields);

    /// <summary>They are free, or will be when no walker can see them.</summary>
    [EngineEvent(77, "RetireStop", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void RetireStop(DeviceWatch watch, in TileEvent fields);

    /// <summary>A job that has waited writes its shared entries; those of a call that need not wait are written inside Run.</summary>
    [EngineEvent(78, "WriteStart", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void WriteStart(DeviceWatch watch, in TileEvent fields);

    /// <summary>They are written, and not flushed yet.</summary>
    [EngineEvent(79, "WriteStop", XeEventGroups.Stage, EventLevel.Verbose)]
    public static partial void WriteStop(DeviceWatch watch, in TileEvent fields);
}
