using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Tests.Bind;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.Embedding;

/// <summary>DEVICE_QUERY (specification 01 section 4).</summary>
public class DeviceQueryTests
{
    private const ulong Buffer = 0x7f00_0000_0000;

    public static TheoryData<string> Platforms => [.. XePlatforms.All.Select(platform => platform.Name)];

    [Theory]
    [InlineData(DeviceQueryId.Config, 48)]
    [InlineData(DeviceQueryId.MemRegions, 8 + (2 * 88))]
    [InlineData(DeviceQueryId.GtList, 8 + (2 * 96))]
    [InlineData(DeviceQueryId.Engines, 8 + (7 * 32))]
    [InlineData(DeviceQueryId.HwConfig, 0)]
    [InlineData(DeviceQueryId.GtTopology, 2 * 80)]
    [InlineData(DeviceQueryId.EngineCycles, 40)]
    [InlineData(DeviceQueryId.UcFwVersion, 32)]
    [Rule("UAPI-011")]
    public void Size_0_asks_for_the_size_and_any_other_but_that_is_wrong(DeviceQueryId query, uint size)
    {
        using var scene = new BindScene();
        XeFile file = scene.File;
        var args = new DrmXeDeviceQuery { Query = query };
        Assert.Equal((Errno.Ok, size), (file.DeviceQuery(ref args), args.Size));

        var data = new byte[size + 1];
        args.Size = size + 1;
        Assert.Equal((Errno.EINVAL, "UAPI-011"), (file.DeviceQuery(ref args, data), file.LastRejection.RuleId));
        Assert.Equal(size + 1, args.Size);
        Assert.All(data, value => Assert.Equal(0, value));
        if (size == 0)
            return;

        args.Size = size;
        Assert.Equal(Errno.Ok, file.DeviceQuery(ref args, data));
        Assert.Contains(data, value => value != 0 || query == DeviceQueryId.EngineCycles);
        Errno unwritable = query == DeviceQueryId.MemRegions ? Errno.ENOSPC : Errno.EFAULT;
        Assert.Equal(unwritable, file.DeviceQuery(ref args, data.AsSpan(0, (int)size - 1)));
        file.UserMemory = new MemoryWithHole(scene.UserMemory);
        args.Data = 0xdead_0000;
        Assert.Equal((unwritable, "UAPI-011"), (Raw(file, ref args), file.LastRejection.RuleId));
    }

