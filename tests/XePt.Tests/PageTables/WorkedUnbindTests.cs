using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>Worked examples W-13 to W-17, W-22 and W-23 of specification 03: several operations on one tree.</summary>
public class WorkedUnbindTests
{
    [Fact]
    [Rule("PT-108")]
    [Rule("PT-106")]
    public void W_13_partial_unbind_keeps_the_table_and_the_last_one_frees_up_to_the_root()
    {
        using var example = new WorkedExample("W-13", XePlatforms.Tgl);
        TestGpu gpu = example.Gpu;
        example.Bind("A", Map(gpu.SystemBo(new PhysicalRun(0x1000000, 8 * KiB)), 0x200000));
        example.Bind("B", Map(gpu.SystemBo(new PhysicalRun(0x2000000, 8 * KiB)), 0x210000));
        example.Unbind("A", Unmap(0x200000, 8 * KiB), 0x200000, 0x202000);
        example.SayTree();
        example.Unbind("B", Unmap(0x210000, 8 * KiB), 0x210000, 0x212000);
        example.SayTree();
        example.AssertAsSpecified();
    }

    [Fact]
    [Rule("PT-038")]
    [Rule("PT-063")]
    [Rule("PT-176")]
    public void W_14_bind_and_unbind_on_a_scratch_VM()
    {
        using var example = new WorkedExample("W-14", XePlatforms.Bmg, VmCreateFlags.ScratchPage | VmCreateFlags.LrMode);
        XeBo bo = example.Gpu.Bo(placements: 2, region: 1, new PhysicalRun(0x30000000, 4 * KiB));

        Assert.True(example.Bind("A", Map(bo, 0x8000000000, pat: 2)).Tile.NeedsInvalidation);
        example.SayTree();
        Assert.True(example.Unbind("A", Unmap(0x8000000000, 4 * KiB), 0x8000000000, 0x8000001000).Tile.NeedsInvalidation);
        example.SayTree();

        example.AssertAsSpecified();
        IEnumerable<ulong> empty = Enumerable.Range(0, 5).Select(level => example.Gpu.Vm.EmptyEntry(level));
        Assert.Equal([0xa13ul, 0xa93ul, 0xa93ul, 0x1000101bul, 0x1000201bul], empty);
    }

    [Fact]
    [Rule("PT-131")]
    public void W_15_remap_skips_both_neighbours_when_the_cuts_are_2M_aligned()
    {
        using var example = new WorkedExample("W-15", XePlatforms.Bmg);
        TestGpu gpu = example.Gpu;
        example.Bind("A", Map(gpu.VramBo(new(0x40000000, 2 * MiB), new(0x40800000, 2 * MiB), new(0x41000000, 2 * MiB)), 0x1000000, pat: 2));
        example.Unbind("A", Unmap(0x1200000, 2 * MiB), 0x1200000, 0x1400000);
        example.SayTree();
        example.AssertAsSpecified();

        GpuvaActionInfo remap = Assert.Single(gpu.Vm.GetLastRequest().Actions);
        Assert.True(remap.Previous is { IsSkipped: true } && remap.Next is { IsSkipped: true });
    }

    [Fact]
    [Rule("PT-131")]
    [Rule("PT-142")]
    [Rule("PT-095")]
    public void W_16_remap_rebinds_both_neighbours_when_the_cut_is_inside_a_2M_page()
    {
        using var example = new WorkedExample("W-16", XePlatforms.Bmg);
        example.Bind("A", Map(example.Gpu.VramBo(new PhysicalRun(0x40000000, 4 * MiB)), 0x1000000, pat: 2));

        RequestTrace remap = example.Gpu.Run(Unmap(0x1210000, 64 * KiB));

        // The engine has one hull for the three operations; the document gives each one's own.
        const ulong last = 0xffffffffffff;
        Assert.Equal((0ul, last), (remap.Tile.Start, remap.Tile.Last));
        IReadOnlyList<OpTrace> ops = remap.Tile.Ops;
        Assert.Equal(3, ops.Count);
        example.SayUnbind("A", ops[0], 0x1000000, 0x1400000, 0, last);
        example.SayFreed(remap);
        example.SayBind("prev", ops[1], 0, last, WorkedExample.PageSizesText(example.Gpu.VmaAt(0x1000000).PageSizes));
        example.SayBind("next", ops[2], 0x1220000, 0x13fffff, WorkedExample.PageSizesText(example.Gpu.VmaAt(0x1220000).PageSizes));
        example.SayTree();
        example.AssertAsSpecified();
    }

