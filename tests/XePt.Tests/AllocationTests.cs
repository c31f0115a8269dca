using XePt.Bench;
using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests;

/// <summary>P12: the steady state of the hot paths allocates no managed memory.</summary>
public class AllocationTests
{
    private const ulong Va = 1UL << 40;

    [Theory]
    [InlineData(1UL << 12, 1UL << 12)]
    [InlineData(1UL << 16, 1UL << 16)]
    [InlineData(1UL << 21, 1UL << 12)]
    [InlineData(1UL << 21, 1UL << 21)]
    [InlineData(1UL << 30, 1UL << 21)]
    public void Bind_unbind_and_translate_allocate_nothing_once_warm(ulong size, ulong chunk)
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        var create = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, file.VmCreate(ref create));
        XeVm vm = file.FindVm(create.VmId)!;
        var gem = new DrmXeGemCreate { Size = size, Placement = 2, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal(Errno.Ok, file.GemCreate(ref gem, 1, [new PhysicalRun(1UL << 33, chunk, (int)(size / chunk), 2 * chunk)]));
        DrmXeVmBind map = Call(vm, new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = gem.Handle, Addr = Va, Range = size, PatIndex = 2 });
        DrmXeVmBind unmap = Call(vm, new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va, Range = size });

        bool ok = true;
        Assert.Equal(0, Allocations.Of(100, () => ok &= Round(file, vm, map, unmap)));
        Assert.True(ok);
    }

    private static bool Round(XeFile file, XeVm vm, in DrmXeVmBind map, in DrmXeVmBind unmap)
    {
        bool mapped = file.VmBind(map) == Errno.Ok && vm.Translate(Va).Status == TranslationStatus.Mapped;
        return file.VmBind(unmap) == Errno.Ok && mapped && vm.Translate(Va).Status == TranslationStatus.NotPresent;
    }

    private static DrmXeVmBind Call(XeVm vm, DrmXeVmBindOp op) => new() { VmId = vm.Id, NumBinds = 1, Bind = op };
}