    [Fact]
    [Rule("UAPI-010")]
    [Rule("QRY-007")]
    public void What_is_not_offered_is_no_device_and_what_does_not_exist_is_invalid()
    {
        using var scene = new BindScene();
        var stall = new DrmXeDeviceQuery { Query = DeviceQueryId.EuStall };
        Assert.Equal((Errno.ENODEV, "QRY-007"), (scene.File.DeviceQuery(ref stall), scene.File.LastRejection.RuleId));
        Assert.Equal(Errno.Ok, scene.File.DeviceQuery(DeviceQueryId.OaUnits, out byte[] units));
        Assert.Equal(new byte[16], units);

        var content = new DrmXeDeviceQuery { Query = DeviceQueryId.PxpStatus };
        Assert.Equal((Errno.Ok, 8u), (scene.File.DeviceQuery(ref content), content.Size));
        content.Data = 0x1000;
        Assert.Equal((Errno.ENODEV, "QRY-007"), (Raw(scene.File, ref content), scene.File.LastRejection.RuleId));
        content.Size = 12;
        Assert.Equal(Errno.EINVAL, Raw(scene.File, ref content));

        var unknown = new DrmXeDeviceQuery { Query = (DeviceQueryId)11 };
        Assert.Equal(Errno.EINVAL, scene.File.DeviceQuery(ref unknown));
        var extended = new DrmXeDeviceQuery { Query = DeviceQueryId.Config, Extensions = 1 };
        Assert.Equal((Errno.EINVAL, "UAPI-010"), (scene.File.DeviceQuery(ref extended), scene.File.LastRejection.RuleId));
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void The_configuration_is_the_platforms(string name)
    {
        PlatformInfo platform = TestGpu.Named(name);
        using var device = new XeDevice(platform);
        XeFile file = device.OpenFile();
        ulong[] info = Payload<DrmXeQueryConfig, ulong>(file, DeviceQueryId.Config, out DrmXeQueryConfig head);
        Assert.Equal(5u, head.NumParams);
        Assert.Equal(platform.DeviceId | ((ulong)platform.Revision << 16), info[0]);
        Assert.Equal(
            (platform.IsDiscrete, true, platform.HasFaultMode, platform.GraphicsVerx100 >= 2000),
            ((info[1] & 1) != 0, (info[1] & 2) != 0, (info[1] & 4) != 0, (info[1] & 8) != 0));
        Assert.Equal((platform.VramNeeds64K ? 0x10000ul : 0x1000, (ulong)platform.VaBits, 1ul), (info[2], info[3], info[4]));
        file.IsPrivileged = true;
        Assert.Equal(2ul, Payload<DrmXeQueryConfig, ulong>(file, DeviceQueryId.Config, out _)[4]);
    }

    [Theory]
    [InlineData(XeProfile.SeedOpen, true)]
    [InlineData(XeProfile.SeedGated, true)]
    [InlineData(XeProfile.Final, false)]
    [Rule("BIND-003")]
    public void Mirrors_are_reported_by_a_final_driver_with_svm_only(XeProfile profile, bool svm)
    {
        using var device = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { Profile = profile, SvmPresent = svm });
        Assert.Equal(0ul, Payload<DrmXeQueryConfig, ulong>(device.OpenFile(), DeviceQueryId.Config, out _)[1] & 4);
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    [Rule("UAPI-012")]
    [Rule("UAPI-013")]
    public void Regions_are_system_memory_and_the_vram_of_each_tile(string name)
    {
        PlatformInfo platform = TestGpu.Named(name);
        using var device = new XeDevice(platform);
        DrmXeMemRegion[] regions = Payload<DrmXeQueryMemRegions, DrmXeMemRegion>(
            device.OpenFile(), DeviceQueryId.MemRegions, out DrmXeQueryMemRegions head);
        Assert.Equal((uint)regions.Length, head.NumMemRegions);
        Assert.Equal(platform.MemoryRegionMask, regions.Aggregate(0u, (mask, region) => mask | (1u << region.Instance)));
        Assert.Equal(
            (MemoryClass.System, 0, 4096u, platform.SystemMemoryBytes, 0ul),
            (regions[0].MemClass, regions[0].Instance, regions[0].MinPageSize, regions[0].TotalSize, regions[0].CpuVisibleSize));
        Assert.All(regions[1..], region => Assert.Equal(
            (MemoryClass.Vram, platform.VramNeeds64K ? 65536u : 4096u, platform.VramBytesPerTile, platform.VramBytesPerTile),
            (region.MemClass, region.MinPageSize, region.TotalSize, region.CpuVisibleSize)));
    }

    [Fact]
    [Rule("UAPI-012")]
    public void Used_bytes_are_those_of_bos_and_of_the_window_for_page_tables()
    {
        using var scene = new BindScene(vmFlags: 0);
        XeFile other = scene.Device.OpenFile();
        ulong window = scene.Device.Memory.Regions[1].TotalBytes - scene.Device.Memory.Regions[1].Allocator.Size;
        Assert.Equal(window, Regions(other)[1].Used);
        uint x = scene.Bo("X", 0x30000);
        scene.Do(Op.Map(x, BindScene.A, 0x30000));
        DrmXeMemRegion after = Regions(other)[1];
        Assert.Equal((0x30000 + window, after.Used), (after.Used, after.CpuVisibleUsed));
        Assert.Equal(0ul, Regions(other)[0].Used);
    }

    [Fact]
    [Rule("UAPI-012")]
    public void What_is_free_of_vram_can_be_had()
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        DrmXeMemRegion vram = Regions(file)[1];
        var args = new DrmXeGemCreate
        {
            Size = vram.TotalSize - vram.Used,
            Placement = 2,
            Flags = GemCreateFlags.NeedsVisibleVram,
            CpuCaching = CpuCaching.WriteCombined,
        };
        Assert.Equal(Errno.Ok, file.GemCreate(ref args));
        vram = Regions(file)[1];
        Assert.Equal((vram.TotalSize, vram.CpuVisibleSize), (vram.Used, vram.CpuVisibleUsed));
    }