    [Fact]
    [Rule("PT-075")]
    [Rule("PT-093")]
    public void W_17_rebind_after_the_BO_moved_from_VRAM_to_system_and_back()
    {
        using var example = new WorkedExample("W-17", XePlatforms.Bmg);
        TestGpu gpu = example.Gpu;
        XeBo a = gpu.VramBo(new PhysicalRun(0x40000000, 2 * MiB));
        example.Bind("A", Map(a, 0x1000000, pat: 2));
        example.Bind("B", Map(gpu.VramBo(new PhysicalRun(0x7fff000, 4 * KiB)), 0x1200000, pat: 2));

        RequestTrace evicted = gpu.Move(a, region: 0, new PhysicalRun(0x200000000, 4 * KiB, Count: 512, Stride: 0x2000));
        Assert.True(evicted.Op.IsRebind);
        example.SayBind("A", evicted, 0x1000000);
        example.SayTree();
        example.SayBind("A", gpu.Move(a, region: 1, new PhysicalRun(0x44000000, 2 * MiB)), 0x1000000);
        example.SayTree();
        example.AssertAsSpecified();
    }

    [Fact]
    [Rule("PT-088")]
    [Rule("PT-105")]
    [Rule("PT-106")]
    [Rule("PT-162")]
    public void W_22_records_of_a_bind_between_two_populated_tables()
    {
        using var example = new WorkedExample("W-22", XePlatforms.Tgl);
        TestGpu gpu = example.Gpu;
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x10000, 4 * KiB)), 0x200000));
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x20000, 4 * KiB)), 0x7ff000));

        example.Bind("A", Map(gpu.SystemBo(new PhysicalRun(0x80000000, 4 * MiB)), 0x300000));
        example.Unbind("A", Unmap(0x300000, 4 * MiB), 0x300000, 0x700000);
        example.AssertAsSpecified();
    }

    [Fact]
    [Rule("PT-099")]
    [Rule("PT-097")]
    [Rule("PT-098")]
    public void W_23_aborted_bind_and_aborted_unbind_leave_no_trace()
    {
        using var example = new WorkedExample("W-23", XePlatforms.Tgl);
        TestGpu gpu = example.Gpu;
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x1000000, 8 * KiB)), 0x200000));
        string[] before = VmImage.Of(gpu);
        XeBo b = gpu.SystemBo(new PhysicalRun(0x3000000, 4 * KiB));

        gpu.Device.Failures.Arm(FailurePoint.Prepare);
        RequestTrace bind = gpu.TryRun(Map(b, 0x40000000));
        Assert.Equal(Errno.ENOSPC, bind.Error);
        // The VMA is gone with the abort, so that its page sizes can only be what the document says.
        example.SayBind("B", bind.Op, bind.Tile.Start, bind.Tile.Last, "{4K}");
        example.SayFreed(bind);
        Assert.Equal(before, VmImage.Of(gpu));

        gpu.Device.Failures.Arm(FailurePoint.Prepare);
        RequestTrace unbind = gpu.TryRun(Unmap(0x200000, 8 * KiB));
        Assert.Equal(Errno.ENOSPC, unbind.Error);
        example.SayUnbind("A", unbind, 0x200000, 0x202000);
        example.SayTree();
        example.AssertAsSpecified();
        Assert.Equal(before, VmImage.Of(gpu));
    }
}
