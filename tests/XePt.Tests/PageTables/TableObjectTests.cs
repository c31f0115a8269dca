using XePt.Devices;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Memory;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>Tables as objects: where they are, when they are made and freed (specification 03 sections 6 and 18).</summary>
public class TableObjectTests
{
    [Theory]
    [Rule("PT-055")]
    [InlineData("dg2")]
    [InlineData("pvc-2t")]
    [InlineData("bmg")]
    public void Tables_of_a_discrete_device_are_in_the_VRAM_of_their_tile(string platform)
    {
        using var device = new XeDevice(TestGpu.Named(platform));
        XeFile file = device.OpenFile();
        var create = new DrmXeVmCreate();
        file.VmCreate(ref create);
        XeVm vm = file.FindVm(create.VmId)!;
        for (int tile = 0; tile < device.Platform.TileCount; tile++)
        {
            ulong vram = device.Platform.VramDpaBase[tile];
            Assert.InRange(vm.RootAddress(tile), vram, vram + device.Platform.VramBytesPerTile - Page);
        }
    }

    [Fact]
    [Rule("PT-011")]
    [Rule("PT-054")]
    public void A_VM_whose_tables_cannot_all_be_made_leaves_none_behind()
    {
        using var device = new XeDevice(XePlatforms.Pvc2T);
        XeFile file = device.OpenFile();
        for (int tables = 0; tables < 6; tables++)
        {
            device.Failures.Arm(FailurePoint.Allocation, tables);
            var create = new DrmXeVmCreate { Flags = VmCreateFlags.ScratchPage };
            Assert.Equal(Errno.ENOMEM, file.VmCreate(ref create));
            Assert.Equal((0, 0), (device.TablesInUse, file.Vms.Count));
        }

        var last = new DrmXeVmCreate { Flags = VmCreateFlags.ScratchPage };
        Assert.Equal(Errno.Ok, file.VmCreate(ref last));
        Assert.Equal(6, device.TablesInUse);
    }

