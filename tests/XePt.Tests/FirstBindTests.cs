using XePt.Devices;
using XePt.Uapi;

namespace XePt.Tests;

public class FirstBindTests
{
    [Fact]
    public void A_map_writes_a_leaf_and_an_unmap_takes_it_away()
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        var create = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, file.VmCreate(ref create));
        XeVm vm = file.FindVm(create.VmId)!;
        int empty = device.TablesInUse;

        var gem = new DrmXeGemCreate { Size = 0x200000, Placement = 2, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal(Errno.Ok, file.GemCreate(ref gem));
        ulong before = vm.StateHash();
        var op = new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = gem.Handle, Addr = 0x800000, Range = 0x200000, PatIndex = 2 };
        Assert.Equal(Errno.Ok, file.VmBind(new DrmXeVmBind { VmId = vm.Id, NumBinds = 1, Bind = op }));
        Assert.Equal(empty + 3, device.TablesInUse);
        Assert.Equal(PageSizeHints.Size2M, vm.FindVma(0x800000)!.Value.PageSizes);

        Translation inside = vm.Translate(0x812345);
        Assert.Equal(TranslationStatus.Mapped, inside.Status);
        Assert.Equal(file.FindBo(gem.Handle)!.Segments[0].Address + 0x12345, inside.Address);
        Assert.Equal(0x200000UL, inside.PageSize);
        Assert.Single(vm.GetMappings());

        op = new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = 0x800000, Range = 0x200000 };
        Assert.Equal(Errno.Ok, file.VmBind(new DrmXeVmBind { VmId = vm.Id, NumBinds = 1, Bind = op }));
        Assert.Equal(empty, device.TablesInUse);
        Assert.Equal(0, vm.VmaCount);
        Assert.Equal(before, vm.StateHash());
        Assert.Equal(TranslationStatus.NotPresent, vm.Translate(0x812345).Status);
    }
}
