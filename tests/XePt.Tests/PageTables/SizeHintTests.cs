using XePt.Devices;
using XePt.Gpuva;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>Page-size flags of VMAs and what a split makes of them: PT-081, PT-083, PT-131, Q-10.</summary>
public class SizeHintTests
{
    private const ulong Va = 0x40000000;
    private const VmCreateFlags FaultMode = VmCreateFlags.LrMode | VmCreateFlags.FaultMode;

    /// <summary>A cut at a multiple of the largest page size keeps the neighbour; any other cut binds it again.</summary>
    [Theory]
    [Rule("PT-083")]
    [Rule("PT-131")]
    [InlineData("4K pages", 0x5001000, 4 * MiB, 0x3000, true)]
    [InlineData("64K pages, cut at 64K", 0x5010000, MiB, 0x20000, true)]
    [InlineData("64K pages, cut at 4K", 0x5010000, MiB, 0x21000, false)]
    [InlineData("compact, cut at 64K", 0x5010000, 4 * MiB, 0x10000, false)]
    [InlineData("compact, cut at 2M", 0x5010000, 4 * MiB, 0x200000, true)]
    [InlineData("2M pages, cut at 2M", 0x5000000, 8 * MiB, 0x200000, true)]
    [InlineData("2M pages, cut at 1M", 0x5000000, 8 * MiB, 0x100000, false)]
    [InlineData("1G page, cut at 512M", 0x80000000, GiB, 0x20000000, false)]
    [InlineData("1G pages, cut at 1G", 0x80000000, 2 * GiB, 0x40000000, true)]
    public void A_split_keeps_the_neighbour_if_the_cut_suits_the_largest_page(string why, ulong address, ulong size, ulong cut, bool keeps)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(Map(gpu.VramBo(new PhysicalRun(address & ~0xffful, size)), Va, pat: 2));