    [Fact]
    [Rule("PT-060")]
    [Rule("PT-061")]
    [Rule("PT-107")]
    public void Clearing_one_entry_frees_the_whole_subtree_below_it()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        // 4 KiB pages all over 64 MiB: 32 level-0 tables and three above them.
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x40000000, Page, Count: 16384, Stride: 2 * Page)), 0x40000000));
        Assert.Equal(1 + 34, gpu.Device.TablesInUse);
        long written = gpu.Vm.Counters.EntriesPublished;

        RequestTrace unbind = gpu.Run(Unmap(0x40000000, 64 * MiB));
        Assert.Equal(34, unbind.Tile.Freed.Count);
        Assert.Equal(34, gpu.Vm.Counters.TablesFreed);
        Assert.Equal(written + 1, gpu.Vm.Counters.EntriesPublished);
        Assert.Equal(1, gpu.Device.TablesInUse);
    }

    [Fact]
    [Rule("PT-059")]
    [Rule("PT-084")]
    [Rule("PT-085")]
    public void A_bind_into_empty_space_publishes_one_entry_whatever_its_size()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        RequestTrace bind = gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x40001000, 8 * MiB)), 0x40000000));
        Assert.Equal((1L, 6L), (gpu.Vm.Counters.EntriesPublished, gpu.Vm.Counters.TablesMade));
        Assert.Equal(6, bind.Op.NewTables.Count);
        Assert.Equal([1, 1, 4, 512, 512, 512, 512], TableCopy.All(gpu.Vm).Select(table => table.Live));
    }

    [Theory]
    [Rule("PT-064")]
    [Rule("PT-108")]
    [MemberData(nameof(GeometryTests.AllPlatforms), MemberType = typeof(GeometryTests))]
    public void The_last_unbind_frees_everything_but_the_root(string platform)
    {
        using var gpu = new TestGpu(platform);
        ulong root = gpu.Vm.RootAddress();
        int empty = gpu.Device.TablesInUse;
        XeBo bo = gpu.SystemBo(new PhysicalRun(0x40010000, 3 * MiB));
        gpu.Run(Map(bo, 0x210000, pat: gpu.WriteBack), MapNull(0x40000000, GiB + Page, pat: gpu.WriteBack));
        gpu.Run(Unmap(0, gpu.Vm.Size));
        Assert.Equal((empty, root, 0), (gpu.Device.TablesInUse, gpu.Vm.RootAddress(), gpu.Vm.VmaCount));
        Assert.Equal(0, TableCopy.All(gpu.Vm).Single().Live);
    }

    [Theory]
    [Rule("PT-196")]
    [InlineData("tgl", VmCreateFlags.None)]
    [InlineData("dg2-g10", VmCreateFlags.LrMode)]
    [InlineData("pvc-2t", VmCreateFlags.LrMode | VmCreateFlags.FaultMode)]
    [InlineData("bmg", VmCreateFlags.LrMode | VmCreateFlags.FaultMode | VmCreateFlags.ScratchPage)]
    public void Closing_a_VM_frees_all_tables_with_mappings_of_every_kind_in_it(string platform, VmCreateFlags mode)
    {
        using var gpu = new TestGpu(platform, mode);
        gpu.File.MapCpuMemory(0x10000, new PhysicalRun(0x5000, Page));
        XeBo bo = gpu.SystemBo(new PhysicalRun(0x40010000, 3 * MiB));
        gpu.Run(
            Map(bo, 0x210000, pat: gpu.WriteBack, VmBindFlags.Immediate),
            MapUserptr(0x10000, 0x1000000, Page, gpu.WriteBack, VmBindFlags.Immediate),
            MapNull(0x40000000, GiB + Page, gpu.WriteBack));
        if ((mode & VmCreateFlags.FaultMode) != 0)
        {
            gpu.Run(MapMirror(0x100000000, GiB, gpu.WriteBack));
            gpu.BindRange(0x100000000, 0x100010000, isVram: false, new PhysicalRun(0x6000, 64 * KiB));
            gpu.Vm.Zap(0x210000);
        }

        Assert.Equal(Errno.Ok, gpu.File.VmDestroy(new DrmXeVmDestroy { VmId = gpu.Vm.Id }));
        Assert.Equal((0, 0), (gpu.Device.TablesInUse, gpu.File.Vms.Count));
    }

    /// <summary>The zeros are there in a scratch VM too, where an entry without mapping is not zero, and whether or not the walker holds a
    /// pin.</summary>
    [Theory]
    [Rule("PT-196")]
    [MemberData(nameof(GeometryTests.AllPlatforms), MemberType = typeof(GeometryTests))]
    public void A_walker_that_kept_the_root_of_a_closed_VM_finds_nothing(string platform)
    {
        foreach (VmCreateFlags mode in new[] { VmCreateFlags.None, VmCreateFlags.ScratchPage })
        {
            using var gpu = new TestGpu(platform, mode);
            ulong[] roots = Fill(gpu);
            Close(gpu, roots);

            using var pinned = new TestGpu(platform, mode);
            roots = Fill(pinned);
            using (pinned.Device.EnterWalk())
                Close(pinned, roots);
        }

        static ulong[] Fill(TestGpu gpu)
        {
            gpu.Run(Map(gpu.SystemPage(), 0x210000, pat: gpu.WriteBack), MapNull(gpu.Vm.Size - Page, Page, pat: gpu.WriteBack));
            ulong[] roots = [.. Enumerable.Range(0, gpu.Device.Platform.TileCount).Select(gpu.Vm.RootAddress)];
            Assert.All(roots, (root, tile) => Assert.True(ByteWalker.Walk(gpu.Vm, 0x210000, tile, root).IsPresent));
            return roots;
        }

        static void Close(TestGpu gpu, ulong[] roots)
        {
            ulong last = gpu.Vm.Size - Page;
            Assert.Equal(Errno.Ok, gpu.File.VmDestroy(new DrmXeVmDestroy { VmId = gpu.Vm.Id }));
            for (int tile = 0; tile < roots.Length; tile++)
            {
                foreach (ulong va in new ulong[] { 0x210000, 0, 0x4000000000, last })
                {
                    WalkEnd end = ByteWalker.Walk(gpu.Vm, va, tile, roots[tile]);
                    Assert.Equal((0ul, gpu.Device.Platform.RootLevel), (end.Entry, end.Level));
                }
            }
        }
    }

    /// <summary>A job that was to write into the root when its fence signals comes too late, and the zeros stay.</summary>
    [Fact]
    [Rule("PT-196")]
    public void A_bind_that_waits_when_its_file_is_closed_does_not_write_the_root_again()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        ulong root = gpu.Vm.RootAddress();
        uint fence = gpu.File.SyncobjCreate(signalled: false);
        Fence later = gpu.Device.CreateFence("later");
        Assert.Equal(Errno.Ok, gpu.File.SyncobjAttach(fence, later));
        var args =
            new DrmXeVmBind { VmId = gpu.Vm.Id, NumBinds = 1, NumSyncs = 1, Bind = Map(gpu.SystemPage(), 0x210000, pat: gpu.WriteBack) };
        Assert.Equal(Errno.Ok, gpu.File.VmBind(args, [], [new DrmXeSync { Handle = fence }]));
        gpu.File.Dispose();
        later.TrySignal();
        Assert.Equal(0ul, ByteWalker.Walk(gpu.Vm, 0x210000, 0, root).Entry);
    }

    /// <summary>Tables that clear-on-bind has counted twice outlive their VMA, not the VM.</summary>
    [Fact]
    [Rule("PT-196")]
    [Rule("Q-02")]
    public void Closing_a_VM_frees_tables_whose_counts_are_too_high()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, VmCreateFlags.LrMode | VmCreateFlags.FaultMode | VmCreateFlags.ScratchPage);
        gpu.Run(Map(gpu.SystemPage(), 0x200000));
        gpu.Fault(0x200000);
        gpu.Run(Unmap(0x200000, Page));
        Assert.Equal(0, gpu.Vm.VmaCount);
        Assert.True(gpu.Device.TablesInUse > 3);

        gpu.File.VmDestroy(new DrmXeVmDestroy { VmId = gpu.Vm.Id });
        Assert.Equal(0, gpu.Device.TablesInUse);
    }

    /// <summary>A NULL mapping of the whole address space has 512 directories of 1 GiB leaves, which take no memory for children, even when
    /// they are written anew.</summary>
    [Fact]
    [Rule("PT-053")]
    public void Only_directories_with_children_have_numbers_of_children()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        for (int round = 0; round < 2; round++)
        {
            gpu.Run(MapNull(0, gpu.Vm.Size));
            Assert.Equal("4: 1 of 1, 3: 1 of 1, 2: 0 of 512", OwnChildren(gpu));
        }

        gpu.Run(MapNull(0, Page));
        Assert.Equal("4: 1 of 1, 3: 1 of 1, 2: 1 of 512, 1: 1 of 1", OwnChildren(gpu));
        gpu.Run(Unmap(0, gpu.Vm.Size));
        Assert.Equal(1, gpu.Device.TablesInUse);
    }

    private static unsafe string OwnChildren(TestGpu gpu)
    {
        PageTablePool pool = gpu.Vm.Context.Tables[0].Pool;
        IEnumerable<IGrouping<byte, TablePage>> levels = TableCopy.All(gpu.Vm, tile: 0)
            .Select(table => pool.Page(table.Number + pool.FirstPage))
            .Where(page => page.Level > 0).GroupBy(page => page.Level).OrderByDescending(level => level.Key);
        return string.Join(
            ", ", levels.Select(level => $"{level.Key}: {level.Count(page => page.Children != pool.NoChildren)} of {level.Count()}"));
    }
}
