using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>PREFETCH of mirrors with memory behind them, as specification 02 sees it.</summary>
public class PrefetchRuleTests
{
    /// <summary>Advice (-1), which is nothing special, so the first tile's VRAM; the system; the VRAM of each tile.</summary>
    [Theory]
    [InlineData(uint.MaxValue, 1)]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [Rule("BIND-142")]
    [Rule("PFT-005")]
    [Rule("SVM-022")]
    public void The_region_says_where_the_memory_goes(uint region, int pagemap)
    {
        using var scene = new SvmScene(XePlatforms.Pvc2T);
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, Size2M, region: region));
        Assert.Equal((pagemap, pagemap > 0), ((int)scene.RangeAt(A).Pagemap, scene.IsInVram(A)));
        Assert.Equal((true, true), (scene.Vm.Translate(A).IsPresent, scene.Vm.Translate(A, tile: 1).IsPresent));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(-1, false)]
    [Rule("BIND-142")]
    public void Advice_says_where_the_memory_goes_when_no_region_does(int preferred, bool isInVram)
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Prefer(A, Size2M, preferred));
        Assert.Equal(
            Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, Size2M, region: unchecked((uint)XeConstants.ConsultMemAdvisePrefLoc)));
        Assert.Equal((isInVram, true), (scene.IsInVram(A), scene.Vm.Translate(A).IsPresent));
    }

    /// <summary>Memory, a hole, memory; a request that begins in the middle of a range and ends in the middle of one.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rule("BIND-142")]
    [Rule("BIND-143")]
    [Rule("BIND-190")]
    [Rule("BIND-262")]
    [Rule("PT-121")]
    [Rule("PT-126")]
    [Rule("PFT-006")]
    [Rule("PFT-007")]
    [Rule("PT-122")]
    public void The_scan_clips_to_each_mirror_and_jumps_over_holes(bool isCut)
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        scene.Map(A, Size2M);
        scene.Map(A + (4 * Size2M), Size2M);
        scene.Map(A + (6 * Size2M), Size2M);
        // What has no memory lies between two mirrors, and ends the scan of neither.
        if (isCut)
            Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Unmap, A + (2 * Size2M), Size2M));
        RequestTrace trace = RequestTrace.Of(
            scene.Vm, () => scene.Bind(VmBindOp.Prefetch, A + Size64K, (5 * Size2M) - (2 * Size64K)));
        Assert.Equal(Errno.Ok, trace.Error);
        Assert.Equal((true, true, true, false), (
            scene.Vm.Translate(A).IsPresent, scene.Vm.Translate(A + Size2M - 1).IsPresent,
            scene.Vm.Translate(A + (5 * Size2M) - 1).IsPresent, scene.Vm.Translate(A + (6 * Size2M)).IsPresent));
        // A range is one PT op; mirrors without any are none.
        Assert.Equal(2, trace.Tile.Ops.Count);

        // What is there already is skipped.
        trace = RequestTrace.Of(scene.Vm, () => scene.Bind(VmBindOp.Prefetch, A, 5 * Size2M));
        Assert.Equal((Errno.Ok, 0), (trace.Error, trace.Tile.Ops.Count));
    }

    /// <summary>As the vectors show it; the rules would have it get its ranges.</summary>
    [Fact]
    [Rule("BIND-139")]
    [Rule("PFT-003")]
    public void A_mirror_behind_something_else_gets_no_ranges()
    {
        using var scene = new SvmScene();
        scene.Map(A, 3 * Size2M);
        scene.Process.Unmap(AddressRange.OfSize(A + Size2M, Size2M));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A + Size2M, Size2M, VmBindFlags.Null));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, 3 * Size2M, region: 1));
        Assert.Equal((true, false), (scene.IsInVram(A), scene.HasRange(A + (2 * Size2M))));
        Assert.Equal(TranslationStatus.Null, scene.Vm.Translate(A + Size2M).Status);
        Assert.Equal(TranslationStatus.NotPresent, scene.Vm.Translate(A + (2 * Size2M)).Status);
    }

    [Fact]
    [Rule("BIND-142")]
    [Rule("PFT-008")]
    public void Another_error_fails_the_call_and_takes_its_other_ops_back()
    {
        using var scene = new SvmScene();
        scene.Map(A, 2 * Size2M);
        scene.Process.Protect(AddressRange.OfSize(A + Size2M, Size2M), CpuProtection.Read);
        ulong elsewhere = A + (1UL << 32);
        DrmXeVmBindOp[] ops =
        [
            new() { Op = VmBindOp.Map, Flags = VmBindFlags.Null | VmBindFlags.Immediate, Addr = elsewhere, Range = Size2M },
            new() { Op = VmBindOp.Prefetch, Addr = A, Range = 2 * Size2M },
        ];
        Assert.Equal(Errno.EPERM, scene.File.VmBind(scene.Vm.Id, ops));
        Assert.Equal((1, VmaKind.Mirror), (scene.Vm.VmaCount, scene.Vm.FindVma(elsewhere)!.Value.Kind));
        Assert.Empty(scene.Vm.GetMappings());
        // The range that was found first stays, without entries.
        Assert.Equal((true, false), (scene.HasRange(A), scene.HasRange(A + Size2M)));
    }

    /// <summary>A prefetch that gets no device memory, or whose pages change before the commit, is dropped: the call succeeds, its other
    /// ops are done, and nothing stale is left of what they remove.</summary>
    [Theory]
    [InlineData(FailurePoint.BlockAllocation)]
    [InlineData(FailurePoint.PageCollection)]
    [InlineData(FailurePoint.RangeCommit)]
    [Rule("BIND-209")]
    [Rule("BIND-213")]
    [Rule("PT-169")]
    [Rule("Q-08")]
    public void A_prefetch_without_memory_is_dropped_and_the_rest_of_the_call_is_done(FailurePoint point)
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        ulong removed = A + (1UL << 32), made = removed + (1UL << 30);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, removed, Size2M, VmBindFlags.Null | VmBindFlags.Immediate));
        Assert.True(scene.Vm.Translate(removed).IsPresent);
        scene.Device.Failures.Arm(point, times: FailureInjector.MostTimes);
        DrmXeVmBindOp[] ops =
        [
            new() { Op = VmBindOp.Unmap, Addr = removed, Range = Size2M },
            new() { Op = VmBindOp.Prefetch, Addr = A, Range = Size2M, PrefetchMemRegionInstance = 1 },
            new() { Op = VmBindOp.Map, Flags = VmBindFlags.Null | VmBindFlags.Immediate, Addr = made, Range = Size2M },
        ];
        Assert.Equal(Errno.Ok, scene.File.VmBind(scene.Vm.Id, ops));
        Assert.Equal((false, false, true), (
            scene.Vm.Translate(removed).IsPresent, scene.Vm.Translate(A).IsPresent, scene.Vm.Translate(made).IsPresent));
        Assert.Null(scene.Vm.FindVma(removed));

        // Later it is done as if it had not been tried.
        scene.Device.Failures.Disarm();
        Assert.Equal(Errno.Ok, scene.File.VmBind(scene.Vm.Id, ops[1]));
        Assert.True(scene.Vm.Translate(A).IsPresent);
    }

    /// <summary>Collecting the pages of a range takes away those of one that was collected before it.</summary>
    [Fact]
    [Rule("BIND-207")]
    [Rule("PT-071")]
    public void A_range_that_has_lost_its_pages_when_staging_begins_refuses_the_call()
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        scene.Map(A, 2 * Size2M);
        int tables = scene.Device.TablesInUse, collected = 0;
        scene.Device.Failures.Passing = point =>
        {
            if (point == FailurePoint.PageCollection && ++collected == 2)
                scene.Process.Discard(AddressRange.OfSize(A, Page));
        };
        Assert.Equal(Errno.EAGAIN, scene.Bind(VmBindOp.Prefetch, A, 2 * Size2M));
        Assert.Equal((tables, 0), (scene.Device.TablesInUse, scene.Vm.GetMappings().Count));
        Assert.True(collected > 1);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, 2 * Size2M));
        Assert.Equal((true, true), (scene.Vm.Translate(A).IsPresent, scene.Vm.Translate(A + Size2M).IsPresent));
    }

    [Fact]
    [Rule("BIND-044")]
    public void Garbage_is_collected_before_a_bind()
    {
        using var scene = new SvmScene(drive: DriveMode.Queued);
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        scene.Process.Unmap(AddressRange.OfSize(A, Size2M));
        Assert.True(scene.HasRange(A));
        // The arguments come first.
        Assert.Equal(Errno.EINVAL, scene.Bind(VmBindOp.Map, A + 1, Size2M, VmBindFlags.Null));
        Assert.True(scene.HasRange(A));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, Size2M, VmBindFlags.Null | VmBindFlags.Immediate));
        Assert.False(scene.HasRange(A));
    }

    [Fact]
    [Rule("PT-197")]
    public void While_a_VM_is_closed_changes_take_pages_and_touch_no_tables()
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        scene.Vm.Context.Mirrors!.Close();
        scene.Process.Unmap(AddressRange.OfSize(A, Size2M));
        Assert.Equal((false, true), (scene.RangeAt(A).Has(SvmRangeFlags.HasPages), scene.Vm.Translate(A).IsPresent));
        Assert.Equal((0L, 0), (scene.Count(GtCounter.SvmTlbInvalCount), scene.Ranges.FirstGarbage));
        scene.Vm.Destroy();
        Assert.Equal(0, scene.Process.SubscriptionCount);
    }

    [Fact]
    [Rule("BIND-014")]
    public void Garbage_that_cannot_be_collected_bans_the_VM_for_good()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        scene.Fault(A);
        scene.Device.Failures.Arm(FailurePoint.RangeUnbind);
        scene.Process.Unmap(AddressRange.OfSize(A, Size2M));
        for (int i = 0; i < 2; i++)
            Assert.Equal(Errno.ENOENT, scene.Bind(VmBindOp.Unmap, A + (1UL << 32), Size2M));
    }

    [Fact]
    [Rule("BIND-012")]
    public void Ranges_go_with_their_VM_and_its_private_BOs_stay()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        var gem = new DrmXeGemCreate { Size = Size2M, Placement = 2, CpuCaching = CpuCaching.WriteCombined, VmId = scene.Vm.Id };
        Assert.Equal(Errno.Ok, scene.File.GemCreate(ref gem));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, 1UL << 32, Size2M, VmBindFlags.Null | VmBindFlags.Immediate));

        // As long as anything of it runs the VM has its ranges and VMAs, whose pages still follow the process.
        Fence running = scene.Device.CreateFence("job");
        scene.Vm.Context.Jobs.Reservation.Add(running, FenceUsage.Bookkeep);
        int vmas = scene.Vm.VmaCount;
        scene.Vm.Destroy();
        Assert.Equal((1, 1, vmas), (scene.Ranges.Count, scene.Process.SubscriptionCount, scene.Vm.Context.Space.Count));
        scene.Process.Discard(AddressRange.OfSize(A, Size2M));
        Assert.Equal(0, (int)(scene.RangeAt(A).Flags & SvmRangeFlags.HasPages));
        running.TrySignal();
        Assert.Equal((0, 0), (scene.Ranges.Count, scene.Process.SubscriptionCount));
        // The private BO is still there, and of no VM that could be named.
        Assert.NotNull(scene.File.FindBo(gem.Handle));
        XeVm other = scene.File.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        Assert.Equal(Errno.EINVAL, scene.File.VmBind(other.Id, new DrmXeVmBindOp
        {
            Op = VmBindOp.Map,
            Obj = gem.Handle,
            Addr = A,
            Range = Size2M,
        }));
        scene.File.GemClose(gem.Handle);
    }
}
