using XePt.Devices;
using XePt.Diagnostics;
using XePt.Host;
using XePt.Tests.Bind;
using XePt.Tests.Svm;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Userptr;

/// <summary>Pages of a userptr change between the stages of the call that takes the userptr away (UPTR-022, CON-005): what is mapped is
/// zapped and flushed at that moment, and what is staged is written all the same.</summary>
public sealed class UserptrStagedTests : IDisposable
{
    private const ulong Gpu = 0x1_0000_0000, B = A + (16 * Size2M);

    private SvmScene? _scene;
    private XeVm? _vm;
    private bool _isChanged;

    /// <summary>What takes the userptr away, or a part of it.</summary>
    public enum Taker
    {
        Unmap,
        UnmapOfFirstPage,
        MapOver,
        MapOverFirstPage,
    }

    public static MatrixTheoryData<Taker, ulong, FailurePoint, bool> Moments() => new(
        Enum.GetValues<Taker>(), [2 * Page, Size64K, Size2M, Size2M + Page],
        [FailurePoint.OpsCreate, FailurePoint.PtOpAllocation, FailurePoint.Prepare, FailurePoint.Run], [false, true]);

    public void Dispose() => _scene?.Dispose();

    [Theory]
    [MemberData(nameof(Moments))]
    [Rule("UPTR-022")]
    [Rule("CON-004")]
    [Rule("CON-005")]
    public void What_is_mapped_goes_at_once_and_what_is_staged_comes(Taker taker, ulong size, FailurePoint point, bool hasTwoTiles)
    {
        Open(size, hasTwoTiles);
        ChangeAt(point, size, A, Page);
        Assert.Equal(Errno.Ok, Do(OpOf(taker, size)));
        Assert.True(_isChanged);
        Assert.Equal(FrameAfter(taker, first: true, size), ShownAt(0));
        Assert.Equal(FrameAfter(taker, first: false, size), ShownAt(size - Page));
        Leave(size);
    }

    [Theory]
    [MemberData(nameof(Moments))]
    [Rule("UPTR-022")]
    [Rule("UPTR-030")]
    public void A_call_that_fails_then_gives_the_userptr_back_without_entries(Taker taker, ulong size, FailurePoint point, bool hasTwoTiles)
    {
        Open(size, hasTwoTiles);
        ChangeAt(point, size, A, Page);
        _scene!.Device.Failures.Arm(FailurePoint.Run);
        Assert.NotEqual(Errno.Ok, Do(OpOf(taker, size)));
        Assert.True(_isChanged && IsGone(size));
        Assert.Equal((1, 1), (_vm!.Context.Space.Count, _scene.Process.SubscriptionCount));
        Assert.Equal(Errno.Ok, _vm.Fault(Gpu));
        Assert.Equal((FrameOf(A), FrameOf(A + size - Page)), (ShownAt(0), ShownAt(size - Page)));
        Leave(size);
    }

    [Theory]
    [InlineData(Taker.UnmapOfFirstPage)]
    [InlineData(Taker.MapOverFirstPage)]
    [Rule("PT-168")]
    [Rule("BIND-207")]
    public void A_rest_whose_own_pages_change_with_it_has_the_call_repeated(Taker taker)
    {
        Open(Size64K, hasTwoTiles: false);
        ChangeAt(FailurePoint.Run, Size64K, A, Size64K);
        Assert.Equal(Errno.EAGAIN, Do(OpOf(taker, Size64K)));
        Assert.True(_isChanged && IsGone(Size64K));
        Assert.Equal(Errno.Ok, Do(OpOf(taker, Size64K)));
        Assert.Equal(FrameAfter(taker, first: false, Size64K), ShownAt(Size64K - Page));
        Leave(Size64K);
    }

