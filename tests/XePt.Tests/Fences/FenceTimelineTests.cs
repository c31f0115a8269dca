using XePt.Fences;
using XePt.Uapi;

namespace XePt.Tests.Fences;

/// <summary>Points, errors and callbacks of a timeline.</summary>
public class FenceTimelineTests
{
    private readonly FenceTimeline _line = new("line");

    [Fact]
    [Rule("HST-034")]
    public void The_stub_is_signalled_and_cannot_be_signalled()
    {
        Assert.True(Fence.Signalled.IsSignalled);
        Assert.Equal(Errno.Ok, Fence.Signalled.Error);
        Assert.False(Fence.Signalled.TrySignal(Errno.EIO));
        Assert.True(Fence.Signalled.Wait(TimeSpan.Zero));
        Assert.Equal("signalled", Fence.Signalled.ToString());
    }

    [Fact]
    [Rule("HST-034")]
    public void A_fence_signals_once_and_keeps_its_first_error()
    {
        Fence fence = _line.Next();
        Assert.Equal((false, Errno.Ok), (fence.IsSignalled, fence.Error));
        Assert.True(fence.TrySignal(Errno.ECANCELED));
        Assert.False(fence.TrySignal());
        Assert.False(fence.TrySignal(Errno.EIO));
        Assert.Equal((true, Errno.ECANCELED), (fence.IsSignalled, fence.Error));
    }

    [Fact]
    public void A_point_signals_all_before_it_without_error()
    {
        Fence first = _line.Next(), second = _line.Next(), third = _line.Next();
        Assert.True(second.TrySignal(Errno.EIO));
        Assert.False(first.TrySignal(Errno.ENOMEM));
        Assert.Equal((Errno.Ok, Errno.EIO, Errno.Ok), (first.Error, second.Error, third.Error));
        Assert.Equal((true, true, false), (first.IsSignalled, second.IsSignalled, third.IsSignalled));
        Assert.Equal((3ul, 2ul, false), (_line.Issued, _line.Completed, _line.IsIdle));
    }

    [Fact]
    public void Fences_are_compared_by_timeline_and_point()
    {
        Fence fence = _line.Next();
        Assert.True(fence == _line.At(1));
        Assert.True(fence != _line.At(2));
        Assert.True(fence != new FenceTimeline("line").At(1));
        Assert.Equal(fence.GetHashCode(), _line.At(1).GetHashCode());
        Assert.Equal("line:1", fence.ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => _line.At(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => _line.At(1UL << 56));
    }

    [Fact]
    public void Points_end_below_2_to_the_56()
    {
        const ulong Last = (1UL << 56) - 1;
        foreach (ulong beyond in (ulong[])[Last + 1, ulong.MaxValue])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => _line.TrySignal(beyond));
            Assert.Equal(0ul, _line.Completed);
        }

