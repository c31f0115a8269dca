using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>
/// MAP without IMMEDIATE in a fault-mode scratch VM: accesses must fault instead of reading scratch (PT-090, PT-133, PT-156).
/// </summary>
public class ClearOnBindTests
{
    private const ulong Va = 0x40000000;

    /// <summary>
    /// The rule would allow one zero per covered large entry; the reference's vectors (bind_*_fault_scratch) always show 4 KiB zeros, and
    /// vectors win.
    /// </summary>
    [Fact]
    [Rule("PT-090")]
    [Rule("Q-03")]
    [Rule("PT-074")]
    public void Every_page_gets_a_zero_entry_of_its_own()
    {
        using TestGpu gpu = NewGpu();
        RequestTrace map = gpu.Run(Map(gpu.VramBo(new PhysicalRun(0x40000000, 4 * MiB)), Va, pat: 2));
        List<TableCopy> leafTables = TableCopy.All(gpu.Vm).FindAll(table => table.Level == 0);
        Assert.Equal(2, leafTables.Count);
        Assert.All(leafTables, table => Assert.Equal((false, 512), (table.IsCompact, table.Live)));
        Assert.All(leafTables.SelectMany(table => table.Entries), entry => Assert.Equal(0ul, entry));
        Assert.Equal(PageSizeHints.Size4K, gpu.VmaAt(Va).PageSizes);
        Assert.True(map.Tile.NeedsInvalidation);
    }

    [Fact]
    [Rule("PT-156")]
    [Rule("PT-153")]
    [Rule("Q-02")]
    public void The_VMA_stays_staged_and_not_present_until_its_fault()
    {
        using TestGpu gpu = NewGpu();
        gpu.Run(Map(gpu.SystemPage(), Va, pat: 2));
        Assert.Equal((1, 0, 0), Masks(gpu));

        RequestTrace fault = gpu.Fault(Va);
        Assert.False(fault.Op.IsRebind);
        Assert.Equal((0, 1, 0), Masks(gpu));
        Assert.Equal(2, TableCopy.All(gpu.Vm)[^1].Live);
        Assert.Equal(0x7000ul, ByteWalker.Walk(gpu.Vm, Va).Address);
    }

    [Fact]
    [Rule("PT-156")]
    [Rule("PT-111")]
    public void An_unmap_before_any_fault_takes_the_zero_entries_away()
    {
        using TestGpu gpu = NewGpu();
        gpu.Run(Map(gpu.SystemPage(), Va, pat: 2));
        Assert.Equal(0ul, ByteWalker.Walk(gpu.Vm, Va).Entry);

        RequestTrace unmap = gpu.Run(Unmap(Va, Page));
        Assert.Single(unmap.Tile.Ops);
        Assert.True(ByteWalker.Walk(gpu.Vm, Va).Has(EntryBits.Null));
        Assert.Equal(3, gpu.Device.TablesInUse);
    }

    [Fact]
    [Rule("PT-090")]
    public void NULL_mappings_are_cleared_too_and_their_fault_brings_the_NULL_leaves()
    {
        using TestGpu gpu = NewGpu();
        gpu.Run(MapNull(Va, 2 * MiB, pat: 0));
        Assert.Equal((0, 0ul), ByteWalker.Walk(gpu.Vm, Va) is var end ? (end.Level, end.Entry) : default);
        // The chunks of a NULL VMA always pass the test for a compact table, also while it is being cleared; the vectors show this, too.
        Assert.True(TableCopy.All(gpu.Vm)[^1] is { IsCompact: true, Live: 32 });
        gpu.Fault(Va);
        Assert.Equal((1, 0x283ul), ByteWalker.Walk(gpu.Vm, Va) is var leaf ? (leaf.Level, leaf.Entry) : default);
    }

    /// <summary>
    /// The reference's vectors show this (bind_bmg_fault_scratch, sequence 84), so XePt keeps it; docs/deviations.md names the consequence.
    /// A split leaves the compact table of a cleared NULL VMA behind, without an owner. Each 4 KiB entry that a partial bind writes there
    /// is the entry of another 64 KiB to every walker.
    /// </summary>
    [Fact]
    [Rule("PT-090")]
    [Rule("PT-084")]
    public void A_partial_bind_into_a_left_compact_table_is_found_at_the_wrong_address()
    {
        const ulong Left = Va + (2 * MiB);
        using TestGpu gpu = NewGpu();
        gpu.Run(MapNull(Va, 4 * MiB, pat: 0));
        gpu.Run(Unmap(Va, 2 * MiB));
        Assert.True(TableCopy.All(gpu.Vm)[^1] is { Va: Left, IsCompact: true, Live: 32 });

        gpu.Run(Map(gpu.SystemPage(0x7_0000), Left + (2 * Page), pat: 2) with { Flags = VmBindFlags.Immediate });
        TableCopy mixed = TableCopy.All(gpu.Vm)[^1];
        Assert.Equal((true, 32 + 512), (mixed.IsCompact, mixed.Live));
        Assert.Equal(0x7_0000ul, mixed.Entries[2] & EntryBits.AddressMask);

        // The page is not where it was bound but at the third 64 KiB, which belongs to the NULL VMA.
        Assert.True(ByteWalker.Walk(gpu.Vm, Left + (2 * Page)).Has(EntryBits.Null));
        Assert.Equal(0x7_3000ul, ByteWalker.Walk(gpu.Vm, Left + (2 * 64 * KiB) + (3 * Page)).Address);
        Assert.Equal(VmaKind.Null, gpu.VmaAt(Left + (2 * 64 * KiB)).Kind);
    }

    /// <summary>The comparison with the page model leaves such a table out whole: also where an entry has bits that none of 64 KiB
    /// has.</summary>
    [Fact]
    public void The_check_of_tables_leaves_a_mixed_table_out()
    {
        const ulong Left = Va + (2 * MiB);
        using TestGpu gpu = NewGpu();
        gpu.Run(MapNull(Va, 4 * MiB, pat: 0));
        gpu.Run(Unmap(Va, 2 * MiB));
        gpu.Run(Map(gpu.SystemPage(0x7_f000), Left, pat: 2) with { Flags = VmBindFlags.Immediate });
        Assert.Equal(0xf000ul, TableCopy.All(gpu.Vm)[^1].Entries[0] & 0xf000);
        Assert.Null(gpu.Vm.CheckTables());
    }

    private static TestGpu NewGpu() =>
        new(XePlatforms.Bmg, VmCreateFlags.LrMode | VmCreateFlags.FaultMode | VmCreateFlags.ScratchPage);

    private static (int Staged, int Present, int Invalidated) Masks(TestGpu gpu) =>
        gpu.VmaAt(Va) is var vma ? (vma.TileStaged, vma.TilePresent, vma.TileInvalidated) : default;
}
