using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>Worked examples W-01 to W-12 and W-21 of specification 03: one bind, its records and the tree it makes.</summary>
public class WorkedBindTests
{
    [Fact]
    [Rule("PT-066")]
    [Rule("PT-074")]
    public void W_01_system_BO_with_scattered_4K_pages() => OneBind("W-01", XePlatforms.Tgl, gpu =>
        Map(gpu.SystemBo(new(0x5000000, 4 * KiB), new(0x7003000, 4 * KiB), new(0x6001000, 4 * KiB), new(0x6002000, 4 * KiB)), 0x100000));

    [Fact]
    [Rule("PT-079")]
    [Rule("PT-074")]
    public void W_02_system_BO_with_an_aligned_64K_block_gets_the_hint() => OneBind("W-02", XePlatforms.Mtl, gpu =>
        Map(gpu.SystemBo(new PhysicalRun(0x80030000, 72 * KiB)), 0x210000, pat: 3));

    [Fact]
    [Rule("PT-080")]
    public void W_03_VRAM_64K_pages_in_a_normal_table() => OneBind("W-03", XePlatforms.Dg2, gpu =>
        Map(gpu.VramBo(new(0x40010000, 64 * KiB), new(0x40100000, 64 * KiB)), 0x410000));

    [Fact]
    [Rule("PT-077")]
    public void W_04_scattered_64K_blocks_covering_2M_make_a_compact_table() => OneBind("W-04", XePlatforms.Dg2, gpu =>
    {
        IEnumerable<ulong> blocks = Enumerable.Range(0, 32).Select(i => 0x50000000 + (ulong)(7 * i % 32 * 0x20000));
        return Map(gpu.VramBo([.. blocks.Select(address => new PhysicalRun(address, 64 * KiB))]), 0x600000);
    });

    [Fact]
    [Rule("PT-033")]
    [Rule("PT-074")]
    public void W_05_VRAM_2M_leaves_with_a_region_base() => OneBind("W-05", XePlatforms.Bmg with { VramDpaBase = [0x100000000] }, gpu =>
        Map(gpu.VramBo(new(0x40000000, 2 * MiB), new(0x40600000, 2 * MiB)), 0x800000, pat: 2));

    [Fact]
    [Rule("PT-073")]
    public void W_06_VRAM_1G_leaf() => OneBind("W-06", XePlatforms.Bmg, gpu =>
        Map(gpu.VramBo(new PhysicalRun(0x80000000, GiB)), 0xc0000000, pat: 2));

    [Fact]
    [Rule("PT-088")]
    public void W_07_mixed_page_sizes_in_one_VMA() => OneBind("W-07", XePlatforms.Bmg, gpu =>
        Map(
            gpu.VramBo(new(0x40000000, 2 * MiB), new(0x50010000, 2 * MiB), new(0x60000000, 64 * KiB), new(0x61001000, 4 * KiB)),
            0x40000000,
            pat: 2));

    [Fact]
    [Rule("PT-073")]
    public void W_08_unaligned_start_with_VA_and_address_congruent() => OneBind("W-08", XePlatforms.Bmg, gpu =>
        Map(gpu.VramBo(new PhysicalRun(0x701ff000, (2 * MiB) + (8 * KiB))), 0x401ff000, pat: 2));

    [Fact]
    [Rule("PT-073")]
    public void W_09_unaligned_start_with_VA_and_address_not_congruent() => OneBind("W-09", XePlatforms.Bmg, gpu =>
        Map(gpu.VramBo(new PhysicalRun(0x70000000, (2 * MiB) + (4 * KiB))), 0x401ff000, pat: 2));

    [Fact]
    [Rule("PT-091")]
    public void W_10_NULL_binding() => OneBind("W-10", XePlatforms.Lnl, _ => MapNull(0x40000000, GiB + (2 * MiB) + (64 * KiB) + (4 * KiB)));

    [Fact]
    [Rule("PT-024")]
    public void W_11_read_only_BO() => OneBind("W-11", XePlatforms.Ptl, gpu =>
        Map(gpu.SystemBo(new PhysicalRun(0x90000000, 8 * KiB)), 0x1000, pat: 2, VmBindFlags.ReadOnly));

    [Fact]
    [Rule("PT-067")]
    public void W_12_userptr_pages_are_merged()
    {
        using var example = new WorkedExample("W-12", XePlatforms.Ptl, VmCreateFlags.LrMode);
        example.Gpu.File.MapCpuMemory(
            0x7f0000010000, new(0x100010000, 64 * KiB), new(0x100020000, 4 * KiB), new(0x100040000, 16 * KiB));
        example.Bind("A", MapUserptr(0x7f0000010000, 0x7f0000010000, 84 * KiB, pat: 2));
        example.SayTree();
        example.AssertAsSpecified();
    }

    [Fact]
    [Rule("PT-003")]
    public void W_21_five_levels_reach_above_2_to_the_48()
    {
        using var example = new WorkedExample("W-21", XePlatforms.Pvc with { VramDpaBase = [0] }, VmCreateFlags.LrMode);
        XeBo bo = example.Gpu.Bo(placements: 2, region: 1, new PhysicalRun(0x40000000, 64 * KiB));
        example.Bind("A", Map(bo, 0x0123456789ab0000, pat: 3));
        example.SayTree();
        example.AssertAsSpecified();
    }

    private static void OneBind(string id, PlatformInfo platform, Func<TestGpu, DrmXeVmBindOp> op)
    {
        using var example = new WorkedExample(id, platform);
        example.Bind("A", op(example.Gpu));
        example.SayTree();
        example.AssertAsSpecified();
    }
}
