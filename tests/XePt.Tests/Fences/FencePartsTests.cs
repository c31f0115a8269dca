using XePt.Fences;
using XePt.Uapi;

namespace XePt.Tests.Fences;

/// <summary>Countdowns, composites, pools, sets, reservations and range fences.</summary>
public class FencePartsTests
{
    private readonly FencePool _fences = new("fence");
    private readonly LegPool _legs = new();
    private readonly FenceSet _set = new();

    [Fact]
    public void A_countdown_completes_when_its_last_fence_signals_and_not_before_its_end()
    {
        var countdown = new Countdown();
        Fence first = _fences.Create(), second = _fences.Create();
        countdown.Begin();
        countdown.Await(first, _legs);
        countdown.Await(second, _legs);
        first.TrySignal();
        second.TrySignal(Errno.EIO);
        Assert.Equal(0, countdown.Completions);
        countdown.End();
        Assert.Equal((1, Errno.EIO), (countdown.Completions, countdown.Error));
    }

    [Fact]
    public void A_countdown_may_be_used_again_and_forgets_the_old_error()
    {
        var countdown = new Countdown();
        for (int round = 1; round <= 3; round++)
        {
            Fence fence = _fences.Create();
            countdown.Begin();
            countdown.Await(fence, _legs);
            countdown.End();
            Assert.Equal(round - 1, countdown.Completions);
            fence.TrySignal(round == 1 ? Errno.EIO : Errno.Ok);
            Assert.Equal((round, round == 1 ? Errno.EIO : Errno.Ok), (countdown.Completions, countdown.Error));
        }
    }

    [Fact]
    public void A_countdown_takes_the_first_error_to_arrive_also_of_signalled_fences()
    {
        var countdown = new Countdown();
        Fence failed = _fences.Create(), pending = _fences.Create();
        failed.TrySignal(Errno.ENOMEM);
        countdown.Begin();
        countdown.Await(failed, _legs);
        countdown.Await(pending, _legs);
        countdown.End();
        pending.TrySignal(Errno.EIO);
        Assert.Equal((1, Errno.ENOMEM), (countdown.Completions, countdown.Error));
    }

    [Fact]
    public void Countdowns_complete_once_while_two_threads_signal()
    {
        for (int round = 0; round < 500; round++)
        {
            var countdown = new Countdown();
            Fence[] fences = [.. Enumerable.Range(0, 8).Select(_ => _fences.Create())];
            FenceTimelineTests.Both(
                () =>
                {
                    countdown.Begin();
                    foreach (Fence fence in fences)
                        countdown.Await(fence, _legs);
                    countdown.End();
                },
                () =>
                {
                    foreach (Fence fence in fences)
                        fence.TrySignal();
                });
            Assert.Equal(1, countdown.Completions);
        }
    }

    [Fact]
    public void A_composite_signals_with_its_last_part()
    {
        var composites = new FenceComposites(_legs, "all");
        Assert.Equal(Fence.Signalled, composites.Of(_set));
        Fence first = _fences.Create(), second = _fences.Create();
        _set.Add(first);
        Assert.Equal(first, composites.Of(_set));
        _set.Add(second);
        Fence all = composites.Of(_set);
        second.TrySignal(Errno.EIO);
        Assert.False(all.IsSignalled);
        first.TrySignal(Errno.ENOMEM);
        Assert.Equal((true, Errno.EIO), (all.IsSignalled, all.Error));
    }

    [Fact]
    public void Pooled_fences_are_independent_and_old_ones_stay_right()
    {
        Fence first = _fences.Create(), second = _fences.Create();
        second.TrySignal(Errno.EIO);
        Assert.False(first.IsSignalled);
        Fence third = _fences.Create();
        Assert.Same(second.Timeline, third.Timeline);
        Assert.Equal((true, Errno.EIO, false), (second.IsSignalled, second.Error, third.IsSignalled));
        third.TrySignal();
        Assert.Equal((Errno.EIO, Errno.Ok), (second.Error, third.Error));
        Assert.False(first.IsSignalled);
    }

    [Fact]
    public void Pools_serve_several_renters_at_once()
    {
        var seen = new HashSet<Fence>();
        FenceTimelineTests.Both(Work, Work);
        Assert.Equal(20_000, seen.Count);

        void Work()
        {
            var own = new List<Fence>();
            for (int i = 0; i < 10_000; i++)
            {
                Fence fence = _fences.Create();
                own.Add(fence);
                Assert.True(fence.TrySignal());
            }

            lock (seen)
                seen.UnionWith(own);
        }
    }

    [Fact]
    public void A_set_keeps_pending_fences_and_of_a_timeline_the_newest_if_asked()
    {
        var line = new FenceTimeline("line");
        _set.Add(Fence.Signalled);
        Assert.Equal(0, _set.Count);
        _set.AddNewest(line.At(2));
        _set.AddNewest(line.At(1));
        _set.AddNewest(_fences.Create());
        _set.AddNewest(line.At(3));
        Assert.Equal(2, _set.Count);
        Assert.Equal(line.At(3), _set.Fences[0]);
        Assert.False(_set.HaveSignalled());
        _set.Fences[1].TrySignal();
        Assert.False(_set.HaveSignalled());
        line.TrySignal(3);
        Assert.True(_set.HaveSignalled());
    }

