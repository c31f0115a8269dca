using XePt.Tests.Kit;
using XePt.Uapi;
using XePt.Uapi.Formats;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>What <see cref="XeVm.GetMappings"/> lists, and that it agrees with the other views of a VM.</summary>
public class MappingsTests
{
    private const ulong Va = 4 * GiB;

    [Fact]
    public void A_map_shows_the_memory_the_device_chose_and_an_unmap_takes_it_away()
    {
        using var gpu = new TestGpu("bmg");
        var gem = new DrmXeGemCreate { Size = 2 * MiB, Placement = 2, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal(Errno.Ok, gpu.File.GemCreate(ref gem));
        XeBo bo = gpu.File.FindBo(gem.Handle)!;
        int empty = gpu.Device.TablesInUse;
        ulong before = gpu.Vm.StateHash();

        gpu.Run(Map(bo, Va, gpu.WriteBack));
        Assert.Equal(empty + 3, gpu.Device.TablesInUse);
        Assert.Equal(PageSizeHints.Size2M, gpu.VmaAt(Va).PageSizes);
        Translation inside = gpu.Vm.Translate(Va + 0x12345);
        Assert.Equal(
            (TranslationStatus.Mapped, bo.Segments[0].Address + 0x12345, 2 * MiB), (inside.Status, inside.Address, inside.PageSize));
        MappingRun run = Assert.Single(gpu.Vm.GetMappings());
        Assert.Equal(new MappingRun(AddressRange.OfSize(Va, 2 * MiB), inside.Entry, Level: 1, IsCompact: false, LeafSize: 2 * MiB), run);

        gpu.Run(Unmap(Va, 2 * MiB));
        Assert.Empty(gpu.Vm.GetMappings());
        Assert.Equal((empty, 0, before), (gpu.Device.TablesInUse, gpu.Vm.VmaCount, gpu.Vm.StateHash()));
        Assert.Equal(TranslationStatus.NotPresent, gpu.Vm.Translate(Va + 0x12345).Status);
    }

    [Fact]
    public void Leaves_of_one_size_and_consecutive_memory_are_one_run()
    {
        using var gpu = new TestGpu("bmg");
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(GiB + Page, 3 * Page), new PhysicalRun(2 * GiB, 2 * Page)), Va));
        gpu.Run(MapNull(Va + (5 * Page), 2 * Page));
        AssertRuns(gpu, (Va, 3 * Page, GiB + Page), (Va + (3 * Page), 2 * Page, 2 * GiB), (Va + (5 * Page), 2 * Page, 0));
        Assert.Equal([false, false, true], gpu.Vm.GetMappings().Select(run => run.IsNull));
    }

    /// <summary>A whole address space has 2^18 leaves here, and 2^27 elsewhere; listing them before they are joined would take 48 bytes
    /// each.</summary>
    [Fact]
    public void A_listing_takes_memory_for_its_runs_and_not_for_their_leaves()
    {
        using var gpu = new TestGpu("bmg");
        gpu.Run(MapNull(0, gpu.Vm.Size, gpu.WriteBack));
        Assert.Single(gpu.Vm.GetMappings());
        long before = GC.GetAllocatedBytesForCurrentThread();
        MappingRun run = Assert.Single(gpu.Vm.GetMappings());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 16 * 1024);
        Assert.Equal((0ul, gpu.Vm.Size, GiB), (run.Range.Start, run.Range.End, run.LeafSize));
    }

    /// <summary>The leaves of a directory are visited before those of the tables below it, and belong on both sides of them.</summary>
    [Fact]
    public void Leaves_around_a_table_are_in_order()
    {
        using var gpu = new TestGpu("bmg");
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(GiB, 6 * MiB)), Va));
        gpu.Run(Unmap(Va + (3 * MiB), Page));
        AssertRuns(
            gpu, (Va, 2 * MiB, GiB), (Va + (2 * MiB), MiB, GiB + (2 * MiB)), (Va + (3 * MiB) + Page, 15 * Page, GiB + (3 * MiB) + Page),
            (Va + (3 * MiB) + (16 * Page), MiB - (16 * Page), GiB + (3 * MiB) + (16 * Page)), (Va + (4 * MiB), 2 * MiB, GiB + (4 * MiB)));
    }

    [Fact]
    public void Another_leaf_size_or_other_attributes_begin_a_run()
    {
        using var gpu = new TestGpu("bmg");
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(GiB, (2 * MiB) + Page)), Va));
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(GiB + (2 * MiB) + Page, Page)), Va + (2 * MiB) + Page, flags: VmBindFlags.ReadOnly));
        AssertRuns(gpu, (Va, 2 * MiB, GiB), (Va + (2 * MiB), Page, GiB + (2 * MiB)), (Va + (2 * MiB) + Page, Page, GiB + (2 * MiB) + Page));
        Assert.Equal([2 * MiB, Page, Page], gpu.Vm.GetMappings().Select(run => run.LeafSize));
    }

    [Fact]
    public void Runs_go_across_tables_and_a_compact_table_says_so()
    {
        using var gpu = new TestGpu("dg2");
        gpu.Run(Map(gpu.VramBo(new PhysicalRun(GiB + (64 * KiB), 4 * MiB)), Va));
        MappingRun run = Assert.Single(gpu.Vm.GetMappings());
        Assert.Equal((Va, Va + (4 * MiB), 0, true, 64 * KiB), (run.Range.Start, run.Range.End, run.Level, run.IsCompact, run.LeafSize));
    }

    [Fact]
    public void Scratch_is_no_mapping()
    {
        using var gpu = new TestGpu("bmg", VmCreateFlags.ScratchPage);
        Assert.Empty(gpu.Vm.GetMappings());
        gpu.Run(Map(gpu.SystemPage(), Va));
        AssertRuns(gpu, (Va, Page, 0x7000));
    }

    private static void AssertRuns(TestGpu gpu, params (ulong Start, ulong Bytes, ulong Address)[] expected) => Assert.Equal(
        expected,
        gpu.Vm.GetMappings().Select(run => (run.Range.Start, run.Range.Size, run.Entry & PteFormats.AddressMask & ~(run.LeafSize - 1))));
}
