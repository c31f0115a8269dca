using XePt.Fences;
using XePt.Uapi;

namespace XePt.Tests.Fences;

/// <summary>Binary and timeline syncobjs by themselves (docs/drm-core.md section 4).</summary>
public class SyncObjectTests
{
    private readonly FencePool _fences = new("fence");
    private readonly FenceComposites _composites = new(new LegPool(), "point");
    private readonly SyncObject _sync;

    public SyncObjectTests() => _sync = new SyncObject(_composites);

    [Fact]
    [Rule("DRM-008")]
    public void An_empty_one_has_no_point_at_all()
    {
        Assert.Equal((false, false, 0ul), (_sync.HasFence, _sync.IsTimeline, _sync.Query(submitted: true)));
        Assert.Equal(Fence.Signalled, _sync.Fence);
        Assert.False(_sync.TryGetPoint(1, out _));
        Assert.Equal(Fence.Signalled, _sync.Fence);
    }

    [Fact]
    [Rule("DRM-008")]
    public void A_plain_fence_is_everything_and_no_point()
    {
        Fence fence = _fences.Create();
        _sync.Replace(fence);
        Assert.Equal((true, false, 0ul), (_sync.HasFence, _sync.IsTimeline, _sync.Query(submitted: true)));
        Assert.True(_sync.TryGetPoint(0, out Fence found));
        Assert.Equal(fence, found);
        Assert.False(_sync.TryGetPoint(1, out _));
        fence.TrySignal(Errno.EIO);
        Assert.Equal(Errno.EIO, _sync.Fence.Error);
        _sync.Reset();
        Assert.False(_sync.HasFence);
    }

    [Fact]
    [Rule("DRM-009")]
    public void A_point_signals_with_all_before_it_in_whatever_order_they_signal()
    {
        Fence[] fences = AddPoints(1, 2, 3);
        Fence second = Point(2), third = Point(3);
        Assert.False(_sync.TryGetPoint(4, out _));

        fences[1].TrySignal();
        Assert.False(second.IsSignalled);
        Assert.Equal(0ul, _sync.Query(submitted: false));
        fences[0].TrySignal();
        Assert.True(second.IsSignalled);
        Assert.False(third.IsSignalled);
        Assert.Equal((2ul, 3ul), (_sync.Query(submitted: false), _sync.Query(submitted: true)));
        fences[2].TrySignal();
        Assert.True(third.IsSignalled);
        Assert.Equal(3ul, _sync.Query(submitted: false));
    }

    [Fact]
    [Rule("DRM-008")]
    [Rule("BIND-127")]
    public void A_point_that_was_passed_is_the_stub_and_one_between_two_links_is_the_later()
    {
        _sync.AddPoint(1, Fence.Signalled);
        Fence fence = _fences.Create();
        _sync.AddPoint(5, fence);
        Assert.Equal(Fence.Signalled, Point(1));
        Assert.Equal(fence, Point(2));
        Assert.Equal(fence, Point(5));
        Assert.Equal(fence, Point(0));
    }

    [Fact]
    [Rule("DRM-007")]
    public void A_point_on_top_of_a_plain_fence_waits_for_it()
    {
        Fence plain = _fences.Create();
        _sync.Replace(plain);
        Fence[] fences = AddPoints(4);
        fences[0].TrySignal();
        Assert.Equal((true, 4ul), (_sync.IsTimeline, _sync.Query(submitted: true)));
        Fence point = Point(4);
        Assert.False(point.IsSignalled);
        Assert.Equal(0ul, _sync.Query(submitted: false));
        plain.TrySignal();
        Assert.True(point.IsSignalled);
        Assert.Equal(4ul, _sync.Query(submitted: false));
    }

    [Theory]
    [InlineData(3, 5)]
    [InlineData(5, 5)]
    [InlineData(0, 5)]
    [Rule("DRM-007")]
    [Rule("DRM-011")]
    public void A_point_out_of_order_takes_the_newest_number_and_starts_a_new_line(ulong point, ulong number)
    {
        Fence[] old = AddPoints(2, 5);
        old[0].TrySignal();
        Assert.Equal(2ul, _sync.Query(submitted: false));
        Fence[] added = AddPoints(point);
        Assert.Equal(number, _sync.Query(submitted: true));

        // The new line hides that point 2 had been reached, and every point now stands for the newest link.
        Assert.Equal(0ul, _sync.Query(submitted: false));
        Fence one = Point(1);
        added[0].TrySignal();
        Assert.False(one.IsSignalled);
        Assert.Equal(0ul, _sync.Query(submitted: false));
        old[1].TrySignal();
        Assert.True(one.IsSignalled);
        Assert.Equal(5ul, _sync.Query(submitted: false));
    }

    [Fact]
    [Rule("DRM-011")]
    public void A_query_shows_the_previous_point_of_the_newest_line_though_an_older_line_is_pending()
    {
        Fence[] old = AddPoints(5);
        AddPoints(5)[0].TrySignal();
        AddPoints(6)[0].TrySignal();
        Assert.False(old[0].IsSignalled);
        Assert.Equal(5ul, _sync.Query(submitted: false));
        Assert.False(Point(6).IsSignalled);
    }