        RequestTrace unmap = gpu.Run(Unmap(Va + cut, size - cut));
        GpuvaActionInfo remap = Assert.Single(gpu.Vm.GetLastRequest().Actions);
        Assert.True(keeps == remap.Previous!.Value.IsSkipped, why);
        Assert.Equal(keeps ? 1 : 2, unmap.Tile.ReservedOps);
        Assert.Equal(keeps ? Va + cut : Va, remap.UnbindStart);
        for (ulong va = Va; va < Va + cut; va += Math.Max(Page, cut / 64) & ~0xffful)
            Assert.Equal((address & ~0xffful) + (va - Va), ByteWalker.Walk(gpu.Vm, va).Address);
        Assert.False(ByteWalker.Walk(gpu.Vm, Va + cut).IsPresent);
    }

    [Fact]
    [Rule("PT-131")]
    [Rule("PT-153")]
    public void A_kept_neighbour_takes_over_the_present_mark_and_the_largest_size()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(Map(gpu.VramBo(new PhysicalRun(0x5010000, (2 * MiB) + (64 * KiB))), Va, pat: 2));
        Assert.Equal(PageSizeHints.Size4K | PageSizeHints.Compact64K | PageSizeHints.Size64K, gpu.VmaAt(Va).PageSizes);
        gpu.Run(Unmap(Va + (2 * MiB), 64 * KiB));
        VmaInfo kept = gpu.VmaAt(Va);
        Assert.Equal(PageSizeHints.Size2M, kept.PageSizes);
        Assert.Equal((1, 0, 0), ((int)kept.TilePresent, (int)kept.TileStaged, (int)kept.TileInvalidated));
    }

    [Fact]
    [Rule("PT-082")]
    public void VMA_flags_have_the_bits_of_the_driver()
    {
        VmaFlags[] inOrder =
        [
            VmaFlags.ReadOnly, VmaFlags.Destroyed, VmaFlags.AtomicPte, VmaFlags.Pte4K, VmaFlags.Pte2M, VmaFlags.Pte1G, VmaFlags.Pte64K,
            VmaFlags.PteCompact, VmaFlags.Dumpable, VmaFlags.Mirror, VmaFlags.Autoreset,
        ];
        Assert.Equal(Enumerable.Range(0, 11).Select(bit => (VmaFlags)((uint)VmaFlags.ReadOnly << bit)), inOrder);
        Assert.True(VmaFlags.Null < VmaFlags.ReadOnly);
    }

    [Fact]
    [Rule("PT-131")]
    [Rule("UPTR-009")]
    public void Neighbours_of_a_userptr_are_always_bound_again()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.File.MapCpuMemory(0x10000000, new PhysicalRun(0x80001000, 16 * Page));
        gpu.Run(MapUserptr(0x10000000, Va, 16 * Page, pat: 2));
        RequestTrace unmap = gpu.Run(Unmap(Va + (4 * Page), Page));
        Assert.Equal([false, true, true], unmap.Tile.Ops.Select(op => op.IsBind));
        Assert.Equal(0x80001000ul + (5 * Page), ByteWalker.Walk(gpu.Vm, Va + (5 * Page)).Address);
    }

    /// <summary>A VMA without page-size flags counts as one of 1 GiB pages.</summary>
    [Fact]
    [Rule("PT-083")]
    [Rule("PT-122")]
    public void A_split_of_a_VMA_that_was_never_bound_binds_its_pieces()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        gpu.Run(Map(gpu.VramBo(new PhysicalRun(0x5000000, 4 * MiB)), Va, pat: 2));
        RequestTrace unmap = gpu.Run(Unmap(Va + (2 * MiB), Page));
        Assert.Equal((3, 2), (unmap.Tile.ReservedOps, unmap.Tile.Ops.Count));
        Assert.All(unmap.Tile.Ops, op => Assert.True(op is { IsBind: true, IsRebind: false }));
        Assert.Equal((1, 1), ((int)gpu.VmaAt(Va).TilePresent, (int)gpu.VmaAt(Va + (3 * MiB)).TilePresent));
    }

    [Fact]
    [Rule("PT-081")]
    [Rule("Q-10")]
    public void Sizes_are_added_by_a_rebind_and_never_taken_away()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        XeBo bo = gpu.VramBo(new PhysicalRun(0x40000000, 4 * MiB));
        gpu.Run(Map(bo, Va, pat: 2));
        Assert.Equal(PageSizeHints.Size2M, gpu.VmaAt(Va).PageSizes);
        gpu.Move(bo, region: 1, new PhysicalRun(0x50001000, 4 * MiB));
        Assert.Equal(PageSizeHints.Size2M | PageSizeHints.Size4K, gpu.VmaAt(Va).PageSizes);

        // Only 4 KiB entries are left, but the cut must still be 2 MiB aligned to keep the neighbour.
        Assert.Equal(2, gpu.Run(Unmap(Va + MiB, 3 * MiB)).Tile.ReservedOps);
    }

    [Fact]
    [Rule("PT-081")]
    public void The_sizes_of_an_SVM_range_go_to_its_mirror()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        gpu.Run(MapMirror(Va, GiB));
        gpu.BindRange(Va, Va + (64 * KiB), isVram: true, new PhysicalRun(0x5010000, 64 * KiB));
        Assert.Equal(PageSizeHints.Size4K | PageSizeHints.Size64K, gpu.VmaAt(Va).PageSizes);
        gpu.BindRange(Va + (2 * MiB), Va + (4 * MiB), isVram: true, new PhysicalRun(0x6000000, 2 * MiB));
        Assert.Equal(PageSizeHints.Size4K | PageSizeHints.Size64K | PageSizeHints.Size2M, gpu.VmaAt(Va).PageSizes);
        Assert.Equal(0, gpu.VmaAt(Va).TilePresent);
    }

    [Fact]
    [Rule("PT-130")]
    public void Both_neighbours_inherit_what_the_old_VMA_was_created_with()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(Map(gpu.VramBo(new PhysicalRun(0x40001000, 16 * Page)), Va, pat: 9, VmBindFlags.ReadOnly | VmBindFlags.Dumpable));
        gpu.Run(Unmap(Va + (4 * Page), Page));
        Assert.Equal(2, gpu.Vm.VmaCount);
        Assert.All(gpu.Vm.GetVmas(), vma => Assert.True(vma is { IsReadOnly: true, IsDumpable: true, PatIndex: 9, DefaultPatIndex: 9 }));
        Assert.Equal(5 * Page, gpu.VmaAt(Va + (5 * Page)).Offset);
        Assert.False(ByteWalker.Walk(gpu.Vm, Va + (5 * Page)).Has(EntryBits.Writable));
    }
}
