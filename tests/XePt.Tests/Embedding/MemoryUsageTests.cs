using XePt.Devices;
using XePt.Tests.Queues;
using XePt.Uapi;

namespace XePt.Tests.Embedding;

/// <summary>What the driver tells of an open file: memory by region.</summary>
public class MemoryUsageTests
{
    [Fact]
    public void Objects_count_where_they_are_and_those_without_memory_by_themselves()
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        file.CreateBo(0x10000, placement: 1);
        file.CreateBo(0x20000, placement: 2);
        var deferred = new DrmXeGemCreate
        {
            Size = 0x40000,
            Placement = 2,
            CpuCaching = CpuCaching.WriteCombined,
            Flags = GemCreateFlags.DeferBacking,
        };
        Assert.Equal(Errno.Ok, file.GemCreate(ref deferred));
        RegionUsage[] expected =
        [
            new(-1, 0x40000, 0, 0, 0), new(0, 0x10000, 0, 0x10000, 0), new(1, 0x20000, 0, 0x20000, 0),
        ];
        Assert.Equal(expected, file.MemoryUsage);
        Assert.All(device.OpenFile().MemoryUsage, usage => Assert.Equal(0ul, usage.Total));
        Assert.Equal("region 1: 0x20000 bytes, 0x0 shared, 0x20000 resident, 0x0 active", file.MemoryUsage[2].ToString());
    }

    [Fact]
    public void What_others_have_too_is_shared()
    {
        using var device = new XeDevice(XePlatforms.Lnl);
        XeFile file = device.OpenFile(), other = device.OpenFile();
        file.CreateBo(0x1000);
        XeBo bo = file.CreateBo(0x2000);
        var prime = new DrmPrimeHandle { Handle = bo.Handle };
        Assert.Equal(Errno.Ok, file.PrimeHandleToFd(ref prime));
        Assert.Equal(Errno.Ok, other.PrimeFdToHandle(ref prime));
        Assert.Equal((0x3000ul, 0x2000ul), (file.MemoryUsage[1].Total, file.MemoryUsage[1].Shared));
        Assert.Equal((0x2000ul, 0x2000ul), (other.MemoryUsage[1].Total, other.MemoryUsage[1].Shared));
    }

    [Fact]
    public void What_work_in_flight_uses_is_active()
    {
        using var scene = new ExecScene();
        XeBo bo = scene.File.CreateBo(0x2000);
        XeBo own = CreatePrivate(scene);
        scene.Vm.Map(bo, 0x10_0000);
        Assert.Equal(0ul, Active());
        scene.Do(1);
        Assert.Equal(bo.Size + own.Size, Active());
        Assert.Single(scene.Sink.GetJobs()).Complete();
        Assert.Equal(0ul, Active());

        ulong Active() => (ulong)scene.File.MemoryUsage.Sum(usage => (long)usage.Active);
    }

    private static XeBo CreatePrivate(ExecScene scene)
    {
        var args = new DrmXeGemCreate
        {
            Size = 0x4000,
            Placement = 1,
            CpuCaching = CpuCaching.WriteCombined,
            VmId = scene.Vm.Id,
        };
        Assert.Equal(Errno.Ok, scene.File.GemCreate(ref args));
        return scene.File.FindBo(args.Handle)!;
    }
}
