using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

/// <summary>Queries whose buffer says what is asked for (docs/uapi-rest.md).</summary>
internal static class DeviceQuestions
{
    private const ulong NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Whether the buffer of a query is read first.</summary>
    public static bool AreIn(DeviceQueryId query) => query is DeviceQueryId.EngineCycles or DeviceQueryId.UcFwVersion;

    /// <summary>Puts the answer beside the question.</summary>
    /// <param name="query">The query.</param>
    /// <param name="buffer">What the client has written; after a refusal it is not to be given back.</param>
    /// <param name="device">The device.</param>
    public static Rejection Answer(DeviceQueryId query, Span<byte> buffer, XeDevice device) => query == DeviceQueryId.EngineCycles
        ? EngineCycles(ref MemoryMarshal.AsRef<DrmXeQueryEngineCycles>(buffer), device)
        : FirmwareVersion(ref MemoryMarshal.AsRef<DrmXeQueryUcFwVersion>(buffer), device.Platform);

    /// <summary>All clocks are the device's, and reading the counter takes no time.</summary>
    private static Rejection EngineCycles(ref DrmXeQueryEngineCycles cycles, XeDevice device)
    {
        Rejection why = EngineCyclesChecks.Validate(cycles);
        if (!why.IsRejected)
            why = FindEngine(cycles.Eci, device.Platform);
        if (why.IsRejected)
            return why;

        var now = (UInt128)device.Clock.Now;
        int bits = device.Platform.TimestampBits;
        cycles.Width = (uint)bits;
        cycles.EngineCycles = (ulong)(now * device.Platform.ReferenceClockHz / NanosecondsPerSecond) & (ulong.MaxValue >> (64 - bits));
        cycles.CpuTimestamp = (ulong)now;
        cycles.CpuDelta = 0;
        return default;
    }

    private static Rejection FindEngine(in DrmXeEngineClassInstance engine, PlatformInfo platform)
    {
        if (platform.EnginesOf(engine.GtId) is not { } engines)
            return Refusals.QueryUnknownGt(engine.GtId);
        int count = engines.CountOf(engine.EngineClass);
        if (count == 0)
            return Refusals.QueryUnknownEngineClass((ulong)engine.EngineClass);
        return engine.EngineInstance < count ? default : Refusals.QueryUnknownEngine(engine.EngineInstance);
    }

    private static Rejection FirmwareVersion(ref DrmXeQueryUcFwVersion firmware, PlatformInfo platform)
    {
        Rejection why = FirmwareVersionChecks.Validate(firmware);
        if (why.IsRejected)
            return why;
        FirmwareVersion? version = firmware.UcType == MicrocontrollerType.GucSubmission ? platform.GucSubmission : platform.Huc;
        if (version is not { } found)
            return Refusals.QueryFirmwareDoesNotRun((ulong)firmware.UcType);

        firmware.BranchVer = 0;
        (firmware.MajorVer, firmware.MinorVer, firmware.PatchVer) = (found.Major, found.Minor, found.Patch);
        return default;
    }
}
