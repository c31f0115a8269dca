using XePt.Bench;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Tests.Embedding;

/// <summary>Memory through a VM: every page by its tables, the bytes in the device's store.</summary>
public sealed class GpuMemoryTests : IDisposable
{
    private const ulong Va = 0x1_0000_0000, Page = 0x1000, Size2M = 0x20_0000;

    private readonly SparseGpuStore _store = new();
    private XeDevice? _device;

    public void Dispose() => _device?.Dispose();

    private XeFile Open(PlatformInfo platform)
    {
        _device = new XeDevice(platform, new XeDeviceOptions { GpuStore = _store });
        return _device.OpenFile();
    }

    [Fact]
    public void Values_cross_page_borders_and_lie_where_the_tables_say()
    {
        XeFile file = Open(XePlatforms.Lnl);
        XeVm vm = file.CreateVm();
        // Two pages that are neighbours in the VM, in the other order in memory.
        var create = new DrmXeGemCreate { Size = 2 * Page, Placement = 1, CpuCaching = CpuCaching.WriteBack };
        Assert.Equal(Errno.Ok, file.GemCreate(ref create, 0, [new PhysicalRun(0x9000, Page), new PhysicalRun(0x5000, Page)]));
        vm.Map(file.FindBo(create.Handle)!, Va);

        vm.Write(Va + Page - 3, 0x1122_3344_5566_7788ul);
        Assert.Equal(0x1122_3344_5566_7788ul, vm.Read<ulong>(Va + Page - 3));
        var bytes = new byte[5];
        _store.Read(0x9ffd, isDeviceMemory: false, bytes.AsSpan(0, 3));
        Assert.Equal([0x88, 0x77, 0x66], bytes[..3]);
        _store.Read(0x5000, isDeviceMemory: false, bytes);
        Assert.Equal([0x55, 0x44, 0x33, 0x22, 0x11], bytes);
        Assert.Equal(0, vm.Read<byte>(Va + 7));
    }

