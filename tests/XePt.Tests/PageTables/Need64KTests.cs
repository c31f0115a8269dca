using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>VMs of platforms whose VRAM can only be mapped in 64 KiB pages (PT-013, PT-080).</summary>
public class Need64KTests
{
    private const ulong Va = 0x410000;
    private const VmCreateFlags FaultMode = VmCreateFlags.LrMode | VmCreateFlags.FaultMode;

    [Theory]
    [Rule("PT-013")]
    [Rule("PT-080")]
    [InlineData("dg1", false)]
    [InlineData("dg2", true)]
    [InlineData("atsm", true)]
    [InlineData("pvc", true)]
    [InlineData("bmg", false)]
    [InlineData("cri", false)]
    public void A_4K_entry_for_VRAM_is_refused_with_a_warning_where_64K_pages_are_needed(string platform, bool isRefused)
    {
        using var gpu = new TestGpu(platform);
        XeBo bo = gpu.VramBo(new(0x40010000, 64 * KiB), new(0x40021000, 64 * KiB));
        string[] before = VmImage.Of(gpu);

        RequestTrace trace = gpu.TryRun(Map(bo, Va));
        Assert.Equal(isRefused ? Errno.EINVAL : Errno.Ok, trace.Error);
        Assert.Equal(isRefused ? 1 : 0, gpu.Vm.Counters.Warnings);
        Assert.Equal(isRefused ? "PT-080" : null, gpu.File.LastRejection.RuleId);
        Assert.Equal(isRefused, before.SequenceEqual(VmImage.Of(gpu)));
    }

    [Fact]
    [Rule("PT-080")]
    public void System_memory_has_no_such_rule()
    {
        using var gpu = new TestGpu(XePlatforms.Dg2);
        gpu.Run(Map(gpu.Bo(placements: 1, region: 0, new PhysicalRun(0x5000, 3 * Page)), 0x401000));
        Assert.Equal(new LeafCensus(Size4K: 3), LeafCensus.Of(gpu.Vm));
    }

    [Fact]
    [Rule("PT-080")]
    public void A_split_inside_a_64K_page_is_refused_and_changes_nothing()
    {
        using var gpu = new TestGpu(XePlatforms.Dg2);
        gpu.Run(Map(gpu.VramBo(new PhysicalRun(0x40010000, 128 * KiB)), Va));
        string[] before = VmImage.Of(gpu);

        Assert.Equal(Errno.EINVAL, gpu.TryRun(Unmap(Va + Page, Page)).Error);
        Assert.Equal(1, gpu.Vm.Counters.Warnings);
        Assert.Equal(before, VmImage.Of(gpu));
    }

    [Theory]
    [Rule("PT-080")]
    [InlineData(16, Page, 2 * Page)]
    [InlineData(4, 16 * KiB, 32 * KiB)]
    public void An_SVM_range_of_smaller_VRAM_pages_is_refused(int count, ulong size, ulong stride)
    {
        using var gpu = new TestGpu(XePlatforms.Pvc, FaultMode);
        gpu.Run(MapMirror(0, GiB));
        string[] before = VmImage.Of(gpu);

        var pages = new PhysicalRun(0x40000000, size, count, stride);
        Assert.Equal(Errno.EINVAL, gpu.BindRange(Va, Va + (64 * KiB), isVram: true, pages).Error);
        Assert.Equal(1, gpu.Vm.Counters.Warnings);
        Assert.Equal(before, VmImage.Of(gpu));
        Assert.Equal(Errno.Ok, gpu.BindRange(Va, Va + (64 * KiB), isVram: false, pages).Error);
    }

    [Fact]
    [Rule("PT-080")]
    public void A_failing_op_takes_the_ops_before_it_in_the_call_with_it()
    {
        using var gpu = new TestGpu(XePlatforms.Dg2);
        string[] before = VmImage.Of(gpu);
        XeBo good = gpu.VramBo(new PhysicalRun(0x40010000, 64 * KiB));
        XeBo bad = gpu.VramBo(new PhysicalRun(0x40021000, 64 * KiB));

        RequestTrace trace = gpu.TryRun(Map(good, Va), Map(bad, Va + (64 * KiB)));
        Assert.Equal(Errno.EINVAL, trace.Error);
        Assert.Single(trace.Tile.Ops);
        Assert.Equal(1, gpu.File.LastRejection.OpIndex);
        Assert.Equal(before, VmImage.Of(gpu));
    }
}
