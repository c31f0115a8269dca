using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>What is mapped and prefetched in one array is counted once, whatever was there before (docs/deviations.md,
/// prefetch_of_staged).</summary>
public class PrefetchCountTests
{
    private const ulong Va = 0x40000000;
    private const int Pages = 4;

    [Theory]
    [Rule("PT-093")]
    [Rule("PT-100")]
    [InlineData("hole")]
    [InlineData("mapped twice")]
    [InlineData("longer")]
    [InlineData("shorter")]
    [InlineData("same")]
    [InlineData("unmapped first")]
    [InlineData("other BO")]
    [InlineData("null")]
    [InlineData("from pieces")]
    [InlineData("not prefetched")]
    [InlineData("prefetched before")]
    [InlineData("prefetched twice")]
    public void Entries_count_once_whatever_was_there(string how)
    {
        using var gpu = new TestGpu(XePlatforms.Lnl);
        ulong size = Pages * Page;
        XeBo bo = gpu.SystemBo(new PhysicalRun(0x80001000, 2 * size)), other = gpu.SystemBo(new PhysicalRun(0x90001000, 2 * size));
        DrmXeVmBindOp Whole(XeBo of, ulong bytes) => Map(of, Va, gpu.WriteBack) with { Range = bytes };
        DrmXeVmBindOp map = Whole(bo, size), prefetch = Prefetch(Va, size);
        if (how is not ("hole" or "mapped twice"))
            gpu.Run(how == "null" ? MapNull(Va, size)
                : Whole(how == "other BO" ? other : bo, how switch { "longer" => 2 * size, "shorter" => Page, _ => size }));

        DrmXeVmBindOp[] ops = how switch
        {
            "mapped twice" => [map, map, prefetch],
            "unmapped first" => [Unmap(Va, size), map, prefetch],
            "from pieces" => [MapNull(Va + Page, Page), map, prefetch],
            "not prefetched" => [map, map],
            "prefetched before" => [prefetch, map],
            "prefetched twice" => [map, prefetch, prefetch],
            _ => [map, prefetch],
        };
        gpu.Run(ops);

        // What is left of a longer VMA counts as well.
        int rest = how == "longer" ? Pages : 0;
        Assert.Equal(Pages + rest, LeafTable(gpu).Live);
        gpu.Run(Unmap(Va, 2 * size));
        Assert.DoesNotContain(TableCopy.All(gpu.Vm), table => table.Level == 0);
        Assert.False(gpu.Vm.Translate(Va).IsPresent);
    }

    [Fact]
    [Rule("PT-100")]
    public void Every_allocation_may_fail()
    {
        using var gpu = new TestGpu(XePlatforms.Lnl);
        XeBo bo = gpu.SystemBo(new PhysicalRun(0x80001000, Page));
        gpu.Run(Map(bo, Va, gpu.WriteBack));
        ulong before = gpu.Vm.StateHash();
        var rules = new HashSet<string>();
        for (int after = 0; ; after++)
        {
            gpu.Device.Failures.Arm(FailurePoint.Allocation, after);
            RequestTrace trace = gpu.TryRun(Map(bo, Va, gpu.WriteBack), Prefetch(Va, Page));
            gpu.Device.Failures.Disarm();
            if (trace.Error == Errno.Ok)
                break;
            rules.Add(gpu.File.LastRejection.RuleId);
            Assert.Equal((after, before), (after, gpu.Vm.StateHash()));
        }

        Assert.Contains("BIND-052", rules);
        Assert.Equal(1, LeafTable(gpu).Live);
    }

    private static TableCopy LeafTable(TestGpu gpu) => TableCopy.All(gpu.Vm).Single(table => table.Level == 0);
}
