using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>What comes of a PREFETCH (specification 04 chapter 11).</summary>
public class PrefetchOutcomeTests
{
    private const ulong Word = A - (1UL << 32);

    [Fact]
    [Rule("PFT-001")]
    public void A_region_is_one_of_the_device_and_for_prefetches_without_a_bo()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        uint bo = scene.Bo(Size2M);
        foreach (uint region in (uint[])[2, 31, 32, uint.MaxValue - 1])
            Assert.Equal(Errno.EINVAL, scene.Bind(VmBindOp.Prefetch, A, Size2M, region: region));
        Assert.Equal(Errno.EINVAL, scene.Bind(VmBindOp.Unmap, A, Size2M, region: 1));
        Assert.Equal(Errno.EINVAL, scene.Bind(VmBindOp.Map, A, Size2M, region: 1, bo: bo));
        Assert.Equal(Errno.EINVAL, scene.Bind(VmBindOp.Prefetch, A, Size2M, region: 1, bo: bo));
        foreach (uint region in (uint[])[0, 1, uint.MaxValue])
            Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, Size2M, region: region));
        using var integrated = new SvmScene(XePlatforms.Lnl);
        Assert.Equal(Errno.EINVAL, integrated.Bind(VmBindOp.Prefetch, A, Size2M, region: 1));
    }

    /// <summary>A range is left alone only where it is valid on all tiles and its memory is where it is wanted.</summary>
    [Fact]
    [Rule("PFT-009")]
    [Rule("PFT-014")]
    public void What_is_valid_everywhere_and_in_its_place_is_skipped()
    {
        using var scene = new SvmScene(XePlatforms.Pvc2T);
        scene.Map(A, Size2M);
        int looks = 0;
        scene.Device.Failures.Passing = point => looks += point == FailurePoint.RangeCommit ? 1 : 0;
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((1, 1), (looks, scene.RangeAt(A).Pagemap));
        (uint Region, int Looks)[] steps = [(1, 2), (1, 2), (2, 3), (2, 3), (0, 4), (0, 4), (1, 5)];
        foreach ((uint region, int expected) in steps)
        {
            DrmXeSync sync = UserFence(scene);
            DrmXeVmBindOp op = new() { Op = VmBindOp.Prefetch, Addr = A, Range = Size2M, PrefetchMemRegionInstance = region };
            var args = new DrmXeVmBind { VmId = scene.Vm.Id, NumBinds = 1, NumSyncs = 1, Bind = op };
            Assert.Equal(Errno.Ok, scene.File.VmBind(args, [op], [sync]));
            Assert.Equal((expected, true), (looks, IsSignalled(scene)));
            Assert.Equal((3, 0, (int)region), (scene.RangeAt(A).TilePresent, scene.RangeAt(A).TileInvalidated, scene.RangeAt(A).Pagemap));
        }

        // Entries that one tile has lost are reason enough.
        Assert.Equal(Errno.Ok, scene.Advise(A, Size2M, AtomicAccess.Device));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, Size2M, region: 1));
        Assert.True(scene.Vm.Translate(A, tile: 1).IsPresent);
    }

    [Fact]
    [Rule("PFT-010")]
    public void Memory_goes_to_the_system_whatever_comes_of_it_or_to_the_device_in_one_attempt()
    {
        using var scene = new SvmScene();
        scene.Map(A, 2 * Size2M);
        scene.Map(A + (2 * Size2M), Size2M, kind: CpuVmaKind.Shared);
        int attempts = 0;
        scene.Device.Failures.Passing = point => attempts += point == FailurePoint.BlockAllocation ? 1 : 0;
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, 3 * Size2M, region: 1));
        // What cannot move is bound where it is.
        Assert.Equal((2, true, false, true), (attempts, scene.IsInVram(A), scene.IsInVram(A + (2 * Size2M)),
            scene.Vm.Translate(A + (2 * Size2M)).IsPresent));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, Size2M));
        Assert.Equal((false, true, 1), (scene.IsInVram(A), scene.Vm.Translate(A).IsPresent, scene.Memory.DeviceBlocks));

        // The eviction fails, and so do all later looks: the pages are left where they are.
        scene.Device.Failures.Arm(FailurePoint.Copy, times: FailureInjector.MostTimes);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A + Size2M, Size2M));
        scene.Device.Failures.Disarm();
        Assert.Equal(1, scene.Memory.DeviceBlocks);
    }

    /// <summary>Errors of the move, of the pages and of the commit that leave the call as if nothing had been asked; and
    /// others.</summary>
    [Theory]
    [InlineData(FailurePoint.BlockAllocation, Errno.Ok, Errno.Ok)]
    [InlineData(FailurePoint.Copy, Errno.Ok, Errno.Ok)]
    [InlineData(FailurePoint.PageCollection, Errno.EFAULT, Errno.Ok)]
    [InlineData(FailurePoint.PageCollection, Errno.EPERM, Errno.Ok)]
    [InlineData(FailurePoint.PageCollection, Errno.EOPNOTSUPP, Errno.Ok)]
    [InlineData(FailurePoint.RangeCommit, Errno.Ok, Errno.Ok)]
    [InlineData(FailurePoint.PageCollection, Errno.ENOMEM, Errno.ENOMEM)]
    [InlineData(FailurePoint.PageCollection, Errno.EBUSY, Errno.EBUSY)]
    [Rule("PFT-011")]
    [Rule("BIND-055")]
    public void A_prefetch_that_comes_to_nothing_succeeds_and_binds_none_of_its_ranges(FailurePoint point, Errno error, Errno answer)
    {
        using var scene = new SvmScene();
        scene.Map(A, 2 * Size2M);
        // The second range is the one that fails.
        scene.Device.Failures.Arm(point, skip: point == FailurePoint.RangeCommit ? 0 : 1, times: FailureInjector.MostTimes, error: error);
        DrmXeSync sync = UserFence(scene);
        DrmXeVmBindOp[] ops =
        [
            new() { Op = VmBindOp.Map, Flags = VmBindFlags.Null | VmBindFlags.Immediate, Addr = A + (1UL << 32), Range = Size2M },
            new() { Op = VmBindOp.Prefetch, Addr = A, Range = 2 * Size2M, PrefetchMemRegionInstance = 1 },
        ];
        var args = new DrmXeVmBind { VmId = scene.Vm.Id, NumBinds = 2, NumSyncs = 1 };
        Assert.Equal(answer, scene.File.VmBind(args, ops, [sync]));
        Assert.Equal(answer == Errno.Ok, IsSignalled(scene));
        Assert.Equal((false, false), (scene.Vm.Translate(A).IsPresent, scene.Vm.Translate(A + Size2M).IsPresent));
        // The other ops are done, or, with an error, unwound; moves stay done.
        Assert.Equal(answer == Errno.Ok, scene.Vm.Translate(A + (1UL << 32)).IsPresent);
        Assert.Equal(answer == Errno.Ok ? 3 : 1, scene.Vm.VmaCount);
        Assert.True(scene.Memory.DeviceBlocks >= 1);
        scene.Device.Failures.Disarm();
        Assert.Equal(Errno.Ok, scene.File.VmBind(scene.Vm.Id, [ops[1]]));
        Assert.True(scene.Vm.Translate(A).IsPresent && scene.Vm.Translate(A + Size2M).IsPresent);
    }

    /// <summary>Nobody but the call itself changes anything: to move the second range, all of its block is brought back, and with it the
    /// pages of the first.</summary>
    [Fact]
    [Rule("VEC-02")]
    [Rule("PFT-011")]
    public void A_range_that_loses_its_pages_to_a_later_one_makes_the_call_say_so()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        scene.Process.Unmap(AddressRange.OfSize(A + Size2M - Page, Page));
        scene.Process.Unmap(AddressRange.OfSize(A + Size64K + Page, Page));
        scene.Map(A + Size64K + Page, Page);
        Assert.Equal(Errno.EAGAIN, scene.Bind(VmBindOp.Prefetch, A, 2 * Size64K, region: 1));
        Assert.Empty(scene.Vm.GetMappings());
        Assert.Equal((2, false), (scene.Ranges.Count, scene.RangeAt(A).Has(SvmRangeFlags.HasPages)));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, 2 * Size64K, region: 1));
        Assert.True(scene.Vm.Translate(A).IsPresent && scene.Vm.Translate(A + Size64K).IsPresent);

        // Lost later than that, nothing is bound and all is well.
        scene.Process.Discard(AddressRange.OfSize(A, Page));
        scene.Once(FailurePoint.RangeCommit, () => scene.Process.Discard(AddressRange.OfSize(A, Page)));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, Size64K, region: 1));
        Assert.False(scene.Vm.Translate(A).IsPresent);
    }

    /// <summary>A user fence in memory of the process, not signalled.</summary>
    private static DrmXeSync UserFence(SvmScene scene)
    {
        scene.File.UserMemory = scene.Process;
        scene.Map(Word, Page);
        Assert.True(scene.Process.TryWrite(Word, [0]));
        return new DrmXeSync { Type = SyncType.UserFence, Flags = SyncFlags.Signal, Addr = Word, TimelineValue = 1 };
    }

    private static bool IsSignalled(SvmScene scene)
    {
        Span<byte> read = [0];
        Assert.True(scene.Process.TryRead(Word, read));
        return read[0] == 1;
    }
}
