using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

/// <summary>Payloads of DEVICE_QUERY (specification 01 section 4), made from what the platform table and the memory model know.</summary>
internal static class DeviceAnswers
{
    /// <summary>DEVICE_QUERY: says the size, or writes the answer.</summary>
    public static Rejection Answer(ref DrmXeDeviceQuery args, XeDevice device, bool isPrivileged, QueryBuffer buffer)
    {
        Rejection why = DeviceQueryChecks.Validate(args);
        if (why.IsRejected)
            return why;
        if (Of(args.Query, device, isPrivileged) is not { } answer)
            return Refusals.QueryIsNotOffered((ulong)args.Query);
        if (args.Size == 0)
        {
            args.Size = (uint)answer.Length;
            return default;
        }

        if (args.Size != answer.Length)
            return Refusals.QuerySizeDiffers(args.Size, (ulong)answer.Length);
        // The driver says so only when it is asked for more than the size.
        if (args.Query == DeviceQueryId.PxpStatus)
            return Refusals.QueryIsNotOffered((ulong)args.Query);
        if (DeviceQuestions.AreIn(args.Query))
        {
            if (!buffer.TryRead(answer))
                return Refusals.QueryBufferIsUnreadable(args.Data);
            why = DeviceQuestions.Answer(args.Query, answer, device);
        }

        return why.IsRejected || buffer.TryWrite(answer) ? why : BufferIsUnwritable(args);
    }

    private static Rejection BufferIsUnwritable(in DrmXeDeviceQuery args) => args.Query == DeviceQueryId.MemRegions
        ? Refusals.QueryRegionBufferIsUnwritable(args.Data)
        : Refusals.QueryBufferIsUnwritable(args.Data);

    /// <summary>The payload of a query, or null for a query that XePt does not offer. Of a query that asks in its buffer
    /// (<see cref="DeviceQuestions"/>) only the size is right.</summary>
    private static byte[]? Of(DeviceQueryId query, XeDevice device, bool isPrivileged) => query switch
    {
        DeviceQueryId.Engines => Engines(device.Platform),
        DeviceQueryId.MemRegions => MemRegions(device),
        DeviceQueryId.Config => Config(device, isPrivileged),
        DeviceQueryId.GtList => GtList(device.Platform),
        DeviceQueryId.HwConfig => [],
        DeviceQueryId.GtTopology => TopologyAnswer.Of(device.Platform),
        DeviceQueryId.EngineCycles => new byte[Unsafe.SizeOf<DrmXeQueryEngineCycles>()],
        DeviceQueryId.UcFwVersion => new byte[Unsafe.SizeOf<DrmXeQueryUcFwVersion>()],
        DeviceQueryId.OaUnits => new byte[Unsafe.SizeOf<DrmXeQueryOaUnits>()],
        DeviceQueryId.PxpStatus => new byte[Unsafe.SizeOf<DrmXeQueryPxpStatus>()],
        _ => null,
    };

    private static byte[] Engines(PlatformInfo platform)
    {
        DrmXeEngine[] engines = [.. platform.Engines.Select(instance => new DrmXeEngine { Instance = instance })];
        return Pack(new DrmXeQueryEngines { NumEngines = (uint)engines.Length }, engines);
    }

    /// <summary>UAPI-012: system memory first.</summary>
    private static byte[] MemRegions(XeDevice device)
    {
        DrmXeMemRegion[] regions = [.. device.Memory.Regions.Select(region => RegionOf(device, region))];
        return Pack(new DrmXeQueryMemRegions { NumMemRegions = (uint)regions.Length }, regions);
    }