    [Fact]
    [Rule("UPTR-022")]
    public void Who_was_never_bound_and_who_is_invalid_already_costs_no_table_work()
    {
        Open(2 * Page, hasTwoTiles: false);
        Raise(A, Page);
        long zaps = _vm!.Counters.ZapInvalidations;
        _scene!.Once(FailurePoint.Run, () => Raise(A, Page));
        Assert.Equal(Errno.Ok, Do(Op.Unmap(Gpu, 2 * Page)));
        Assert.Equal(Errno.Ok, Do(Op.Userptr(A, Gpu, 2 * Page)));
        _scene.Once(FailurePoint.Run, () => Raise(A, Page));
        Assert.Equal(Errno.Ok, Do(Op.Unmap(Gpu, 2 * Page)));
        Assert.Equal(zaps, _vm.Counters.ZapInvalidations);
        Leave(0);
    }

    private void Open(ulong size, bool hasTwoTiles)
    {
        _scene = new SvmScene(hasTwoTiles ? XePlatforms.Pvc : XePlatforms.Bmg);
        _scene.Map(A, 2 * Size2M);
        _scene.Map(B, 2 * Size2M);
        _vm = _scene.File.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        Assert.Equal(Errno.Ok, Do(Op.Userptr(A, Gpu, size, VmBindFlags.Immediate)));
        Assert.False(IsGone(size));
    }

    /// <summary>At the first passage of a place the pages change; after that the GPU finds none of them.</summary>
    private void ChangeAt(FailurePoint point, ulong size, ulong start, ulong bytes)
    {
        _scene!.Once(point, () =>
        {
            long zaps = _vm!.Counters.ZapInvalidations;
            Raise(start, bytes);
            Assert.Equal((true, zaps + 1), (IsGone(size), _vm.Counters.ZapInvalidations));
            _isChanged = true;
        });
    }

    private Errno Do(DrmXeVmBindOp op) =>
        _scene!.File.VmBind(_vm!.Id, [op with { PatIndex = (ushort)_scene.Device.Platform.Pat.IndexWriteBack }]);

    private void Raise(ulong start, ulong bytes) => _scene!.Process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(start, bytes));

    private bool IsGone(ulong size)
    {
        for (int tile = 0; tile < _vm!.Context.Tables.Length; tile++)
        {
            for (ulong at = 0; at < size; at += Page)
            {
                if (_vm.Translate(Gpu + at, tile).IsPresent)
                    return false;
            }
        }

        return true;
    }

    private static DrmXeVmBindOp OpOf(Taker taker, ulong size) => taker switch
    {
        Taker.Unmap => Op.Unmap(Gpu, size),
        Taker.UnmapOfFirstPage => Op.Unmap(Gpu, Page),
        Taker.MapOver => Op.Userptr(B, Gpu, size, VmBindFlags.Immediate),
        _ => Op.Userptr(B, Gpu, Page, VmBindFlags.Immediate),
    };

    /// <summary>What is mapped when the call is over, at the first page or at the last one; 0 for nothing.</summary>
    private ulong FrameAfter(Taker taker, bool first, ulong size)
    {
        ulong offset = first ? 0 : size - Page;
        return taker switch
        {
            Taker.Unmap => 0,
            Taker.MapOver => FrameOf(B + offset),
            Taker.MapOverFirstPage when first => FrameOf(B),
            _ => first ? 0 : FrameOf(A + offset),
        };
    }

    private ulong ShownAt(ulong offset) => _vm!.Translate(Gpu + offset) is { IsPresent: true } shown ? shown.Address : 0;

    private ulong FrameOf(ulong cpu)
    {
        var list = new CpuPageList();
        _scene!.Process.Snapshot(AddressRange.OfSize(cpu, Page), null, list);
        return list.Runs[0].Frame;
    }

    /// <summary>Unbinds all that is left, and then nothing is.</summary>
    private void Leave(ulong size)
    {
        _scene!.Device.Failures.Passing = null;
        if (size != 0)
            Assert.Equal(Errno.Ok, Do(Op.Unmap(Gpu, size)));
        Assert.True(IsGone(2 * Size2M) && _vm!.IsIdle);
        Assert.Equal((0, 0, 0), (_vm.Context.Space.Count, _scene.Process.SubscriptionCount, _vm.Context.Userptrs.Count));
    }
}