    [Fact]
    [Rule("UAPI-012")]
    public void Page_tables_of_an_integrated_device_are_used_system_memory()
    {
        using var device = new XeDevice(XePlatforms.Lnl);
        XeFile file = device.OpenFile();
        var args = default(DrmXeVmCreate);
        Assert.Equal(Errno.Ok, file.VmCreate(ref args));
        Assert.NotEqual(0, device.TablesInUse);
        Assert.Equal((ulong)device.TablesInUse * 0x1000, Regions(file)[0].Used);
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void Each_gt_says_its_tile_its_memory_and_its_version(string name)
    {
        PlatformInfo platform = TestGpu.Named(name);
        using var device = new XeDevice(platform);
        DrmXeGt[] gts = Payload<DrmXeQueryGtList, DrmXeGt>(device.OpenFile(), DeviceQueryId.GtList, out DrmXeQueryGtList head);
        Assert.Equal((uint)gts.Length, head.NumGt);
        Assert.Equal(platform.GtMask, gts.Aggregate(0u, (mask, gt) => mask | (1u << gt.GtId)));
        Assert.Equal(platform.HasMediaGt ? platform.TileCount : 0, gts.Count(gt => gt.Type == GtType.Media));
        foreach (DrmXeGt gt in gts)
        {
            ulong near = platform.IsDiscrete ? 1ul << (gt.TileId + 1) : 1;
            Assert.Equal((near, platform.MemoryRegionMask - near), (gt.NearMemRegions, gt.FarMemRegions));
            Assert.NotEqual(0u, gt.ReferenceClock);
            int version = platform.GraphicsVerx100 < 1270 ? 0 : gt.Type == GtType.Media ? platform.MediaVerx100 : platform.GraphicsVerx100;
            Assert.Equal(version, (gt.IpVerMajor * 100) + gt.IpVerMinor);
            Assert.Equal(platform.GraphicsVerx100 >= 1270, version > 0);
        }
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void Engines_are_those_that_queues_can_be_made_on(string name)
    {
        PlatformInfo platform = TestGpu.Named(name);
        using var device = new XeDevice(platform);
        DrmXeEngine[] engines = Payload<DrmXeQueryEngines, DrmXeEngine>(
            device.OpenFile(), DeviceQueryId.Engines, out DrmXeQueryEngines head);
        Assert.Equal((uint)engines.Length, head.NumEngines);
        Assert.Equal(
            platform.Engines.Select(engine => (engine.EngineClass, engine.EngineInstance, engine.GtId)),
            engines.Select(engine => (engine.Instance.EngineClass, engine.Instance.EngineInstance, engine.Instance.GtId)));
        Assert.DoesNotContain(engines, engine => engine.Instance.EngineClass == EngineClass.VmBind);
    }

    [Fact]
    public void The_raw_request_writes_size_and_data_to_the_client()
    {
        using var scene = new BindScene();
        var args = new DrmXeDeviceQuery { Query = DeviceQueryId.Config, Data = Buffer };
        Assert.Equal((Errno.Ok, 48u), (Raw(scene.File, ref args), args.Size));
        Assert.Equal(0ul, scene.UserMemory.ReadUInt64(Buffer));
        Assert.Equal(Errno.Ok, Raw(scene.File, ref args));
        Assert.Equal((5ul, (ulong)XePlatforms.Bmg.DeviceId),
            (scene.UserMemory.ReadUInt64(Buffer), scene.UserMemory.ReadUInt64(Buffer + 8) & 0xffff));
    }

    private static DrmXeMemRegion[] Regions(XeFile file) =>
        Payload<DrmXeQueryMemRegions, DrmXeMemRegion>(file, DeviceQueryId.MemRegions, out _);

    private static TItem[] Payload<THead, TItem>(XeFile file, DeviceQueryId query, out THead head)
        where THead : unmanaged
        where TItem : unmanaged
    {
        var args = new DrmXeDeviceQuery { Query = query };
        Assert.Equal(Errno.Ok, file.DeviceQuery(ref args));
        var data = new byte[args.Size];
        Assert.Equal(Errno.Ok, file.DeviceQuery(ref args, data));
        head = MemoryMarshal.Read<THead>(data);
        return MemoryMarshal.Cast<byte, TItem>(data.AsSpan(8)).ToArray();
    }

    private static Errno Raw(XeFile file, ref DrmXeDeviceQuery args) =>
        file.Ioctl(XeIoctl.DeviceQuery, MemoryMarshal.AsBytes(new Span<DrmXeDeviceQuery>(ref args)));
}