    [Fact]
    [Rule("DRM-007")]
    public void Point_0_of_an_empty_object_makes_a_timeline_at_0()
    {
        AddPoints(0);
        Assert.Equal((true, true, 0ul), (_sync.HasFence, _sync.IsTimeline, _sync.Query(submitted: true)));
        Assert.False(_sync.TryGetPoint(1, out _));
        Assert.False(_sync.Fence.IsSignalled);
    }

    [Fact]
    [Rule("DRM-009")]
    public void Points_of_one_queue_need_no_composite()
    {
        var queue = new FenceTimeline("queue");
        for (ulong i = 1; i <= 10; i++)
            _sync.AddPoint(i, queue.Next());
        Assert.Equal(queue.At(7), Point(7));
        Assert.Equal(queue.At(10), Point(0));
    }

    [Fact]
    [Rule("DRM-022")]
    public void A_copy_is_the_chain_up_to_the_point_and_lives_on_its_own()
    {
        Fence[] fences = AddPoints(1, 2, 3);
        var copy = new SyncObject(_composites);
        Assert.True(_sync.TryTransfer(2, copy, destinationPoint: 0));
        Assert.Equal((true, 2ul), (copy.IsTimeline, copy.Query(submitted: true)));
        _sync.Reset();
        copy.AddPoint(9, Fence.Signalled);
        Assert.Equal(0ul, copy.Query(submitted: false));
        fences[0].TrySignal();
        Assert.Equal(1ul, copy.Query(submitted: false));
        fences[1].TrySignal();
        Assert.Equal(9ul, copy.Query(submitted: false));
        Assert.False(_sync.TryTransfer(0, copy, destinationPoint: 0));
        Assert.Equal(9ul, copy.Query(submitted: true));
    }

    [Fact]
    [Rule("DRM-022")]
    public void A_copy_of_a_passed_point_is_a_plain_signalled_fence()
    {
        _sync.AddPoint(1, Fence.Signalled);
        AddPoints(2);
        Assert.True(_sync.TryTransfer(1, _sync, destinationPoint: 0));
        Assert.Equal((true, false), (_sync.HasFence, _sync.IsTimeline));
        Assert.True(_sync.Fence.IsSignalled);
    }

    [Fact]
    [Rule("DRM-009")]
    public void A_long_timeline_that_signals_in_any_order_is_exact_and_stays_short()
    {
        var random = new Random(7);
        Fence[] fences = [.. Enumerable.Range(0, 300).Select(_ => _fences.Create())];
        for (int i = 0; i < fences.Length; i++)
            _sync.AddPoint((ulong)i + 1, fences[i]);
        Fence[] points = [.. fences.Select((_, i) => Point((ulong)i + 1))];
        int[] order = [.. Enumerable.Range(0, fences.Length)];
        random.Shuffle(order);
        var isDone = new bool[fences.Length];
        foreach (int next in order)
        {
            fences[next].TrySignal();
            isDone[next] = true;
            int reached = isDone.TakeWhile(done => done).Count();
            Assert.Equal((ulong)reached, _sync.Query(submitted: false));
            Assert.Equal(reached, points.TakeWhile(point => point.IsSignalled).Count());
            Assert.DoesNotContain(points.Skip(reached), point => point.IsSignalled);
        }
    }

    [Fact]
    [Rule("DRM-015")]
    public void A_waiter_takes_the_fence_of_the_moment_its_point_arrives()
    {
        var waiter = new SyncWaiter();
        waiter.Aim(_sync, 3);
        _sync.Subscribe(waiter, untilItArrives: true);
        Fence arrival = _sync.NextArrival;
        AddPoints(2);
        Assert.Equal((false, false), (waiter.IsThere, arrival.IsSignalled));
        Fence[] fences = AddPoints(3);
        Assert.Equal((true, true), (waiter.IsThere, arrival.IsSignalled));
        _sync.Reset();
        _sync.Replace(Fence.Signalled);
        Assert.Equal(2, waiter.Pending.Count);
        Assert.Contains(fences[0], waiter.Pending.Fences.ToArray());
        waiter.Close();
    }

    [Fact]
    [Rule("DRM-015")]
    public void A_waiter_that_went_away_is_given_nothing()
    {
        SyncWaiter[] waiters = [new(), new(), new()];
        foreach (SyncWaiter waiter in waiters)
        {
            waiter.Aim(_sync, 0);
            _sync.Subscribe(waiter, untilItArrives: true);
        }

        waiters[1].Close();
        _sync.Replace(Fence.Signalled);
        Assert.Equal([true, false, true], waiters.Select(waiter => waiter.IsThere));
        waiters[0].Close();
        waiters[2].Close();
    }

    private Fence Point(ulong point)
    {
        Assert.True(_sync.TryGetPoint(point, out Fence fence));
        return fence;
    }

    private Fence[] AddPoints(params ulong[] points)
    {
        Fence[] fences = [.. points.Select(_ => _fences.Create())];
        for (int i = 0; i < points.Length; i++)
            _sync.AddPoint(points[i], fences[i]);
        return fences;
    }
}
