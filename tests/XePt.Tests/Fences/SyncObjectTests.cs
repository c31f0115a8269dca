using XePt.Fences;
using XePt.Uapi;

namespace XePt.Tests.Fences;

/// <summary>Binary and timeline syncobjs by themselves (docs/drm-core.md).</summary>
public class SyncObjectTests
{
    private readonly FencePool _fences = new("test");
    private readonly SyncObject _sync = new(new FenceComposites(new LegPool(), "point"));

    [Fact]
    public void An_empty_one_has_no_point_at_all()
    {
        Assert.Equal((false, false, 0ul), (_sync.HasFence, _sync.IsTimeline, _sync.LastPoint));
        Assert.False(_sync.TryGetPoint(0, out _));
        Assert.False(_sync.TryGetPoint(1, out _));
    }

    [Fact]
    public void A_plain_fence_is_everything_and_no_point()
    {
        Fence fence = _fences.Create();
        _sync.Replace(fence);
        Assert.Equal((true, false, 0ul), (_sync.HasFence, _sync.IsTimeline, _sync.LastPoint));
        Assert.True(_sync.TryGetPoint(0, out Fence found));
        Assert.Equal(fence, found);
        Assert.False(_sync.TryGetPoint(1, out _));
        fence.TrySignal(Errno.EIO);
        Assert.Equal(Errno.EIO, _sync.Fence.Error);
    }

    [Fact]
    public void A_point_signals_with_all_before_it_in_whatever_order_they_signal()
    {
        Fence[] fences = [_fences.Create(), _fences.Create(), _fences.Create()];
        for (int i = 0; i < 3; i++)
            _sync.AddPoint((ulong)i + 1, fences[i]);
        Assert.True(_sync.TryGetPoint(2, out Fence second));
        Assert.True(_sync.TryGetPoint(3, out Fence third));
        Assert.False(_sync.TryGetPoint(4, out _));

        fences[1].TrySignal();
        Assert.False(second.IsSignalled);
        Assert.Equal(0ul, _sync.Query(submitted: false));
        fences[0].TrySignal();
        Assert.True(second.IsSignalled);
        Assert.False(third.IsSignalled);
        Assert.Equal((2ul, 3ul), (_sync.Query(submitted: false), _sync.LastPoint));
        fences[2].TrySignal();
        Assert.True(third.IsSignalled);
        Assert.Equal(3ul, _sync.Query(submitted: false));
    }

    [Fact]
    public void A_point_that_was_passed_is_the_stub()
    {
        _sync.AddPoint(1, Fence.Signalled);
        _sync.AddPoint(5, _fences.Create());
        Assert.True(_sync.TryGetPoint(1, out Fence passed));
        Assert.Equal(Fence.Signalled, passed);
        Assert.True(_sync.TryGetPoint(3, out Fence between));
        Assert.False(between.IsSignalled);
    }
}
