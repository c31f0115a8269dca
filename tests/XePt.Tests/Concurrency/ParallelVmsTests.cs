using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.Concurrency;

/// <summary>Binds of different VMs on different threads: each VM ends as if it had been alone, and no table is lost or shared.</summary>
public class ParallelVmsTests
{
    private const ulong Va = 1UL << 40;
    private const int Threads = 4;
    private const int Steps = 400;

    [Theory]
    [InlineData("BMG")]
    [InlineData("PVC")]
    public void Vms_bound_in_parallel_end_as_if_alone(string platform)
    {
        IReadOnlyList<MappingRun>[] alone = [.. Enumerable.Range(0, Threads).Select(seed =>
        {
            using var device = new XeDevice(TestGpu.Named(platform));
            return Mappings(Play(Open(device), seed));
        })];

        using var shared = new XeDevice(TestGpu.Named(platform));
        int nothing = shared.TablesInUse;
        XeVm[] vms = [.. Enumerable.Range(0, Threads).Select(_ => Open(shared))];
        Exception? failure = null;
        Thread[] threads = [.. vms.Select((vm, seed) => new Thread(() =>
        {
            try
            {
                Play(vm, seed);
            }
            catch (Exception e)
            {
                failure = e;
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();

        Assert.Null(failure);
        for (int i = 0; i < Threads; i++)
            Assert.Equal(alone[i], Mappings(vms[i]));
        AssertNoTableIsShared(vms);
        foreach (XeVm vm in vms)
            vm.File.Dispose();
        Assert.Equal(nothing, shared.TablesInUse);
    }

    /// <summary>VMs come and go on their threads while others bind; walkers of yet other VMs hold some of their tables back.</summary>
    [Fact]
    public void Vms_closed_under_a_walker_leave_nothing_behind()
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeVm kept = Open(device);
        Play(kept, 99);
        int before = device.TablesInUse;
        XeVm[] vms = [.. Enumerable.Range(0, Threads).Select(_ => Open(device))];
        XeWalker walker = kept.OpenWalker();
        Thread[] threads = [.. vms.Select((vm, seed) => new Thread(() => Play(vm, seed)))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        foreach (XeVm vm in vms)
            vm.File.Dispose();
        Assert.True(device.TablesInUse > before);

        walker.Dispose();
        Assert.Equal(Errno.Ok, Bind(kept, new DrmXeVmBindOp { Op = VmBindOp.Map, Flags = VmBindFlags.Null, Addr = 0, Range = 4096 }));
        Assert.Equal(Errno.Ok, Bind(kept, new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = 0, Range = 4096 }));
        Assert.Equal(before, device.TablesInUse);
    }

    private static XeVm Open(XeDevice device)
    {
        XeFile file = device.OpenFile();
        var create = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, file.VmCreate(ref create));
        for (uint i = 0; i < 3; i++)
        {
            var gem = new DrmXeGemCreate { Size = 4UL << 20, Placement = 1, CpuCaching = CpuCaching.WriteCombined };
            ulong chunk = 4096UL << (int)(9 * (i / 2));
            Assert.Equal(Errno.Ok,
                file.GemCreate(ref gem, 0, [new PhysicalRun(1UL << (int)(34 + i), chunk, (int)((4UL << 20) / chunk), 2 * chunk)]));
        }

        return file.FindVm(create.VmId)!;
    }

    private static XeVm Play(XeVm vm, int seed)
    {
        var random = new Random(seed);
        XeBo[] bos = [.. vm.File.Bos];
        for (int step = 0; step < Steps; step++)
        {
            ulong at = Va + ((ulong)random.Next(1 << 12) << 12);
            XeBo bo = bos[random.Next(bos.Length)];
            DrmXeVmBindOp op = random.Next(3) switch
            {
                0 => new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = at, Range = 4096 * (1 + (ulong)random.Next(2000)) },
                1 => new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = bo.Handle, Addr = at, Range = 4096 * (1 + (ulong)random.Next(1000)) },
                _ => new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = bo.Handle, Addr = at & ~0x1fffffUL, Range = bo.Size },
            };
            Errno error = Bind(vm, op);
            if (error != Errno.Ok)
                throw new InvalidOperationException($"step {step} of {seed}: {error}");
        }

        return vm;
    }

    private static Errno Bind(XeVm vm, DrmXeVmBindOp op) => vm.File.VmBind(new DrmXeVmBind { VmId = vm.Id, NumBinds = 1, Bind = op });

    private static List<MappingRun> Mappings(XeVm vm) =>
        [.. Enumerable.Range(0, vm.File.Device.Platform.TileCount).SelectMany(tile => vm.GetMappings(tile))];

    private static void AssertNoTableIsShared(XeVm[] vms)
    {
        for (int tile = 0; tile < vms[0].File.Device.Platform.TileCount; tile++)
        {
            ulong[] tables = [.. vms.SelectMany(vm => TableCopy.All(vm, tile)).Select(table => (ulong)table.Number)];
            Assert.Equal(tables.Length, tables.Distinct().Count());
        }
    }
}
