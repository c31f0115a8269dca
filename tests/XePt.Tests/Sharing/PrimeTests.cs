using XePt.Devices;
using XePt.Uapi;
using XePt.Uapi.Formats;

namespace XePt.Tests.Sharing;

/// <summary>BOs through file descriptors, between clients and devices (docs/drm-core.md section 8).</summary>
public sealed class PrimeTests : IDisposable
{
    private const ulong Va = 0x1_0000_0000, Size = 0x20000;

    private readonly XeDevice _bmg, _lnl;
    private readonly XeFile _a, _b, _other;

    public PrimeTests()
    {
        var descriptors = new XeDescriptors();
        _bmg = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { Descriptors = descriptors });
        _lnl = new XeDevice(XePlatforms.Lnl, new XeDeviceOptions { Descriptors = descriptors });
        (_a, _b, _other) = (_bmg.OpenFile(), _bmg.OpenFile(), _lnl.OpenFile());
    }

    public void Dispose()
    {
        _bmg.Dispose();
        _lnl.Dispose();
    }

    [Fact]
    [Rule("DRM-025")]
    [Rule("BIND-037")]
    public void Flags_handle_and_owner_are_looked_at_before_anything_is_exported()
    {
        uint vm = VmOf(_a);
        uint bo = Bo(_a), own = Bo(_a, vm: vm);
        Refused(_a.PrimeHandleToFd, new DrmPrimeHandle { Handle = 77, Flags = (PrimeFlags)1 }, Errno.EINVAL, "flags");
        Refused(_a.PrimeHandleToFd, new DrmPrimeHandle { Handle = 77 }, Errno.ENOENT, "handle");
        Refused(_a.PrimeHandleToFd, new DrmPrimeHandle { Handle = own }, Errno.EPERM, "handle");
        Assert.Equal(0, _a.Descriptors.Count);
        Assert.Equal((3, 4), (Export(_a, bo), Export(_a, bo)));
        Assert.True(_a.Descriptors.Close(3));
        Assert.False(_a.Descriptors.Close(3));
        Assert.Equal(3, Export(_a, bo));
        var flags = new DrmPrimeHandle { Handle = bo, Flags = PrimeFlags.CloseOnExec | PrimeFlags.ReadWrite };
        Assert.Equal((Errno.Ok, 5), (_a.PrimeHandleToFd(ref flags), flags.Fd));
    }

    [Fact]
    [Rule("DRM-025")]
    [Rule("BIND-040")]
    public void An_open_descriptor_keeps_the_bo_alive()
    {
        uint bo = Bo(_a);
        int fd = Export(_a, bo);
        Assert.Equal(Errno.Ok, _a.GemClose(bo));
        uint again = Import(_b, fd);
        Assert.Equal(Size, _b.FindBo(again)!.Size);
        Assert.Equal(Errno.Ok, _b.GemClose(again));
        Assert.True(Used(_bmg, 1) > 0);
        Assert.True(_a.Descriptors.Close(fd));
        Assert.Equal(0ul, Used(_bmg, 1));
        Refused(_b.PrimeFdToHandle, new DrmPrimeHandle { Fd = fd }, Errno.EBADF, "fd");
    }

    [Fact]
    [Rule("DRM-027")]
    public void A_bo_of_the_same_device_is_itself()
    {
        uint bo = Bo(_a);
        int fd = Export(_a, bo), second = Export(_a, bo);
        Assert.Equal((bo, bo), (Import(_a, fd), Import(_a, second)));
        uint mine = Import(_b, fd);
        Assert.Equal(mine, Import(_b, second));
        Assert.Equal(_a.FindBo(bo)!.Number, _b.FindBo(mine)!.Number);
        // One close is enough, for the second import has given no reference.
        Assert.Equal(Errno.Ok, _b.GemClose(mine));
        Assert.Null(_b.FindBo(mine));
        Assert.Equal(Errno.Ok, Map(_a, VmOf(_a), bo, pat: 0));
        Assert.Equal(Errno.Ok, Map(_b, VmOf(_b), Import(_b, fd), pat: 9));
    }

    [Fact]
    [Rule("DRM-027")]
    public void What_is_open_and_no_bo_is_invalid_and_what_is_not_open_bad()
    {
        uint sync = _a.SyncobjCreate();
        var export = new DrmSyncobjHandle { Handle = sync };
        Assert.Equal(Errno.Ok, _a.SyncobjHandleToFd(ref export));
        Refused(_a.PrimeFdToHandle, new DrmPrimeHandle { Fd = export.Fd, Flags = (PrimeFlags)~0u }, Errno.EINVAL, "fd");
        foreach (int fd in (int[])[-1, 0, 2, 9, int.MaxValue, int.MinValue])
            Refused(_a.PrimeFdToHandle, new DrmPrimeHandle { Fd = fd }, Errno.EBADF, "fd");
    }

    [Theory]
    [InlineData(0, Errno.EINVAL, "BIND-098")]
    [InlineData(1, Errno.Ok, null)]
    [InlineData(2, Errno.Ok, null)]
    [InlineData(9, Errno.EINVAL, "BIND-098")]
    [Rule("BIND-098")]
    [Rule("DRM-028")]
    public void An_imported_bo_wants_a_coherent_pat_entry(int pat, Errno errno, string? rule)
    {
        uint imported = Import(_other, Export(_a, Bo(_a, placement: 3)));
        uint vm = VmOf(_other);
        ulong before = _other.FindVm(vm)!.StateHash();
        Assert.Equal((errno, rule), (Map(_other, vm, imported, pat), _other.LastRejection.RuleId));
        if (errno == Errno.Ok)
            return;
        Assert.Equal(before, _other.FindVm(vm)!.StateHash());
        Assert.Equal(Errno.Ok, Map(_other, vm, imported, pat: 1));
    }

    /// <summary>Its pages are the exporter's, so nothing of this device can move them (FLT-045), and of a move of the exporter's nobody has
    /// to be told because there is none (EVT-001).</summary>
    [Fact]
    [Rule("FLT-045")]
    [Rule("EVT-001")]
    public void An_imported_bo_is_not_moved_for_an_atomic_nor_by_an_eviction()
    {
        using var device = new XeDevice(XePlatforms.Pvc, new XeDeviceOptions { Descriptors = _bmg.Descriptors });
        XeFile file = device.OpenFile();
        uint bo = Bo(_a, placement: 3), imported = Import(file, Export(_a, bo));
        XeVm vm = file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        Assert.Equal(Errno.Ok, file.VmBind(vm.Id, Op(imported, Va, (int)device.Platform.Pat.IndexWriteBack)));
        GpuAccess access = vm.Atomic(Va, GpuAtomic.On64(GpuAtomicOperation.Add, 1), out _);
        Assert.Equal((GpuAccessStatus.Nacked, Errno.EINVAL), (access.Status, access.Error));
        Assert.True(vm.Access(Va, GpuAccessKind.Write, [1]).IsDone);
        ulong at = vm.Translate(Va).Address;
        Assert.Equal((Errno.Ok, Errno.Ok), (_bmg.EvictAll(), device.EvictAll()));
        Assert.Equal((at, 0L), (vm.Translate(Va).Address, vm.Counters.ZapInvalidations));
    }

    /// <summary>No table of the driver has an entry that is coherent and compresses, so one is made up.</summary>
    [Fact]
    [Rule("BIND-099")]
    public void An_imported_bo_is_not_bound_compressed()
    {
        PatTable table = XePlatforms.Lnl.Pat;
        PatTable both = table with { Entries = table.Entries.SetItem(1, table.Entries[1] with { Compressed = true }) };
        using var device = new XeDevice(XePlatforms.Lnl with { Pat = both }, new XeDeviceOptions { Descriptors = _bmg.Descriptors });
        XeFile file = device.OpenFile();
        uint vm = VmOf(file), imported = Import(file, Export(_a, Bo(_a, placement: 3)));
        Assert.Equal((Errno.EINVAL, "BIND-099"), (Map(file, vm, imported, pat: 1), file.LastRejection.RuleId));
        Assert.Equal(Errno.Ok, Map(file, vm, imported, pat: 2));
        uint own = Bo(file, placement: 1);
        Assert.Equal(Errno.Ok, file.VmBind(vm, Op(own, Va + Size, pat: 1)));
    }

    [Fact]
    [Rule("DRM-028")]
    [Rule("DRM-029")]
    public void The_pages_are_those_of_the_exporter_and_stay_where_they_are()
    {
        uint bo = Bo(_a, placement: 3);
        uint vmA = VmOf(_a), vm = VmOf(_other);
        Assert.Equal(Errno.Ok, Map(_a, vmA, bo, pat: 1));
        Assert.Equal(1, _a.FindBo(bo)!.Region);
        int fd = Export(_a, bo);
        uint imported = Import(_other, fd);
        XeBo there = _a.FindBo(bo)!, here = _other.FindBo(imported)!;
        Assert.Equal((0, 0, true), (there.Region, here.Region, there.IsPinned));
        Assert.Equal(there.Segments, here.Segments);
        Assert.Equal(1u, here.Placements);
        Assert.Equal(Errno.Ok, Map(_other, vm, imported, pat: 1));
        Assert.Equal(there.Segments[0].Address, _other.FindVm(vm)!.Translate(Va).Address);
        // The exporter's VM still shows the old place, as after any move.
        Assert.Equal(Errno.Ok, _a.FindVm(vmA)!.RebindEvicted());
        Assert.Equal(there.Segments[0].Address, _a.FindVm(vmA)!.Translate(Va).Address);

        Assert.Equal(Errno.EBUSY, _a.MoveBo(bo, 1));
        Assert.Equal(Errno.EBUSY, _a.MoveBo(bo, 1, [new PhysicalRun(0, Size)]));
        Assert.Equal("DRM-029", _a.LastRejection.RuleId);
        Assert.Equal(Errno.Ok, _other.GemClose(imported));
        Assert.Equal(Errno.EBUSY, _a.MoveBo(bo, 1));
        Assert.Equal(Errno.Ok, _other.VmDestroy(new DrmXeVmDestroy { VmId = vm }));
        Assert.False(there.IsPinned);
        Assert.Equal(Errno.Ok, _a.MoveBo(bo, 1));
    }

    [Fact]
    [Rule("DRM-028")]
    public void Each_file_of_another_device_has_a_bo_of_its_own_and_each_knows_it_again()
    {
        XeFile second = _lnl.OpenFile();
        int fd = Export(_a, Bo(_a, placement: 3));
        uint first = Import(_other, fd), its = Import(second, fd);
        Assert.Equal(first, Import(_other, fd));
        Assert.NotEqual(_other.FindBo(first)!.Number, second.FindBo(its)!.Number);
        Assert.Equal(_other.FindBo(first)!.Segments, second.FindBo(its)!.Segments);
    }

    [Fact]
    [Rule("DRM-026")]
    public void An_imported_bo_is_exported_as_what_it_came_from()
    {
        uint bo = Bo(_a, placement: 3);
        uint imported = Import(_other, Export(_a, bo));
        int back = Export(_other, imported);
        Assert.Equal(bo, Import(_a, back));
        Assert.Equal(_a.FindBo(bo)!.Number, _b.FindBo(Import(_b, back))!.Number);
        Assert.Equal(imported, Import(_other, back));
    }

    [Fact]
    [Rule("DRM-028")]
    public void What_other_devices_cannot_reach_is_refused_and_nothing_is_left_behind()
    {
        uint vram = Bo(_a, placement: 2), pinned = Bo(_a, placement: 3);
        Assert.Equal(Errno.Ok, _a.PinBo(pinned, isPinned: true));
        (int first, int second) = (Export(_a, vram), Export(_a, pinned));
        Refused(_other.PrimeFdToHandle, new DrmPrimeHandle { Fd = first }, Errno.EOPNOTSUPP, "fd");
        Refused(_other.PrimeFdToHandle, new DrmPrimeHandle { Fd = second }, Errno.EBUSY, "fd");
        Assert.Equal((1, 1), (_a.FindBo(vram)!.Region, _a.FindBo(pinned)!.Region));
        Assert.Empty(_other.Bos);
        Assert.Equal(Errno.Ok, _a.PinBo(pinned, isPinned: false));
        Assert.Equal(1u, Import(_other, second));

        using var old = new XeDevice(XePlatforms.Tgl with { DmaBits = 12 }, new XeDeviceOptions { Descriptors = _bmg.Descriptors });
        XeFile narrow = old.OpenFile();
        uint low = Bo(_a, placement: 1);
        Refused(narrow.PrimeFdToHandle, new DrmPrimeHandle { Fd = Export(_a, low) }, Errno.EBUSY, "fd");
        Assert.False(_a.FindBo(low)!.IsPinned);
        Assert.Empty(narrow.Bos);
    }

    [Fact]
    [Rule("DRM-028")]
    public void A_deferred_bo_gets_its_memory_when_another_device_imports_it()
    {
        uint bo = Bo(_a, placement: 3, flags: GemCreateFlags.DeferBacking);
        int fd = Export(_a, bo);
        Assert.Null(_a.FindBo(bo)!.Region);
        uint imported = Import(_other, fd);
        Assert.Equal(_a.FindBo(bo)!.Segments, _other.FindBo(imported)!.Segments);
        Assert.Equal(Size, (ulong)_a.FindBo(bo)!.Segments.Sum(piece => (long)piece.Size));
    }

    [Fact]
    [Rule("DRM-028")]
    public void Either_device_may_go_first()
    {
        int fd = Export(_a, Bo(_a, placement: 3));
        uint imported = Import(_other, fd), vm = VmOf(_other);
        _bmg.Dispose();
        Assert.Equal(Errno.Ok, Map(_other, vm, imported, pat: 1));
        XeFile late = _lnl.OpenFile();
        Refused(late.PrimeFdToHandle, new DrmPrimeHandle { Fd = fd }, Errno.ENODEV, "fd");
        Assert.Equal(Errno.Ok, _other.GemClose(imported));
        Assert.True(_other.Descriptors.Close(fd));

        using var device = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { Descriptors = _lnl.Descriptors });
        XeFile file = device.OpenFile();
        uint bo = Bo(file, placement: 3);
        Import(_other, Export(file, bo));
        _lnl.Dispose();
        Assert.False(file.FindBo(bo)!.IsPinned);
    }

    [Fact]
    public void Tables_are_shared_by_choice()
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile(), sibling = device.OpenFile();
        int fd = Export(file, Bo(file));
        Assert.Equal(1u, Import(sibling, fd));
        sibling.Descriptors = new XeDescriptors();
        Refused(sibling.PrimeFdToHandle, new DrmPrimeHandle { Fd = fd }, Errno.EBADF, "fd");
    }

    private delegate Errno Call(ref DrmPrimeHandle args);

    private static void Refused(Call call, DrmPrimeHandle args, Errno errno, string field)
    {
        XeFile file = (XeFile)call.Target!;
        DrmPrimeHandle before = args;
        Assert.Equal((errno, field), (call(ref args), file.LastRejection.Field));
        Assert.Equal((before.Handle, before.Flags, before.Fd), (args.Handle, args.Flags, args.Fd));
    }

    private static uint Bo(XeFile file, uint placement = 2, uint vm = 0, GemCreateFlags flags = 0)
    {
        uint usable = placement & file.Device.Platform.MemoryRegionMask;
        CpuCaching caching = usable == 1 ? CpuCaching.WriteBack : CpuCaching.WriteCombined;
        var args = new DrmXeGemCreate { Size = Size, Placement = usable, CpuCaching = caching, VmId = vm, Flags = flags };
        Assert.Equal(Errno.Ok, file.GemCreate(ref args));
        return args.Handle;
    }

    private static uint VmOf(XeFile file)
    {
        var args = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, file.VmCreate(ref args));
        return args.VmId;
    }

    private static DrmXeVmBindOp Op(uint bo, ulong va, int pat) =>
        new() { Op = VmBindOp.Map, Obj = bo, Addr = va, Range = Size, PatIndex = (ushort)pat };

    private static Errno Map(XeFile file, uint vm, uint bo, int pat) => file.VmBind(vm, Op(bo, Va, pat));

    private static int Export(XeFile file, uint bo)
    {
        var args = new DrmPrimeHandle { Handle = bo };
        Assert.Equal(Errno.Ok, file.PrimeHandleToFd(ref args));
        return args.Fd;
    }

    private static uint Import(XeFile file, int fd)
    {
        var args = new DrmPrimeHandle { Fd = fd };
        Assert.Equal(Errno.Ok, file.PrimeFdToHandle(ref args));
        return args.Handle;
    }

    private static ulong Used(XeDevice device, int region) => device.Memory.Regions[region].Allocator.UsedBytes;
}