    [Fact]
    public void A_set_of_many_timelines_keeps_the_newest_of_each()
    {
        FenceTimeline[] lines = [.. Enumerable.Range(0, 500).Select(i => new FenceTimeline($"line {i}"))];
        for (int use = 0; use < 3; use++)
        {
            for (ulong point = 1; point <= 3; point++)
            {
                foreach (FenceTimeline line in lines)
                    _set.AddNewest(line.At(point));
            }

            Assert.Equal(lines.Select(line => line.At(3)), _set.Fences.ToArray());
            _set.Clear();
        }

        foreach (FenceTimeline line in lines)
            _set.AddNewest(line.At(1));
        foreach (FenceTimeline line in lines[^10..])
            line.TrySignal(1);
        Assert.False(_set.HaveSignalled());
        Assert.Equal(490, _set.Count);
        foreach (FenceTimeline line in lines)
            _set.AddNewest(line.At(2));
        Assert.Equal(lines.Select(line => line.At(2)), _set.Fences.ToArray());
    }

    [Fact]
    public void A_set_of_many_knows_when_the_last_of_them_has_signalled_in_any_order()
    {
        Fence[] fences = [.. Enumerable.Range(0, 20).Select(_ => _fences.Create())];
        foreach (Fence fence in fences)
            _set.Add(fence);
        foreach (Fence fence in fences)
        {
            Assert.False(_set.HaveSignalled());
            fence.TrySignal();
        }

        Assert.True(_set.HaveSignalled());
    }

    [Fact]
    [Rule("BIND-242")]
    [Rule("BIND-243")]
    public void A_reservation_gives_the_fences_of_a_usage_and_all_lower_ones()
    {
        var reservation = new Reservation();
        Assert.True(reservation.IsEmpty);
        FenceUsage[] usages = [FenceUsage.Bookkeep, FenceUsage.Kernel, FenceUsage.Read, FenceUsage.Write];
        var fences = usages.ToDictionary(usage => usage, _ => _fences.Create());
        foreach (FenceUsage usage in usages)
            reservation.Add(fences[usage], usage);
        foreach (FenceUsage usage in usages)
        {
            _set.Clear();
            reservation.Collect(usage, _set);
            Assert.Equal(
                usages.Where(other => other <= usage).Select(other => fences[other]).ToHashSet(), _set.Fences.ToArray().ToHashSet());
        }

        fences[FenceUsage.Kernel].TrySignal();
        Assert.True(reservation.IsIdle(FenceUsage.Kernel));
        Assert.False(reservation.IsIdle(FenceUsage.Write));
        foreach (Fence fence in fences.Values)
            fence.TrySignal();
        Assert.True(reservation.IsIdle(FenceUsage.Bookkeep));
        Assert.True(reservation.IsEmpty);
    }

    [Fact]
    public void A_reservation_keeps_one_fence_per_timeline_and_usage()
    {
        var reservation = new Reservation();
        var line = new FenceTimeline("line");
        reservation.Add(line.At(2), FenceUsage.Bookkeep);
        reservation.Add(line.At(1), FenceUsage.Bookkeep);
        reservation.Add(line.At(1), FenceUsage.Kernel);
        reservation.Add(line.At(5), FenceUsage.Bookkeep);
        reservation.Add(Fence.Signalled, FenceUsage.Kernel);
        reservation.Collect(FenceUsage.Kernel, _set);
        Assert.Equal([line.At(1)], _set.Fences.ToArray());
        reservation.Collect(FenceUsage.Bookkeep, _set);
        Assert.Equal([line.At(5)], _set.Fences.ToArray());
    }

    [Fact]
    public void Every_change_wakes_who_took_the_next_one_before_it()
    {
        var wakeups = new Wakeups("changes");
        Fence first = wakeups.Next;
        Assert.False(first.IsSignalled);
        wakeups.Notify();
        Assert.True(first.IsSignalled);
        Assert.False(wakeups.Next.IsSignalled);
    }

    [Fact]
    public void No_change_is_lost_between_looking_and_waiting()
    {
        var wakeups = new Wakeups("changes");
        int value = 0;
        FenceTimelineTests.Both(
            () =>
            {
                for (int i = 0; i < 20_000; i++)
                {
                    Volatile.Write(ref value, i + 1);
                    wakeups.Notify();
                }
            },
            () =>
            {
                while (true)
                {
                    Fence next = wakeups.Next;
                    if (Volatile.Read(ref value) == 20_000)
                        return;
                    next.Wait(Timeout.InfiniteTimeSpan);
                }
            });
    }

    private sealed class Countdown : FenceCountdown
    {
        private int _completions;

        public int Completions => Volatile.Read(ref _completions);

        public Errno Error { get; private set; }

        protected override void Complete(Errno error)
        {
            Error = error;
            Interlocked.Increment(ref _completions);
        }
    }
}