    private static DrmXeMemRegion RegionOf(XeDevice device, MemoryRegion region)
    {
        BuddyAllocator memory = region.Allocator;
        // Page tables are in VRAM where there is any, in a window that no object can be in: all of it is used, so what is free can be had.
        ulong tables = region.IsVram ? region.TotalBytes - memory.Size
            : device.Platform.IsDiscrete ? 0 : (ulong)device.TablesInUse * XeLimits.PageSize;
        // The window is at the end.
        ulong visibleTables = region.VisibleBytes - Math.Min(region.VisibleBytes, memory.Size);
        VramUse use = device.Memory.Look(region);
        // What others are still making free for this one is its own by now.
        ulong used = Math.Min(use.Own + use.Others, memory.Size), elsewhere = used - Math.Min(used, memory.UsedBytes);
        // Others have addresses of their own, and take the lowest ones first, too.
        ulong visible = Math.Min(memory.VisibleUsedBytes + elsewhere, Math.Min(used, region.VisibleBytes - visibleTables));
        return new DrmXeMemRegion
        {
            MemClass = region.IsVram ? MemoryClass.Vram : MemoryClass.System,
            Instance = (ushort)region.Instance,
            MinPageSize = (uint)(region.IsVram ? MinAlignment(device.Platform) : XeLimits.PageSize),
            TotalSize = region.TotalBytes,
            Used = used + tables,
            CpuVisibleSize = region.IsVram ? region.VisibleBytes : 0,
            CpuVisibleUsed = region.IsVram ? visible + visibleTables : 0,
        };
    }

    private static byte[] Config(XeDevice device, bool isPrivileged)
    {
        PlatformInfo platform = device.Platform;
        bool mirrors = device.Options is { Profile: XeProfile.Final, SvmPresent: true } && platform.HasFaultMode;
        var values = new ulong[5];
        values[(int)ConfigIndex.RevAndDeviceId] = platform.DeviceId | ((ulong)platform.Revision << 16);
        values[(int)ConfigIndex.Flags] = (ulong)(ConfigFlags.HasLowLatency
            | (platform.IsDiscrete ? ConfigFlags.HasVram : 0)
            | (mirrors ? ConfigFlags.HasCpuAddrMirror : 0)
            | (platform.HasNoCompressionHint ? ConfigFlags.HasNoCompressionHint : 0));
        values[(int)ConfigIndex.MinAlignment] = MinAlignment(platform);
        values[(int)ConfigIndex.VaBits] = (ulong)platform.VaBits;
        values[(int)ConfigIndex.MaxExecQueuePriority] = isPrivileged ? XeLimits.PriorityHigh : XeLimits.PriorityNormal;
        return Pack(new DrmXeQueryConfig { NumParams = (uint)values.Length }, values);
    }

    private static byte[] GtList(PlatformInfo platform)
    {
        DrmXeGt[] gts = [.. platform.Gts.Select(gt => GtOf(platform, gt))];
        return Pack(new DrmXeQueryGtList { NumGt = (uint)gts.Length }, gts);
    }

    private static DrmXeGt GtOf(PlatformInfo platform, int gt)
    {
        int tile = gt / platform.GtSlotsPerTile;
        bool isMedia = platform.IsMediaGt(gt);
        ulong near = platform.IsDiscrete ? 2ul << tile : 1;
        int version = !platform.HasIpVersionRegister ? 0 : isMedia ? platform.MediaVerx100 : platform.GraphicsVerx100;
        return new DrmXeGt
        {
            Type = isMedia ? GtType.Media : GtType.Main,
            TileId = (ushort)tile,
            GtId = (ushort)gt,
            ReferenceClock = platform.ReferenceClockHz,
            NearMemRegions = near,
            FarMemRegions = platform.MemoryRegionMask & ~near,
            IpVerMajor = (ushort)(version / 100),
            IpVerMinor = (ushort)(version % 100),
        };
    }

    private static ulong MinAlignment(PlatformInfo platform) => platform.VramNeeds64K ? PageSizes.Size64K : PageSizes.Size4K;

    private static byte[] Pack<THead, TItem>(THead head, TItem[] items)
        where THead : unmanaged
        where TItem : unmanaged =>
        [.. MemoryMarshal.AsBytes(new ReadOnlySpan<THead>(in head)), .. MemoryMarshal.AsBytes(items.AsSpan())];
}
