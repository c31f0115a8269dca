using XePt.Bench;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Tests.Embedding;

/// <summary>The calls in short: objects and parameters instead of structs, with the same checks, errnos and rejections.</summary>
public class ShortFormTests
{
    private const ulong Va = 0x1_0000_0000, Size = 0x20_0000;

    public static TheoryData<string> Platforms => [.. XePlatforms.All.Select(platform => platform.Name)];

    /// <summary>What the defaults choose is accepted on every platform, and mapped as asked.</summary>
    [Theory, MemberData(nameof(Platforms))]
    public void Defaults_suit_every_platform(string name)
    {
        XePlatforms.TryGet(name, out PlatformInfo? platform);
        using var device = new XeDevice(platform!);
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm();
        XeBo bo = file.CreateBo(Size);
        XeBo system = file.CreateBo(Size, placement: 1);
        XeBo scanout = file.CreateBo(Size, flags: GemCreateFlags.Scanout);
        file.MapCpuMemory(0x7000_0000, new PhysicalRun(0x4000_0000, Size));

        Assert.True(vm.Map(bo, Va).IsSignalled);
        vm.Map(system, AddressRange.OfSize(Va + Size, Size - 0x10_0000), offset: 0x10_0000, flags: VmBindFlags.ReadOnly);
        vm.Map(scanout, AddressRange.OfSize(Va + (2 * Size), 0x1_0000));
        vm.MapUserptr(AddressRange.OfSize(Va + (3 * Size), Size), 0x7000_0000);
        vm.MapNull(AddressRange.OfSize(Va + (4 * Size), Size));

        Assert.Equal(
            [
                (AddressRange.OfSize(Va, Size), VmaKind.Bo), (AddressRange.OfSize(Va + Size, 0x10_0000), VmaKind.Bo),
                (AddressRange.OfSize(Va + (2 * Size), 0x1_0000), VmaKind.Bo), (AddressRange.OfSize(Va + (3 * Size), Size), VmaKind.Userptr),
                (AddressRange.OfSize(Va + (4 * Size), Size), VmaKind.Null),
            ],
            vm.GetVmas().Select(vma => (vma.Range, vma.Kind)));
        Assert.Equal(platform!.IsDiscrete ? 1 : 0, bo.Region);
        Assert.Equal(TranslationStatus.Mapped, vm.Translate(Va).Status);
        Assert.False(vm.Translate(Va + Size).IsWritable);
        Assert.NotNull(file.CreateQueue(vm, platform.Engines.First()));

        vm.UnmapAll(system);
        vm.Unmap(new AddressRange(Va, Va + (5 * Size)));
        Assert.Equal(0, vm.VmaCount);
        Assert.Same(vm, file.FindVm(vm.Id));
        vm.Destroy();
        Assert.Null(file.FindVm(vm.Id));
    }

    [Fact]
    public void Mirrors_and_prefetches_are_made_in_fault_mode()
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        XeBo bo = file.CreateBo(Size, placement: 3);
        vm.MapMirror(AddressRange.OfSize(Va, Size));
        vm.Map(bo, Va + Size);
        vm.Prefetch(AddressRange.OfSize(Va + Size, Size), region: 0);

