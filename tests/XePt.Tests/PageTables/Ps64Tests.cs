using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>
/// The 64 KiB hint of entries in normal level-0 tables (PT-078, PT-079), and which pieces of memory count as one (PT-065 to PT-067).
/// </summary>
public class Ps64Tests
{
    private const ulong Va = 0x210000;

    [Theory]
    [Rule("PT-079")]
    [Rule("PT-078")]
    [InlineData("aligned chunk", Va, 0x80010000, 64 * KiB, 16)]
    [InlineData("address not aligned", Va, 0x80011000, 64 * KiB, 0)]
    [InlineData("VA not aligned", Va + Page, 0x80010000, 64 * KiB, 0)]
    [InlineData("both off by the same, one whole chunk inside", Va + Page, 0x80011000, 128 * KiB, 16)]
    [InlineData("chunk begins before the range", Va + Page, 0x80011000, 64 * KiB, 0)]
    [InlineData("chunk ends behind the range", Va, 0x80010000, 60 * KiB, 0)]
    [InlineData("two chunks and a rest", Va, 0x80010000, 132 * KiB, 32)]
    public void A_chunk_has_the_hint_if_it_lies_aligned_in_the_range(string why, ulong va, ulong address, ulong size, int hinted)
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(address, size)), va));
        Assert.True(hinted == HintedCount(gpu), why);
        Assert.Equal(hinted > 0, gpu.VmaAt(va).PageSizes.HasFlag(PageSizeHints.Size64K));
    }

    [Fact]
    [Rule("PT-078")]
    public void A_chunk_must_end_inside_the_range_even_if_its_segment_goes_on()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x80010000, 256 * KiB)), Va, size: 124 * KiB));
        Assert.Equal(16, HintedCount(gpu));
    }

    [Theory]
    [Rule("PT-079")]
    [MemberData(nameof(GeometryTests.AllPlatforms), MemberType = typeof(GeometryTests))]
    public void The_hint_does_not_depend_on_the_platform(string platform)
    {
        using var gpu = new TestGpu(platform);
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x80010000, 64 * KiB)), Va, pat: gpu.WriteBack));
        Assert.Equal(16, HintedCount(gpu));
    }

    [Fact]
    [Rule("PT-066")]
    [Rule("PT-070")]
    public void Segments_of_a_system_BO_are_not_joined()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x80010000, 32 * KiB, Count: 2, Stride: 32 * KiB)), Va));
        Assert.Equal(0, HintedCount(gpu));
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x90000000, Page, Count: 16, Stride: Page)), Va + (64 * KiB)));
        Assert.Equal(0, HintedCount(gpu));
    }

    [Fact]
    [Rule("PT-065")]
    [Rule("PT-070")]
    public void Blocks_of_a_VRAM_BO_are_not_joined()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(Map(gpu.VramBo(new PhysicalRun(0x80010000, 32 * KiB, Count: 2, Stride: 32 * KiB)), Va));
        Assert.Equal(0, HintedCount(gpu));
    }

    [Fact]
    [Rule("PT-067")]
    [Rule("PT-070")]
    public void Pages_of_a_userptr_are_joined()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.File.MapCpuMemory(
            0x10000000, new(0x80010000, Page, Count: 16, Stride: Page), new(0x80040000, Page, Count: 16, Stride: 2 * Page));
        gpu.Run(MapUserptr(0x10000000, Va, 128 * KiB));
        Assert.Equal(16, HintedCount(gpu));
    }

    [Fact]
    [Rule("PT-067")]
    [Rule("PT-070")]
    public void Pages_of_an_SVM_range_are_joined_if_they_are_of_one_kind()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        gpu.Run(MapMirror(0, GiB));
        gpu.BindMixedRange(
            Va, Va + (128 * KiB), vram: [new(0x80010000, 32 * KiB, Count: 2, Stride: 32 * KiB)], system: [new(0x80020000, 64 * KiB)]);
        Assert.Equal(32, HintedCount(gpu));

        const ulong other = 0x400000;
        gpu.BindMixedRange(other, other + (64 * KiB), vram: [new(0x80000000, 32 * KiB)], system: [new(0x80008000, 32 * KiB)]);
        Assert.Equal(32, HintedCount(gpu));
    }

    [Fact]
    [Rule("PT-067")]
    public void A_userptr_starts_in_the_middle_of_its_CPU_memory()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.File.MapCpuMemory(0x10000000, new PhysicalRun(0x80000000, 256 * KiB));
        gpu.Run(MapUserptr(0x10000000 + (60 * KiB), Va - Page, 72 * KiB));
        Assert.Equal(0x8000f000ul, ByteWalker.Walk(gpu.Vm, Va - Page).Address);
        Assert.Equal(16, HintedCount(gpu));
    }

    [Fact]
    [Rule("PT-069")]
    public void Alignment_is_that_of_the_address_without_the_region_base()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg with { VramDpaBase = [0x100001000] });
        gpu.Run(Map(gpu.VramBo(new(0x80010000, 64 * KiB), new(0x8002f000, 64 * KiB)), Va));
        Assert.Equal(16, HintedCount(gpu));
        WalkEnd hinted = ByteWalker.Walk(gpu.Vm, Va);
        Assert.Equal((0x180011000ul, true), (hinted.Address, hinted.Has(EntryBits.Ps64)));
    }

    private static int HintedCount(TestGpu gpu) => TableCopy.All(gpu.Vm)
        .Where(table => table is { Level: 0, IsCompact: false })
        .Sum(table => table.Entries.Count(entry => (entry & EntryBits.Ps64) != 0));
}
