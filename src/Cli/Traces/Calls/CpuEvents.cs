using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>CPU memory appears at an address, so that MAP_USERPTR can pin it.</summary>
internal sealed record CpuMapEvent(ulong Address, PhysicalRun[] Runs) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        ulong address = fields.Take("addr").ToUInt64("addr");
        PhysicalRun[] runs = RunList.Read(fields.Take("runs"), "runs");
        if (address % XeLimits.PageSize != 0 || address + RunList.SizeOf(runs, "runs") < address)
            throw new MalformedRecordException("'addr': not the start of that many 4 KiB pages");
        return new CpuMapEvent(address, runs);
    }

    public CallResult Play(TracePlayer player)
    {
        RunList.Require(RunCheck.InRegion(player.Device.Platform, region: 0, Runs), "runs");
        if (!player.File.MapCpuMemory(Address, Runs))
            throw new MalformedRecordException("overlaps CPU memory that is already there");
        ulong end = Address + RunList.SizeOf(Runs, "runs");
        player.Memory.MapCpu(Address, end);
        return new CallResult(Errno.Ok, default, 0, CallText.Interval(Address, end));
    }
}

/// <summary>CPU memory goes away again.</summary>
internal sealed record CpuUnmapEvent(ulong Address) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) => new CpuUnmapEvent(fields.Take("addr").ToUInt64("addr"));

    public CallResult Play(TracePlayer player)
    {
        if (!player.File.UnmapCpuMemory(Address))
            throw new MalformedRecordException($"no CPU memory begins at 0x{Address:x}");
        player.Memory.UnmapCpu(Address);
        return new CallResult(Errno.Ok, default, 0, $"0x{Address:x}");
    }
}
