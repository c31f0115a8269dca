using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>CPU memory appears at an address, so that MAP_USERPTR can pin it.</summary>
internal sealed record CpuMapEvent(ulong Address, PhysicalRun[] Runs, bool IsReadOnly) : ITraceCall, IHasRuns
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        ulong address = fields.Take("addr").ToUInt64("addr");
        PhysicalRun[] runs = RunList.Read(fields.Take("runs"), "runs");
        CpuChange.RequirePages(address, RunList.SizeOf(runs, "runs"));
        return new CpuMapEvent(address, runs, fields.TakeBool("read_only"));
    }

    public CallResult Play(TracePlayer player)
    {
        RunList.Require(RunCheck.InRegion(player.Device.Platform, region: 0, Runs), "runs");
        player.Process.Declare();
        bool isNew = IsReadOnly ? player.File.MapReadOnlyCpuMemory(Address, Runs) : player.File.MapCpuMemory(Address, Runs);
        if (!isNew)
            throw new MalformedRecordException("overlaps CPU memory that is already there");
        ulong end = Address + RunList.SizeOf(Runs, "runs");
        player.Memory.MapCpu(Address, end);
        player.Memory.Protect(Address, end, IsReadOnly);
        return new CallResult(Errno.Ok, default, 0, $"{CallText.Interval(Address, end)}{(IsReadOnly ? ", read-only" : "")}");
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

/// <summary>Other pages come to stand behind CPU memory, and the userptrs there are told.</summary>
internal sealed record CpuReplaceEvent(ulong Address, PhysicalRun[] Runs) : ITraceCall, IHasRuns
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new CpuReplaceEvent(fields.Take("addr").ToUInt64("addr"), RunList.Read(fields.Take("runs"), "runs"));

    public CallResult Play(TracePlayer player)
    {
        RunList.Require(RunCheck.InRegion(player.Device.Platform, region: 0, Runs), "runs");
        ulong size = RunList.SizeOf(Runs, "runs");
        CpuChange.RequirePages(Address, size);
        return CpuChange.Tell(player, Address, Address + size, () => player.File.ReplaceCpuMemory(Address, out Fence gone, Runs)
            ? gone
            : throw new MalformedRecordException($"no CPU memory of 0x{size:x} bytes begins at 0x{Address:x}"));
    }
}

/// <summary>The pages behind CPU addresses have changed, or are gone: what an MMU notifier says.</summary>
internal sealed record CpuInvalidateEvent(ulong Address, ulong Size) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        (ulong address, ulong size) = (fields.Take("addr").ToUInt64("addr"), fields.Take("size").ToUInt64("size"));
        return size != 0 && size <= ulong.MaxValue - address
            ? new CpuInvalidateEvent(address, size)
            : throw new MalformedRecordException("'size': nothing, or more than there is behind 'addr'");
    }

    public CallResult Play(TracePlayer player) =>
        CpuChange.Tell(player, Address, Address + Size, () => player.File.InvalidateCpuMemory(AddressRange.OfSize(Address, Size)));
}

/// <summary>What changes of CPU memory have in common.</summary>
internal static class CpuChange
{
    /// <summary>CPU memory consists of whole pages and ends at or below the end of the address space.</summary>
    public static void RequirePages(ulong address, ulong size)
    {
        if (address % XeLimits.PageSize != 0)
            throw new MalformedRecordException($"'addr': 0x{address:x} is not a multiple of 0x{XeLimits.PageSize:x}");
        if (size > ulong.MaxValue - address)
            throw new MalformedRecordException($"'addr': 0x{size:x} bytes from 0x{address:x} on do not end below 2^64");
    }

    /// <summary>Tells the userptrs; the values are how many there are, and 1 if no GPU can reach their old pages any more.</summary>
    public static CallResult Tell(TracePlayer player, ulong start, ulong end, Func<Fence> tell)
    {
        long before = Count(player);
        bool isGone = tell().IsSignalled;
        long userptrs = Count(player) - before;
        string pages = userptrs == 0 ? "" : isGone ? ", old pages free" : ", old pages in use until their fences signal";
        return new CallResult(Errno.Ok, default, 0, $"{CallText.Interval(start, end)}: {Console.Count.Of(userptrs, "userptr")}{pages}")
        {
            Values = [(ulong)userptrs, isGone ? 1UL : 0],
        };
    }

    private static long Count(TracePlayer player) => player.File.Vms.Sum(vm => vm.Counters.UserptrInvalidations);
}