    [Fact]
    public void An_access_ends_before_the_page_that_is_in_the_way()
    {
        XeFile file = Open(XePlatforms.Lnl);
        XeVm vm = file.CreateVm();
        vm.Map(file.CreateBo(Page), Va);
        vm.Map(file.CreateBo(Page), Va + Page, flags: VmBindFlags.ReadOnly);

        GpuAccess write = vm.Write(Va + Page - 4, [1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.Equal((GpuAccessStatus.ReadOnly, 4, Va + Page), (write.Status, write.Bytes, write.Last.Va));
        Assert.Equal(0x0403_0201u, vm.Read<uint>(Va + Page - 4));
        Assert.Equal(0x0403_0201ul, vm.Read<ulong>(Va + Page - 4));

        Assert.Equal(
            new GpuAccess(GpuAccessStatus.NotPresent, 2, vm.Translate(Va + (2 * Page))), vm.Read(Va + (2 * Page) - 2, new byte[3]));
        Assert.Equal(GpuAccessStatus.OutOfRange, vm.Read(vm.Size, new byte[1]).Status);
        Assert.False(vm.TryRead(Va + (2 * Page), out int nothing));
        Assert.Equal(0, nothing);
        Assert.False(vm.TryWrite(Va + Page, 1));
        var thrown = Assert.Throws<GpuAccessException>(() => vm.Read<int>(Va + (2 * Page)));
        Assert.Equal(GpuAccessStatus.NotPresent, thrown.Access.Status);
        thrown = Assert.Throws<GpuAccessException>(() => vm.Write(Va + Page, 1));
        Assert.Equal((GpuAccessStatus.ReadOnly, 0), (thrown.Access.Status, thrown.Access.Bytes));
        Assert.Equal(new GpuAccess(GpuAccessStatus.Done, 0, default), vm.Read(Va + (2 * Page), []));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Null_and_scratch_pages_read_zero_and_swallow_writes(bool isScratch)
    {
        XeFile file = Open(XePlatforms.Bmg);
        XeVm vm = file.CreateVm(isScratch ? VmCreateFlags.ScratchPage : VmCreateFlags.None);
        if (!isScratch)
            vm.MapNull(AddressRange.OfSize(Va, Size2M));

        var bytes = new byte[] { 1, 2, 3 };
        Assert.True(vm.Write(Va + 5, bytes).IsDone);
        Assert.True(vm.Read(Va + 5, bytes).IsDone);
        Assert.Equal([0, 0, 0], bytes);
        Assert.Equal(0, _store.BytesKept);
        Assert.False(vm.TryGetSpan(Va, out _));
    }

    [Theory, InlineData(1u, false), InlineData(2u, true)]
    public void System_and_device_memory_are_two(uint placement, bool isDevice)
    {
        XeFile file = Open(XePlatforms.Bmg);
        XeVm vm = file.CreateVm();
        vm.Map(file.CreateBo(Size2M, placement), Va);
        vm.Write(Va + 0x1234, 0xdeadbeefu);

        Translation where = vm.Translate(Va + 0x1234);
        Assert.Equal(isDevice, where.IsDeviceMemory);
        var bytes = new byte[4];
        _store.Read(where.Address, isDevice, bytes);
        Assert.Equal(0xdeadbeefu, BitConverter.ToUInt32(bytes));
        _store.Read(where.Address, !isDevice, bytes);
        Assert.Equal(0u, BitConverter.ToUInt32(bytes));
    }

    [Fact]
    public void Each_tile_goes_by_its_own_tables()
    {
        XeFile file = Open(XePlatforms.Pvc2T);
        XeVm vm = file.CreateVm();
        vm.Map(file.CreateBo(Size2M, placement: 4), Va);
        vm.Write(Va, 7, tile: 1);
        Assert.Equal(7, vm.Read<int>(Va, tile: 0));
        Assert.Equal(vm.Translate(Va, 1).Address, vm.Translate(Va, 0).Address);
        Assert.Throws<ArgumentOutOfRangeException>(() => vm.Read<int>(Va, tile: 2));
    }

    [Fact]
    public void What_is_not_there_in_fault_mode_is_faulted_in()
    {
        XeFile file = Open(XePlatforms.Lnl);
        XeVm vm = file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        XeBo bo = file.CreateBo(4 * Page);
        vm.Map(bo, Va);
        Assert.Equal(TranslationStatus.NotPresent, vm.Translate(Va).Status);

        vm.Write(Va + Page, 42);
        Assert.Equal(42, vm.Read<int>(Va + Page));
        Assert.Equal(Errno.Ok, vm.Zap(Va));
        Assert.True(vm.TryGetSpan(Va + Page, out ReadOnlySpan<byte> bytes));
        Assert.Equal(42, bytes[0]);
        GpuAccess outside = vm.Read(Va + (4 * Page), new byte[1]);
        Assert.Equal((GpuAccessStatus.Nacked, Errno.EINVAL, 1), (outside.Status, outside.Error, outside.Faults));
    }

    /// <summary>The page is bound, but the stores wait for a fence: the access is to be tried again after it.</summary>
    [Fact]
    public void An_access_whose_fault_has_to_wait_says_so()
    {
        XeFile file = Open(XePlatforms.Lnl);
        XeVm vm = file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        XeBo bo = file.CreateBo(Page);
        uint syncobj = file.SyncobjCreate();
        Fence start = _device!.CreateFence("start");
        file.SyncobjAttach(syncobj, start);
        vm.Map(bo, Va, flags: VmBindFlags.Immediate, syncs: [new DrmXeSync { Type = SyncType.Syncobj, Handle = syncobj }]);

        Assert.Equal(GpuAccessStatus.Pending, vm.Read(Va, new byte[1]).Status);
        start.TrySignal();
        Assert.True(vm.IsIdle);
        Assert.True(vm.TryRead(Va, out byte _));
    }

    [Fact]
    public void Spans_are_the_bytes_that_one_leaf_maps()
    {
        XeFile file = Open(XePlatforms.Bmg);
        XeVm vm = file.CreateVm();
        vm.Map(file.CreateBo(Size2M), Va);
        vm.Map(file.CreateBo(Page, placement: 1), Va + Size2M, flags: VmBindFlags.ReadOnly);

        Assert.True(vm.TryGetWritableSpan(Va + 0x10, out Span<byte> bytes));
        Assert.InRange(bytes.Length, 0xff0, (int)Size2M);
        bytes[0x20] = 9;
        Assert.Equal(9, vm.Read<byte>(Va + 0x30));
        Assert.True(vm.TryGetSpan(Va + Size2M + 8, out ReadOnlySpan<byte> page));
        Assert.Equal((int)Page - 8, page.Length);
        Assert.False(vm.TryGetWritableSpan(Va + Size2M, out bytes));
        Assert.True(bytes.IsEmpty);
        Assert.False(vm.TryGetSpan(Va + Size2M + Page, out page));
        Assert.True(page.IsEmpty);
    }

    /// <summary>Large transfers take as many bytes at a time as a leaf and the store have together.</summary>
    [Theory, InlineData("lnl", 0x1ful), InlineData("bmg", 0ul), InlineData("pvc", 0x1234ul)]
    public void Large_transfers_arrive_whole(string platform, ulong offset)
    {
        XePlatforms.TryGet(platform, out PlatformInfo? info);
        XeFile file = Open(info!);
        XeVm vm = file.CreateVm();
        vm.Map(file.CreateBo(3 * Size2M), Va);
        var sent = new byte[5_000_000];
        new Random(1).NextBytes(sent);

        Assert.True(vm.Write(Va + offset, sent).IsDone);
        var got = new byte[sent.Length];
        Assert.True(vm.Read(Va + offset, got).IsDone);
        Assert.Equal(sent, got);
    }

    [Fact]
    public void Without_a_store_BOs_have_contents_and_declared_memory_has_none()
    {
        using var bare = new XeDevice(XePlatforms.Lnl);
        XeVm vm = bare.OpenFile().CreateVm();
        vm.Map(vm.File.CreateBo(Page), Va);
        Assert.Equal(GpuAccessStatus.Done, vm.Write(Va, [1]).Status);
        Assert.Equal(1, vm.Read<byte>(Va));
        vm.File.MapCpuMemory(0x5000, new PhysicalRun(0x9000, Page));
        vm.MapUserptr(AddressRange.OfSize(Va + Page, Page), 0x5000);
        Assert.Equal(GpuAccessStatus.NoMemory, vm.Read(Va + Page, new byte[1]).Status);
        Assert.Equal(GpuAccessStatus.NoMemory, vm.Write(Va + Page, [1]).Status);
        Assert.False(vm.TryGetSpan(Va, out _));

        using var deaf = new XeDevice(XePlatforms.Lnl, new XeDeviceOptions { GpuStore = new WriteOnly() });
        vm = deaf.OpenFile().CreateVm();
        vm.Map(vm.File.CreateBo(Page), Va);
        Assert.True(vm.Write(Va, [1]).IsDone);
        Assert.Equal(GpuAccessStatus.NoMemory, vm.Read(Va, new byte[1]).Status);
        Assert.Equal(GpuAccessStatus.NoMemory, vm.Atomic(Va, GpuAtomic.On32(GpuAtomicOperation.Or, 1), out _).Status);
        Assert.False(vm.TryGetSpan(Va, out _));
    }

    /// <summary>User fences of jobs land in the same memory.</summary>
    [Fact]
    public void Jobs_write_their_user_fences_there()
    {
        XeFile file = Open(XePlatforms.Lnl);
        XeVm vm = file.CreateVm();
        vm.Map(file.CreateBo(Page), Va);
        ExecQueue queue = file.CreateQueue(vm, _device!.Platform.Engines.First());
        var fence = new DrmXeSync { Type = SyncType.UserFence, Flags = SyncFlags.Signal, Addr = Va + 8, TimelineValue = 77 };
        Assert.Equal(Errno.Ok, file.Exec(queue.Id, [Va], [fence]));
        Assert.Equal(77ul, vm.Read<ulong>(Va + 8));
    }

    /// <summary>Ids of VMs are those of their client, so a sink needs the VM itself.</summary>
    [Fact]
    public void A_sink_finds_the_VM_of_a_job()
    {
        var sink = new ManualJobSink();
        using var device = new XeDevice(XePlatforms.Lnl, new XeDeviceOptions { JobSink = sink });
        XeVm[] vms = [device.OpenFile().CreateVm(), device.OpenFile().CreateVm()];
        foreach (XeVm vm in vms)
        {
            vm.Map(vm.File.CreateBo(Page), Va);
            vm.File.Exec(vm.File.CreateQueue(vm, device.Platform.Engines.First()).Id, Va);
        }

        Assert.Equal(vms, sink.GetJobs().Select(job => job.Vm));
        Assert.Equal(vms[0].Id, vms[1].Id);
    }

    [Fact]
    public void Accesses_allocate_nothing()
    {
        XeFile file = Open(XePlatforms.Lnl);
        XeVm vm = file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        vm.Map(file.CreateBo(Size2M), Va);
        Assert.Equal(0, Allocations.Of(100, Round));

        void Round()
        {
            vm.Write(Va + 0xffc, vm.Read<ulong>(Va + 0xffc) + 1);
            vm.TryGetSpan(Va + 0x1000, out _);
            vm.Zap(Va);
        }
    }

    private sealed class WriteOnly : IGpuStore
    {
        public bool TryWrite(in Translation where, ReadOnlySpan<byte> bytes) => true;
    }
}