        Assert.Equal([VmaKind.Mirror, VmaKind.Bo], vm.GetVmas().Select(vma => vma.Kind));
        Assert.Equal(0, bo.Region);
    }

    /// <summary>A refused short form throws what the typed call gives, and has changed nothing.</summary>
    [Fact]
    public void A_refusal_is_that_of_the_typed_call()
    {
        using var device = new XeDevice(XePlatforms.Lnl);
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm();
        XeBo bo = file.CreateBo(Size);
        vm.Map(bo, Va);
        ulong before = vm.StateHash();

        AssertRefused(
            () => vm.Map(bo, Va + 0x800),
            () => Bind(new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = bo.Handle, Addr = Va + 0x800, Range = Size, PatIndex = 2 }));
        AssertRefused(
            () => vm.Map(bo, AddressRange.OfSize(Va, Size), offset: 2 * Size),
            () => Bind(new DrmXeVmBindOp
            {
                Op = VmBindOp.Map,
                Obj = bo.Handle,
                ObjOffset = 2 * Size,
                Addr = Va,
                Range = Size,
                PatIndex = 2,
            }));
        AssertRefused(
            () => vm.Unmap(new AddressRange(Va, Va)),
            () => Bind(new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va, PatIndex = 2 }));
        AssertRefused(() => file.CreateBo(0x123), () =>
        {
            var args = new DrmXeGemCreate { Size = 0x123, Placement = 1, CpuCaching = CpuCaching.WriteBack };
            return file.GemCreate(ref args);
        });
        AssertRefused(() => file.CreateVm(VmCreateFlags.FaultMode), () =>
        {
            var args = new DrmXeVmCreate { Flags = VmCreateFlags.FaultMode };
            return file.VmCreate(ref args);
        });
        AssertRefused(() => file.CreateQueue(vm), () => file.ExecQueueCreate(vm.Id, out _));
        Assert.Equal(before, vm.StateHash());

        vm.Destroy();
        AssertRefused(vm.Destroy, () => file.VmDestroy(new DrmXeVmDestroy { VmId = vm.Id }));

        Errno Bind(DrmXeVmBindOp op) => file.VmBind(vm.Id, op);

        void AssertRefused(Action shortForm, Func<Errno> typed)
        {
            var thrown = Assert.Throws<XeCallException>(shortForm);
            Assert.Equal(thrown.Rejection, file.LastRejection);
            Assert.NotEqual(Errno.Ok, thrown.Errno);
            Assert.Equal(typed(), thrown.Errno);
            Assert.Equal(file.LastRejection, thrown.Rejection);
            Assert.Equal(file.LastRejection.ToString(), thrown.Message);
        }
    }

    [Fact]
    public void Objects_of_another_client_are_a_mistake_of_the_caller()
    {
        using var device = new XeDevice(XePlatforms.Lnl);
        XeFile file = device.OpenFile(), other = device.OpenFile();
        XeVm vm = file.CreateVm();
        XeBo foreign = other.CreateBo(Size);
        Assert.Throws<ArgumentException>(() => vm.Map(foreign, Va));
        Assert.Throws<ArgumentException>(() => vm.UnmapAll(foreign));
        Assert.Throws<ArgumentException>(() => other.CreateBo(Size, vm: vm));
        Assert.Throws<ArgumentException>(() => other.CreateQueue(vm, device.Platform.Engines.First()));
    }

    [Fact]
    public void Sync_entries_go_with_the_call()
    {
        using var device = new XeDevice(XePlatforms.Lnl);
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm();
        uint syncobj = file.SyncobjCreate();
        Fence start = device.CreateFence("start");
        file.SyncobjAttach(syncobj, start);

        Fence done = vm.Map(file.CreateBo(Size), Va, syncs: [new DrmXeSync { Type = SyncType.Syncobj, Handle = syncobj }]);
        Assert.False(done.IsSignalled);
        start.TrySignal();
        Assert.True(done.IsSignalled);
    }

    [Fact]
    public void Short_binds_allocate_nothing()
    {
        using var device = new XeDevice(XePlatforms.Lnl);
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm();
        XeBo bo = file.CreateBo(Size);
        Assert.Equal(0, Allocations.Of(100, Round));

        void Round()
        {
            vm.Map(bo, Va);
            vm.Unmap(AddressRange.OfSize(Va, Size));
        }
    }

    [Theory]
    [InlineData(0x1000, 0x3000, 0x2fff, true)]
    [InlineData(0x1000, 0x3000, 0x3000, false)]
    [InlineData(0x1000, 0x3000, 0xfff, false)]
    [InlineData(0x3000, 0x1000, 0x2000, false)]
    public void A_range_contains_its_start_and_not_its_end(ulong start, ulong end, ulong address, bool isInside)
    {
        var range = new AddressRange(start, end);
        Assert.Equal(isInside, range.Contains(address));
        Assert.Equal(isInside, range.Overlaps(AddressRange.OfSize(address, 1)));
        Assert.Equal(start < end ? end - start : 0, range.Size);
        Assert.True(range.Contains(new AddressRange(7, 7)));
    }

    [Fact]
    public void A_range_ends_below_two_to_the_64() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => AddressRange.OfSize(ulong.MaxValue, 1));
}
