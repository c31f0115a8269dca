using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>CPU clocks that an ENGINE_CYCLES query may read, by their numbers for <c>clock_gettime</c>.</summary>
[FlagTable("CLOCK_")]
public enum ClockId : uint
{
    /// <summary>The time of day.</summary>
    [CName("CLOCK_REALTIME")]
    Realtime = 0,

    /// <summary>Time since some fixed point.</summary>
    [CName("CLOCK_MONOTONIC")]
    Monotonic = 1,

    /// <summary>The same as the hardware counts it.</summary>
    [CName("CLOCK_MONOTONIC_RAW")]
    MonotonicRaw = 4,

    /// <summary>The same with the time that the machine was suspended.</summary>
    [CName("CLOCK_BOOTTIME")]
    Boottime = 7,

    /// <summary>Atomic time.</summary>
    [CName("CLOCK_TAI")]
    Tai = 11,
}
