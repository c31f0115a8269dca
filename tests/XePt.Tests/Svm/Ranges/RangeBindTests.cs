using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>How a range is bound (specification 04 section 5.5).</summary>
public class RangeBindTests
{
    /// <summary>Pages are looked at before anything is staged and once more before the commit.</summary>
    [Theory]
    [InlineData(FailurePoint.RangeBind)]
    [InlineData(FailurePoint.RangeCommit)]
    [Rule("SVM-105")]
    [Rule("CON-011")]
    public void Pages_that_change_before_the_commit_are_collected_anew_however_often(FailurePoint point)
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        scene.Map(A, Size2M);
        int changes = 0, commits = 0;
        scene.Device.Failures.Passing = passed =>
        {
            commits += passed == FailurePoint.RangeCommit ? 1 : 0;
            if (passed == point && changes++ < 20)
                scene.Process.Discard(AddressRange.OfSize(A, Page));
        };
        int tables = scene.Device.TablesInUse;
        scene.Replying = () => Assert.True(scene.Vm.Translate(A).IsPresent);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        // What is gone before staging does not come as far as the commit.
        Assert.Equal((21, point == FailurePoint.RangeBind ? 1 : 21), (changes, commits));
        Assert.Single(scene.Replies);
        Assert.Equal((21L, 1L), (scene.Count(GtCounter.Svm2MPagefaultCount), scene.Count(GtCounter.SvmPagefaultCount)));
        Assert.True(scene.Device.TablesInUse > tables);
        scene.Process.Unmap(AddressRange.OfSize(A, Size2M));
        Assert.Equal(tables, scene.Device.TablesInUse);
    }

    /// <summary>A change that comes when the last look is over waits until entries and marks are there, and takes both away.</summary>
    [Fact]
    [Rule("SVM-106")]
    [Rule("HST-033")]
    [Rule("PT-167")]
    public void Between_the_last_look_and_the_marks_nothing_changes()
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        scene.Map(A, Size2M);
        Thread? change = null;
        bool hasWaited = false;
        scene.Device.Failures.Passing = point =>
        {
            if (point != FailurePoint.Run || change is not null)
                return;
            change = new Thread(() => scene.Process.Discard(AddressRange.OfSize(A, Page)));
            change.Start();
            hasWaited = !change.Join(50);
        };
        Assert.Equal(Errno.Ok, scene.Fault(A));
        change!.Join();
        Assert.True(hasWaited);
        Assert.Empty(scene.Vm.GetMappings());
        SvmRange range = scene.RangeAt(A);
        Assert.Equal((1, 1, false), (range.TilePresent, range.TileInvalidated, range.Has(SvmRangeFlags.HasPages)));
        Assert.Equal(1L, scene.Count(GtCounter.SvmTlbInvalCount));
    }

    /// <summary>How many entries a range of some pages gets of 2 MiB, of 64 KiB in a compact table, of 4 KiB with the hint, and
    /// without.</summary>
    [Theory]
    [InlineData("bmg", "one piece", 1, 0, 0, 0)]
    [InlineData("bmg", "one piece 64K off", 0, 32, 0, 0)]
    [InlineData("bmg", "two pieces", 0, 32, 0, 0)]
    [InlineData("bmg", "one odd page", 0, 0, 31 * 16, 16)]
    [InlineData("bmg", "all odd", 0, 0, 0, 512)]
    [InlineData("bmg", "64K", 0, 0, 16, 0)]
    [InlineData("bmg", "4K", 0, 0, 0, 1)]
    [InlineData("dg1", "two pieces", 0, 0, 512, 0)]
    [InlineData("dg1", "one piece", 1, 0, 0, 0)]
    [Rule("SVM-111")]
    public void Entries_are_as_large_as_pages_and_range_allow(string platform, string pages, int huge, int compact, int hinted, int plain)
    {
        const ulong va = 1UL << 40, at = 0x5000_0000;
        PhysicalRun[] runs = pages switch
        {
            "one piece" => [new(at, Size2M)],
            "one piece 64K off" => [new(at + Size64K, Size2M)],
            "two pieces" => [new(at, Size64K), new(at + Size2M, Size2M - Size64K)],
            "one odd page" => [new(at, Page), new(at + (2 * Size2M), Size64K - Page), new(at + (4 * Size2M), Size2M - Size64K)],
            "all odd" => [new(at, Page, Count: 512, Stride: 2 * Page)],
            "64K" => [new(at, Size64K)],
            _ => [new(at, Page)],
        };
        PlatformInfo faulting = XePlatforms.TryGet(platform, out PlatformInfo? found) ? found with
        {
            HasFaultMode = true,
            HasAsid = true,
        } : throw new ArgumentException(platform);
        using var gpu = new TestGpu(faulting, VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        gpu.Run(new DrmXeVmBindOp { Op = VmBindOp.Map, Flags = VmBindFlags.CpuAddrMirror, Range = gpu.Vm.Size });
        ulong size = pages == "64K" ? Size64K : pages == "4K" ? Page : Size2M;
        Assert.Equal(Errno.Ok, gpu.BindRange(va, va + size, isVram: true, runs).Error);
        Assert.Equal(new LeafCensus(Size2M: huge, Compact64K: compact, Size4K: hinted + plain), LeafCensus.Of(gpu.Vm));
        IEnumerable<TableCopy> tables = TableCopy.All(gpu.Vm).Where(table => table.Level == 0 && !table.IsCompact);
        Assert.Equal(hinted, tables.SelectMany(table => table.Entries).Count(entry => (entry & EntryBits.Ps64) != 0));
    }

    [Fact]
    [Rule("SVM-005")]
    public void A_range_is_valid_on_a_tile_where_it_is_present_and_not_invalidated()
    {
        foreach (int present in Enumerable.Range(0, 4))
        {
            foreach (int invalidated in Enumerable.Range(0, 4))
            {
                var range = new SvmRange { TilePresent = (byte)present, TileInvalidated = (byte)invalidated };
                for (int tile = 0; tile < 2; tile++)
                    Assert.Equal((present >> tile & 1) == 1 && (invalidated >> tile & 1) == 0, range.HasValidMapping(tile));
            }
        }
    }
}
