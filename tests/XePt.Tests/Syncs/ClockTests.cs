using XePt.Clocks;

namespace XePt.Tests.Syncs;

/// <summary>Clocks and what is put on them.</summary>
public class ClockTests
{
    private readonly VirtualClock _clock = new();
    private readonly List<(string Name, long Time)> _seen = [];

    [Fact]
    public void Events_happen_in_order_of_time_and_then_of_registration_at_their_own_time()
    {
        Put("d", 30);
        Put("b", 10);
        Put("c", 10);
        Put("a", 5);
        Put("e", 31);
        _clock.Advance(30);
        Assert.Equal([("a", 5), ("b", 10), ("c", 10), ("d", 30)], _seen);
        Assert.Equal((30, 31), (_clock.Now, _clock.NextDue));
        _clock.Advance(1);
        Assert.Equal((5, long.MaxValue), (_seen.Count, _clock.NextDue));
    }

    [Fact]
    public void An_event_may_put_further_events_on_the_clock()
    {
        _clock.At(10, () =>
        {
            Put("same", 10);
            Put("later", 15);
            Put("beyond", 25);
        });
        _clock.AdvanceTo(20);
        Assert.Equal([("same", 10), ("later", 15)], _seen);
    }

    [Fact]
    public void A_point_in_the_past_only_runs_what_is_due()
    {
        _clock.AdvanceTo(100);
        Put("late", 50);
        Assert.Empty(_seen);
        _clock.AdvanceTo(10);
        Assert.Equal([("late", 100)], _seen);
        Put("again", 99);
        Assert.Equal(1, _clock.RunDue());
        Assert.Equal(100, _clock.Now);
        Assert.Throws<ArgumentOutOfRangeException>(() => _clock.Advance(-1));
    }

    [Fact]
    public void Time_stops_at_its_end()
    {
        _clock.Advance(long.MaxValue);
        _clock.Advance(long.MaxValue);
        Assert.Equal(long.MaxValue, _clock.Now);
    }

    [Fact]
    public void Many_timers_come_out_in_order_and_cancelled_ones_not_at_all()
    {
        var random = new Random(3);
        var queue = new TimerQueue();
        var timers = new List<Timer>();
        for (int i = 0; i < 2000; i++)
        {
            timers.Add(new Timer());
            queue.Add(timers[^1], random.Next(500));
        }

        foreach (Timer timer in timers.Where((_, i) => i % 3 == 0))
        {
            Assert.True(queue.Remove(timer));
            Assert.False(queue.Remove(timer));
        }

        var taken = new List<ClockTimer>();
        while (queue.TakeDue(long.MaxValue) is { } timer)
            taken.Add(timer);
        Assert.Equal(timers.Where((_, i) => i % 3 != 0).OrderBy(timer => timer.Due).ThenBy(timer => timer.Order), taken);
        Assert.Equal(long.MaxValue, queue.NextDue);
    }

    [Fact]
    public void The_system_clock_rises_and_its_events_happen_when_it_may_look()
    {
        var clock = new SystemClock();
        long before = clock.Now;
        clock.At(before, () => Seen("now"));
        clock.At(long.MaxValue - 1, () => Seen("never"));
        Assert.Empty(_seen);
        Assert.Equal(1, clock.RunDue());
        Assert.InRange(clock.Now, before, long.MaxValue);
        Assert.Equal(long.MaxValue - 1, clock.NextDue);

        void Seen(string name) => _seen.Add((name, 0));
    }

    [Fact]
    public void Sleepers_are_told_of_earlier_events_only()
    {
        var sleeper = new Timer();
        _clock.StartSleeping(sleeper);
        List<int> told = [];
        foreach (long due in (long[])[50, 50, 60, 49, 55, 7])
        {
            Put("event", due);
            told.Add(sleeper.Fired);
        }

        _clock.StopSleeping(sleeper);
        Put("event", 1);
        Assert.Equal([1, 1, 1, 2, 2, 3], told);
        Assert.Equal(3, sleeper.Fired);
    }

    [Fact]
    public void Sleepers_come_and_go_in_any_order()
    {
        Timer[] sleepers = [new(), new(), new(), new()];
        foreach (Timer sleeper in sleepers)
            _clock.StartSleeping(sleeper);
        long due = 100;
        foreach (int leaves in (int[])[1, 3, 0, 2])
        {
            _clock.StopSleeping(sleepers[leaves]);
            Put("event", due--);
        }

        Assert.Equal([2, 0, 3, 1], sleepers.Select(sleeper => sleeper.Fired));
        _clock.StartSleeping(sleepers[1]);
        Put("event", due);
        Assert.Equal([2, 1, 3, 1], sleepers.Select(sleeper => sleeper.Fired));
    }

    [Fact]
    public void Each_event_happens_once_when_two_threads_advance()
    {
        int count = 0;
        for (int i = 1; i <= 2000; i++)
            _clock.At(i, () => Interlocked.Increment(ref count));
        Fences.FenceTimelineTests.Both(() => Step(2000), () => Step(1999));
        Assert.Equal((2000, 2000L), (count, _clock.Now));

        void Step(long end)
        {
            for (long time = 1; time <= end; time++)
                _clock.AdvanceTo(time);
        }
    }

    private void Put(string name, long due) => _clock.At(due, () => _seen.Add((name, _clock.Now)));

    private sealed class Timer : ClockTimer
    {
        public int Fired { get; private set; }

        public override void Fire() => Fired++;
    }
}