        Assert.False(_line.TrySignal(0));
        Assert.True(_line.TrySignal(Last, Errno.EIO));
        Assert.Equal((Last, Errno.EIO), (_line.Completed, _line.At(Last).Error));
    }

    [Fact]
    public void Errors_of_old_points_are_remembered_until_there_are_too_many()
    {
        const int Failures = (2 * FenceTimeline.ErrorsKept) + 1;
        for (int i = 0; i < Failures; i++)
            Assert.True(_line.Next().TrySignal(i % 2 == 0 ? Errno.EIO : Errno.ENOMEM));
        for (int point = Failures; point > Failures - FenceTimeline.ErrorsKept; point--)
            Assert.Equal(point % 2 == 1 ? Errno.EIO : Errno.ENOMEM, _line.At((ulong)point).Error);
        Assert.Equal(Errno.Ok, _line.At(1).Error);
    }

    [Fact]
    public void Points_between_failures_have_no_error()
    {
        for (int i = 1; i <= 100; i++)
            _line.Next().TrySignal(i % 10 == 0 ? Errno.EIO : Errno.Ok);
        for (ulong i = 1; i <= 100; i++)
            Assert.Equal(i % 10 == 0 ? Errno.EIO : Errno.Ok, _line.At(i).Error);
    }

    [Fact]
    [Rule("HST-034")]
    public void Callbacks_run_once_in_the_order_they_were_added_with_their_own_error()
    {
        var seen = new List<(int, Errno)>();
        Fence first = _line.Next(), second = _line.Next();
        second.OnSignalled(error => seen.Add((2, error)));
        first.OnSignalled(error => seen.Add((1, error)));
        second.OnSignalled(error => seen.Add((3, error)));
        first.TrySignal(Errno.EIO);
        Assert.Equal([(1, Errno.EIO)], seen);
        second.TrySignal(Errno.ENOMEM);
        second.TrySignal();
        Assert.Equal([(1, Errno.EIO), (2, Errno.ENOMEM), (3, Errno.ENOMEM)], seen);
        first.OnSignalled(error => seen.Add((4, error)));
        Assert.Equal((4, Errno.EIO), seen[^1]);
    }

    [Fact]
    public void A_callback_may_signal_and_add_to_the_same_timeline()
    {
        var seen = new List<int>();
        Fence first = _line.Next(), second = _line.Next();
        second.OnSignalled(_ => seen.Add(2));
        first.OnSignalled(_ =>
        {
            seen.Add(1);
            second.TrySignal();
            second.OnSignalled(_ => seen.Add(3));
        });
        first.TrySignal();
        Assert.Equal([1, 2, 3], seen);
    }

    [Fact]
    public void A_cancelled_callback_never_fires_and_is_dropped_by_the_next_signal()
    {
        var node = new Node();
        Fence fence = _line.Next();
        Assert.True(fence.TryAdd(node));
        Assert.True(node.TryCancel());
        Assert.False(node.TryCancel());
        Assert.Equal((0, 0), (node.Fired, node.Dropped));
        fence.TrySignal();
        Assert.Equal((0, 1), (node.Fired, node.Dropped));
    }

    [Fact]
    public void A_callback_that_fired_cannot_be_cancelled_and_may_be_used_again()
    {
        var node = new Node();
        for (int round = 1; round <= 3; round++)
        {
            Fence fence = _line.Next();
            Assert.True(fence.TryAdd(node));
            fence.TrySignal();
            Assert.False(node.TryCancel());
            Assert.Equal((round, 0), (node.Fired, node.Dropped));
        }

        Assert.False(_line.At(1).TryAdd(node));
    }

    [Fact]
    public void Cancelled_callbacks_of_a_fence_that_never_signals_are_swept()
    {
        Fence fence = _line.Next();
        var nodes = new List<Node>();
        for (int i = 0; i < 1000; i++)
        {
            nodes.Add(new Node());
            fence.TryAdd(nodes[^1]);
            nodes[^1].TryCancel();
        }

        Assert.InRange(nodes.Count(node => node.Dropped == 0), 0, 64);
        Assert.All(nodes, node => Assert.Equal(0, node.Fired));
    }

    [Fact]
    [Rule("HST-034")]
    public void Waiting_for_a_pending_fence_gives_up()
    {
        Fence fence = _line.Next();
        Assert.False(fence.Wait(TimeSpan.Zero));
        Assert.False(fence.Wait(TimeSpan.FromMilliseconds(1)));
        fence.TrySignal();
        Assert.True(fence.Wait(Timeout.InfiniteTimeSpan));
    }

    [Fact]
    [Rule("HST-034")]
    public void Waiting_without_end_ends_by_the_signal()
    {
        for (int i = 0; i < 200; i++)
        {
            Fence fence = _line.Next();
            var signaller = new Thread(() => fence.TrySignal(Errno.EIO));
            signaller.Start();
            Assert.True(fence.Wait(Timeout.InfiniteTimeSpan));
            Assert.Equal(Errno.EIO, fence.Wait());
            signaller.Join();
        }

        Fence other = _line.Next();
        var last = new Thread(() => other.TrySignal(Errno.ENOMEM));
        last.Start();
        Assert.Equal(Errno.ENOMEM, other.Wait());
        last.Join();
        Assert.Equal(Errno.Ok, Fence.Signalled.Wait());
    }

    [Fact]
    public void A_wait_that_gave_up_does_not_disturb_the_next_one()
    {
        Fence first = _line.Next();
        Assert.False(first.Wait(TimeSpan.FromMilliseconds(1)));
        var signaller = new Thread(() => _line.Next().TrySignal());
        Fence second = _line.At(2);
        signaller.Start();
        Assert.True(second.Wait(Timeout.InfiniteTimeSpan));
        signaller.Join();
    }

    [Fact]
    public async Task Awaiting_gives_the_error()
    {
        Fence fence = _line.Next();
        ValueTask<Errno> wait = fence.WaitAsync();
        Assert.False(wait.IsCompleted);
        fence.TrySignal(Errno.ECANCELED);
        Assert.True(wait.IsCompleted);
        Assert.Equal(Errno.ECANCELED, await wait);
        Assert.Equal(Errno.ECANCELED, await fence.WaitAsync());
    }

    [Fact]
    public async Task Awaiting_on_one_thread_and_signalling_on_another_loses_nothing()
    {
        for (int i = 0; i < 500; i++)
        {
            // Not joined: this method may go on on the signalling thread itself.
            Fence fence = _line.Next();
            new Thread(() => fence.TrySignal(Errno.EIO)).Start();
            Assert.Equal(Errno.EIO, await fence.WaitAsync());
        }
    }

    [Fact]
    public void Two_signallers_agree_on_who_did_it()
    {
        for (int round = 0; round < 500; round++)
        {
            Fence fence = _line.Next();
            int wins = 0;
            Errno winner = Errno.Ok;
            Both(
                () => Try(Errno.EIO),
                () => Try(Errno.ENOMEM));
            Assert.Equal(1, wins);
            Assert.Equal(winner, fence.Error);

            void Try(Errno error)
            {
                if (!fence.TrySignal(error))
                    return;
                Interlocked.Increment(ref wins);
                winner = error;
            }
        }
    }

    [Fact]
    public void Every_callback_added_while_points_signal_fires_exactly_once()
    {
        const int Rounds = 20_000;
        var nodes = new Node[Rounds];
        int early = 0;
        Both(
            () =>
            {
                for (int i = 0; i < Rounds; i++)
                {
                    nodes[i] = new Node();
                    if (!_line.At((ulong)i + 1).TryAdd(nodes[i]))
                        early++;
                }
            },
            () =>
            {
                for (int i = 0; i < Rounds; i++)
                    _line.Next().TrySignal();
            });
        Assert.Equal(Rounds - early, nodes.Sum(node => node.Fired));
        Assert.DoesNotContain(nodes, node => node.Fired > 1);
    }

    [Fact]
    public void Cancelling_and_firing_exclude_each_other()
    {
        for (int round = 0; round < 2000; round++)
        {
            var node = new Node();
            Fence fence = _line.Next();
            fence.TryAdd(node);
            bool isCancelled = false;
            Both(() => isCancelled = node.TryCancel(), () => fence.TrySignal());
            Assert.Equal(isCancelled ? (0, 1) : (1, 0), (node.Fired, node.Dropped));
        }
    }

    internal static void Both(Action left, Action right)
    {
        using var start = new Barrier(2);
        var thread = new Thread(() =>
        {
            start.SignalAndWait();
            right();
        });
        thread.Start();
        start.SignalAndWait();
        left();
        thread.Join();
    }

    private sealed class Node : FenceCallback
    {
        private int _fired, _dropped;

        public int Fired => _fired;

        public int Dropped => _dropped;

        protected override void Fire(Errno error) => Interlocked.Increment(ref _fired);

        protected override void OnDropped() => Interlocked.Increment(ref _dropped);
    }
}
