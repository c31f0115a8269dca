using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>Worked examples W-18 to W-20, W-24 and W-25 of specification 03: zaps, SVM ranges, clear-on-bind and mirrors.</summary>
public class WorkedFaultModeTests
{
    private const VmCreateFlags FaultMode = VmCreateFlags.LrMode | VmCreateFlags.FaultMode;
    private const ulong Start = 0x3ffff000;
    private const ulong Size = (2 * MiB) + (8 * KiB);

    /// <summary>The pages change behind the mapping: a BO can be moved, and its leaves are those of the userptr in the document.</summary>
    [Fact]
    [Rule("PT-113")]
    [Rule("PT-114")]
    [Rule("PT-115")]
    public void W_18_zap_then_rebind_to_other_pages()
    {
        using var example = new WorkedExample("W-18", XePlatforms.Ptl, FaultMode);
        TestGpu gpu = example.Gpu;
        XeBo bo = gpu.SystemBo(new(0x500000000, 4 * KiB), new(0x500200000, 2 * MiB), new(0x500400000, 4 * KiB));
        example.Bind("A", Map(bo, Start, pat: 2, VmBindFlags.Immediate));
        example.SayTree();

        gpu.Move(bo, region: 0, new(0x600000000, 4 * KiB), new(0x600200000, 2 * MiB), new(0x600400000, 4 * KiB));
        example.SayZap("A", gpu.Vm.Counters.ZapInvalidations == 1);
        example.SayTree();
        example.SayBind("A", gpu.Fault(Start), Start);
        example.AssertAsSpecified();
    }

    [Fact]
    [Rule("PT-113")]
    [Rule("PT-115")]
    public void W_18_zap_of_the_userptr_itself_then_rebind_to_the_same_pages()
    {
        using var gpu = new TestGpu(XePlatforms.Ptl, FaultMode);
        gpu.File.MapCpuMemory(Start, new(0x500000000, 4 * KiB), new(0x500200000, 2 * MiB), new(0x500400000, 4 * KiB));
        gpu.Run(MapUserptr(Start, Start, Size, pat: 2, VmBindFlags.Immediate));
        string[] bound = gpu.Tree();

        Assert.Equal(Errno.Ok, gpu.Vm.Zap(Start));
        Assert.Equal(3, bound.Except(gpu.Tree()).Count());

        RequestTrace rebind = gpu.Fault(Start);
        Assert.Equal(
            ["T4(L0) entry 511 = 0x500000413", "T5(L1) entry 0 = 0x500200493", "T6(L0) entry 0 = 0x500400413"],
            rebind.Op.Records.Select(record => record.ToString()));
        Assert.True(rebind.Op.IsRebind);
        Assert.Equal((0x3fe00000ul, 0x403ffffful), (rebind.Tile.Start, rebind.Tile.Last));
        Assert.Equal(bound, gpu.Tree());
    }

    [Fact]
    [Rule("PT-036")]
    [Rule("PT-139")]
    public void W_19_SVM_range_with_device_and_system_pages()
    {
        const ulong start = 0x7f0000200000, end = start + (2 * MiB);
        using var example = new WorkedExample("W-19", XePlatforms.Bmg, FaultMode);
        TestGpu gpu = example.Gpu;
        gpu.Run(MapMirror(0x7f0000000000, GiB, pat: 2));

        RequestTrace bind = gpu.BindMixedRange(
            start, end,
            vram: [new(0x40000000, MiB), new(0x40210000, 64 * KiB)],
            system: [new(0x300001000, Page), new(0x300005000, Page), new(0x310000000, Page, Count: 238, Stride: Page)]);
        example.SayBind("R", bind, start);
        example.SayTree();
        example.SayZap("R", gpu.Vm.ZapRange(new(start, end)));
        Assert.Contains("L1 T3[1] VA 0x7f0000200000 = 0x0 -> T4", gpu.Tree());
        example.SayUnbind("R", gpu.UnbindRange(start, end), start, end);
        example.AssertAsSpecified();
    }

    [Fact]
    [Rule("PT-077")]
    public void W_20_SVM_range_of_scattered_64K_pages_makes_a_compact_table()
    {
        const ulong start = 0x7f0000400000;
        using var example = new WorkedExample("W-20", XePlatforms.Bmg, FaultMode);
        example.Gpu.Run(MapMirror(0x7f0000000000, GiB, pat: 2));
        PhysicalRun pages = new(0x60000000, 64 * KiB, Count: 32, Stride: 0x20000);
        example.SayBind("R", example.Gpu.BindRange(start, start + (2 * MiB), isVram: true, pages), start);
        example.SayTree();
        example.AssertAsSpecified();
    }

    [Fact]
    [Rule("PT-090")]
    [Rule("PT-156")]
    public void W_24_clear_on_bind_counts_its_entries_again_at_the_fault()
    {
        using var example = new WorkedExample("W-24", XePlatforms.Bmg, FaultMode | VmCreateFlags.ScratchPage);
        XeBo bo = example.Gpu.VramBo(new PhysicalRun(0x30000000, 8 * KiB));
        example.Bind("A", Map(bo, 0x200000, pat: 2));
        example.SayTree();

        RequestTrace fault = example.Gpu.Fault(0x200000);
        Assert.False(fault.Op.IsRebind);
        example.SayBind("A2", fault, 0x200000);
        example.SayTree();
        example.AssertAsSpecified();
    }

    [Fact]
    [Rule("PT-123")]
    [Rule("PT-124")]
    [Rule("PT-132")]
    public void W_25_mirror_VMA_holds_no_page_table_state()
    {
        const ulong start = 0x7f0000200000;
        using var example = new WorkedExample("W-25", XePlatforms.Bmg, FaultMode);
        TestGpu gpu = example.Gpu;

        gpu.Run(MapMirror(0x7f0000000000, GiB));
        Assert.Empty(gpu.Vm.GetLastRequest().Updates);
        Assert.Equal(["num_live: T0=0"], gpu.Tree());

        XeBo bo = gpu.Bo(placements: 2, region: 1, new PhysicalRun(0x48000000, 64 * KiB));
        Assert.Equal(1, example.Bind("BO", Map(bo, start, pat: 2, VmBindFlags.Immediate)).Tile.ReservedOps);
        example.SayTree();

        Assert.Equal(1, example.Unbind("BO", MapMirror(start, 64 * KiB), start, start + (64 * KiB)).Tile.ReservedOps);
        example.SayTree();
        example.AssertAsSpecified();
        Assert.All(gpu.Vm.GetVmas(), vma => Assert.Equal((VmaKind.Mirror, 0), (vma.Kind, (int)vma.TilePresent)));
    }
}
