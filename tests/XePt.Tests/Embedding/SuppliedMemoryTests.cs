using XePt.Devices;
using XePt.Tests.Bind;
using XePt.Uapi;

namespace XePt.Tests.Embedding;

/// <summary>What an embedder says about physical memory is checked before anything changes, so that no entry can be made of it that the
/// device could not read.</summary>
public class SuppliedMemoryTests
{
    private const ulong Va = 0x1_0000_0000;
    private const ulong Size = 0x2000;

    /// <summary>A DMA address of the platform has 46 bits.</summary>
    private const ulong DmaEnd = 1UL << 46;

    public static TheoryData<string> BadRuns => [.. Runs.Keys];

    private static Dictionary<string, PhysicalRun[]> Runs { get; } = new()
    {
        ["none"] = [],
        ["unaligned"] = [new(0x8800, Size)],
        ["odd size"] = [new(0x8000, Size - 8)],
        ["odd stride"] = [new(0x8000, 0x1000, 2, 0x1001)],
        ["no chunk"] = [new(0x8000, Size, 0)],
        ["negative count"] = [new(0x8000, Size, -1)],
        ["wrapping chunk"] = [new(ulong.MaxValue - 0xfff, Size)],
        ["wrapping stride"] = [new(0x8000, 0x1000, 2, ulong.MaxValue - 0x7fff)],
        ["beyond the DMA width"] = [new(DmaEnd, Size)],
        ["reaching beyond it"] = [new(DmaEnd - 0x1000, Size)],
        ["striding beyond it"] = [new(0, 0x1000, 2, DmaEnd)],
        ["too much"] = [new(0, 1UL << 40, int.MaxValue)],
    };

    [Theory]
    [MemberData(nameof(BadRuns))]
    public void Bad_runs_change_nothing(string how)
    {
        PhysicalRun[] runs = Runs[how];
        using BindScene scene = NewScene();
        uint x = scene.Bo("X", Size, placement: 3);
        scene.Do(Op.Map(x, Va, Size, flags: VmBindFlags.Immediate));
        ulong before = scene.Vm.StateHash();
        int bos = scene.File.Bos.Count;
        var gem = new DrmXeGemCreate { Size = Size, Placement = 3, CpuCaching = CpuCaching.WriteCombined };

        // Without runs GEM_CREATE lets the allocator choose.
        if (runs.Length > 0)
        {
            Assert.Throws<ArgumentException>(() => scene.File.GemCreate(ref gem, 0, runs));
            Assert.Throws<ArgumentException>(() => scene.File.GemCreate(ref gem, 1, runs));
        }

        Assert.Throws<ArgumentException>(() => scene.File.MoveBo(x, 0, runs));
        Assert.Throws<ArgumentException>(() => scene.File.MoveBo(x, 1, runs));
        Assert.Throws<ArgumentException>(() => scene.File.MapCpuMemory(0x10000, runs));
        Assert.Throws<ArgumentException>(() => scene.Vm.BindRange(AddressRange.OfSize(0x1000, Size), isVram: false, runs));
        Assert.Throws<ArgumentException>(() => scene.Vm.BindRange(AddressRange.OfSize(0x1000, Size), isVram: true, runs));

        Assert.Equal((before, bos), (scene.Vm.StateHash(), scene.File.Bos.Count));
        Assert.True(scene.File.MapCpuMemory(0x10000, new PhysicalRun(DmaEnd - Size, Size)));
    }

    [Theory]
    [InlineData(0x123ul)]
    [InlineData(0x1800ul)]
    [InlineData(ulong.MaxValue - 0xfff)]
    public void Cpu_memory_begins_with_a_page_and_ends_below_2_to_the_64(ulong start)
    {
        using BindScene scene = NewScene();
        Assert.Throws<ArgumentException>(() => scene.File.MapCpuMemory(start, new PhysicalRun(0x8000, Size)));
        Assert.False(scene.File.UnmapCpuMemory(start));
    }

    [Theory]
    [InlineData(0x1800ul, 0x2800ul)]
    [InlineData(0x1000ul, 0x1ffful)]
    [InlineData(0x2000ul, 0x2000ul)]
    [InlineData(0x3000ul, 0x2000ul)]
    [InlineData(0x1000ul, 0x4000ul)]
    public void A_range_is_an_interval_of_pages_that_the_runs_fill(ulong start, ulong end)
    {
        using BindScene scene = NewScene();
        ulong before = scene.Vm.StateHash();
        Assert.Throws<ArgumentException>(() => scene.Vm.BindRange(new(start, end), isVram: false, new PhysicalRun(0x8000, Size)));
        Assert.Equal(before, scene.Vm.StateHash());
    }

    [Fact]
    public void A_bo_gets_memory_in_a_region_it_may_live_in()
    {
        using BindScene scene = NewScene();
        uint x = scene.Bo("X", Size, placement: 2);
        ulong before = scene.Vm.StateHash();
        PhysicalRun run = new(0x8000, Size);
        var gem = new DrmXeGemCreate { Size = Size, Placement = 1, CpuCaching = CpuCaching.WriteCombined };
        Assert.Throws<ArgumentException>(() => scene.File.GemCreate(ref gem, 1, [run]));
        Assert.Throws<ArgumentException>(() => scene.File.MoveBo(x, 0, [run]));
        Assert.Throws<ArgumentOutOfRangeException>(() => scene.File.MoveBo(x, 2, [run]));
        Assert.Throws<ArgumentOutOfRangeException>(() => scene.File.MoveBo(x, -1, [run]));
        Assert.Throws<ArgumentException>(() => scene.File.MoveBo(x, 1, [run, run]));
        Assert.Equal(before, scene.Vm.StateHash());
    }

    [Fact]
    public void The_base_of_a_vram_region_counts_towards_the_dma_width()
    {
        PlatformInfo pvc = XePlatforms.Pvc;
        using var scene = new BindScene(platform: pvc);
        ulong room = (1UL << pvc.DmaBits) - pvc.VramDpaBase[0];
        uint x = scene.Bo("X", 0x10000, placement: 3);
        Assert.Throws<ArgumentException>(() => scene.File.MoveBo(x, 1, [new PhysicalRun(room, 0x10000)]));
        Assert.Equal(Errno.Ok, scene.File.MoveBo(x, 1, [new PhysicalRun(room - 0x10000, 0x10000)]));
    }

    [Theory]
    [InlineData(0x123ul)]
    [InlineData(0ul)]
    [InlineData(1ul << 46)]
    public void A_page_table_window_begins_with_a_page_that_dma_reaches(ulong window) =>
        Assert.Throws<ArgumentException>(
            () => new XeDevice(XePlatforms.Bmg with { DmaBits = 46 }, new XeDeviceOptions { PageTableWindow = window }));

    [Fact]
    public void An_integrated_device_has_no_vram_to_bind()
    {
        using var scene = new BindScene(platform: XePlatforms.Lnl);
        Assert.Throws<ArgumentException>(() => scene.Vm.BindRange(
            AddressRange.OfSize(0x1000, Size), isVram: true, new PhysicalRun(0x8000, Size)));
    }

    private static BindScene NewScene()
    {
        var scene = new BindScene(platform: XePlatforms.Bmg with { DmaBits = 46 });
        scene.Do(scene.Mirror(0, Va));
        return scene;
    }
}
