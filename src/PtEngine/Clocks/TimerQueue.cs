using XePt.Memory;

namespace XePt.Clocks;

/// <summary>Timers of a clock, earliest first and then in order of registration: a binary heap that knows each timer's place.</summary>
/// <remarks>Concurrency: any thread; every call takes the gate, and nobody is called inside it.</remarks>
internal sealed class TimerQueue
{
    private SpinGate _gate;
    private ClockTimer?[] _heap = new ClockTimer?[8];
    private int _count;
    private ulong _registered;

    /// <summary>Puts a timer in; true when it is the earliest now.</summary>
    public bool Add(ClockTimer timer, long due)
    {
        _gate.Enter();
        if (_count == _heap.Length)
            Array.Resize(ref _heap, _count * 2);
        timer.Due = due;
        timer.Order = _registered++;
        Rise(timer, _count++);
        bool isEarliest = timer.Place == 0;
        _gate.Exit();
        return isEarliest;
    }

    /// <summary>Takes a timer out; false when it was not in: it has fired, is about to, or never was scheduled.</summary>
    public bool Remove(ClockTimer timer)
    {
        _gate.Enter();
        bool isIn = timer.Place != ClockTimer.NotScheduled;
        if (isIn)
            TakeAt(timer.Place);
        _gate.Exit();
        return isIn;
    }

    /// <summary>When the earliest timer is due; <see cref="long.MaxValue"/> without any.</summary>
    public long NextDue
    {
        get
        {
            _gate.Enter();
            long due = _count == 0 ? long.MaxValue : _heap[0]!.Due;
            _gate.Exit();
            return due;
        }
    }

    /// <summary>Takes the earliest timer out if it is due by a time.</summary>
    public ClockTimer? TakeDue(long now)
    {
        _gate.Enter();
        ClockTimer? timer = _count != 0 && _heap[0]!.Due <= now ? TakeAt(0) : null;
        _gate.Exit();
        return timer;
    }

    private ClockTimer TakeAt(int place)
    {
        ClockTimer taken = _heap[place]!, last = _heap[--_count]!;
        _heap[_count] = null;
        taken.Place = ClockTimer.NotScheduled;
        if (ReferenceEquals(taken, last))
            return taken;

        Rise(last, place);
        Sink(last);
        return taken;
    }

    private void Rise(ClockTimer timer, int place)
    {
        for (int parent = (place - 1) / 2; place > 0 && IsBefore(timer, _heap[parent]!); parent = (place - 1) / 2)
        {
            Put(_heap[parent]!, place);
            place = parent;
        }

        Put(timer, place);
    }

    private void Sink(ClockTimer timer)
    {
        int place = timer.Place;
        for (int child = (2 * place) + 1; child < _count; child = (2 * place) + 1)
        {
            if (child + 1 < _count && IsBefore(_heap[child + 1]!, _heap[child]!))
                child++;
            if (!IsBefore(_heap[child]!, timer))
                break;
            Put(_heap[child]!, place);
            place = child;
        }

        Put(timer, place);
    }

    private void Put(ClockTimer timer, int place)
    {
        _heap[place] = timer;
        timer.Place = place;
    }

    private static bool IsBefore(ClockTimer left, ClockTimer right) =>
        left.Due < right.Due || (left.Due == right.Due && left.Order < right.Order);
}
