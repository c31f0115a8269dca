using XePt.Diagnostics;
using XePt.Fences;
using XePt.Memory;

namespace XePt.Faults;

/// <summary>
/// One queue of faults with its worker (specification 04 section 3.2): first come, first served, one at a time, each answered once. A fault
/// that has to wait for a fence keeps the queue waiting, but no thread.
/// </summary>
/// <remarks>Concurrency: the ring is behind a gate, a leaf. The worker is at most once in the scheduler's hands: who finds it idle hands it
/// over, and it is idle only when the ring is empty, looked at under the same gate. The fault in service is the worker's; while it waits,
/// for a fence or for its turn to come back, it belongs to whoever takes it in one exchange: the worker, or the end of the device. When
/// that finds the worker going on, the worker finds out when it is about to let go of the fault.</remarks>
/// <param name="intake">What it belongs to.</param>
/// <param name="capacity">Entries of the ring.</param>
/// <param name="counts">What it counts, by GT.</param>
/// <param name="scheduler">Runs the worker.</param>
internal sealed class FaultQueue(FaultIntake intake, int capacity, GtStatistics.Lane[] counts, JobScheduler scheduler)
    : ScheduledJob(scheduler)
{
    /// <summary>A worker goes on for so long, and then lets others go first (CFG-009).</summary>
    private const long Slice = 20 * XeClock.Millisecond;

    private const int AllGts = -1;

    // Whose the fault in service is: the worker's; nobody's, because it waits for a fence or comes back; the worker's, who must not let go
    // of it any more; that of who has ended the device.
    private const int Going = 0, Parked = 1, PutOff = 2, Ending = 3, Abandoned = 4;

    private readonly GpuFault[] _ring = new GpuFault[capacity];
    private readonly bool[] _isSquashed = new bool[capacity];
    private readonly FaultOrigin?[] _origins = new FaultOrigin?[capacity];
    private readonly JobScheduler _scheduler = scheduler;
    private readonly LegPool _legs = new();
    private SpinGate _gate;
    private int _head, _tail;
    private bool _isBusy;
    private int _parking;
    private FaultService _current = new(counts);
    private bool _hasCurrent;

    /// <summary>Faults in the ring.</summary>
    public int Count
    {
        get
        {
            _gate.Enter();
            int count = (_head - _tail + capacity) % capacity;
            _gate.Exit();
            return count;
        }
    }

    /// <summary>The fault in service waits for a fence, and with it all others.</summary>
    public bool IsParked => Volatile.Read(ref _parking) == Parked;

    /// <summary>Puts a fault behind the others; one that this thread services before it returns is in service at once. False when there is
    /// no room (FLT-011, CFG-008), or the device has ended.</summary>
    public bool TryAdd(in GpuFault fault, FaultOrigin? origin)
    {
        ThreadJobs thread = ThreadJobs.Own;
        bool isTaken = _scheduler.IsInline && thread.IsFree;
        _gate.Enter();
        bool starts = !_isBusy;
        isTaken &= starts;
        bool hasRoom = starts || (_head + 1) % capacity != _tail;
        if (isTaken)
        {
            _current.Begin(fault, origin);
            _hasCurrent = _isBusy = true;
        }
        else if (hasRoom &= Volatile.Read(ref _parking) < Ending)
        {
            _ring[_head] = fault;
            _origins[_head] = origin;
            _isSquashed[_head] = false;
            _head = (_head + 1) % capacity;
            _isBusy = true;
        }

        _gate.Exit();
        if (isTaken)
            thread.DoAtOnce(this);
        else if (starts && hasRoom)
            _scheduler.MakeReady(this);
        return hasRoom;
    }

    /// <summary>Faults of a GT that wait are neither serviced nor answered (FLT-015).</summary>
    /// <returns>How many.</returns>
    public int Squash(int gt)
    {
        int squashed = 0;
        FaultOrigin? told = null;
        _gate.Enter();
        for (int at = _tail; at != _head; at = (at + 1) % capacity)
        {
            if (_isSquashed[at] || (gt != AllGts && _ring[at].Gt != gt))
                continue;
            _isSquashed[at] = true;
            squashed++;
            if (_origins[at] is not { } origin)
                continue;
            _origins[at] = null;
            (origin.NextForgotten, told) = (told, origin);
        }

        _gate.Exit();
        while (told is { } forgotten)
        {
            (told, forgotten.NextForgotten) = (forgotten.NextForgotten, null);
            forgotten.Forgotten();
        }

        return squashed;
    }

    public override void Run()
    {
        if (ThreadJobs.Own.TryPutOff(this))
            return;
        long begun = intake.Clock.Now;
        // Nobody but the worker leaves a fault for later, so it is asked for only after that.
        if (_parking != Going && !TryTakeUp())
            return;
        while (_hasCurrent || TryTake())
        {
            Fence pending = Serve();
            if (_current.ComesBack)
            {
                if (TryLeave(PutOff))
                    _scheduler.MakeReady(this);
                return;
            }

            if (!pending.IsSignalled)
            {
                if (!TryLeave(Parked))
                    return;
                // Who waits for an answer may not wait for the fence.
                _scheduler.Wake();
                Begin();
                Await(pending, _legs);
                End();
                return;
            }

            // What it was to wait for has signalled after it had looked.
            if (!_current.IsOver)
                continue;
            _hasCurrent = false;
            intake.Answer(_current);
            if (intake.Clock.Now - begun > Slice)
            {
                _scheduler.MakeReady(this);
                return;
            }
        }
    }

    /// <summary>Goes on with the fault in service. When a hook of the embedder's throws, it is forgotten, and the others get their
    /// turn.</summary>
    private Fence Serve()
    {
        try
        {
            return _current.Run(intake);
        }
        catch
        {
            _hasCurrent = false;
            _current.Abandon();
            _scheduler.MakeReady(this);
            throw;
        }
    }

    /// <summary>The device ends: nobody services what waits, and the migration of the fault in service is taken back, by the worker where
    /// it is just going on.</summary>
    public void Abandon()
    {
        int seen = Volatile.Read(ref _parking);
        while (seen < Ending)
        {
            int found = Interlocked.CompareExchange(ref _parking, seen == Going ? Ending : Abandoned, seen);
            if (found == seen)
                break;
            seen = found;
        }

        Squash(AllGts);
        if (seen is Parked or PutOff)
            _current.Abandon();
    }

    /// <summary>The worker goes on with the fault that it has left; false when the device has ended meanwhile.</summary>
    private bool TryTakeUp()
    {
        int left = Volatile.Read(ref _parking);
        return left == Ending || (left != Abandoned && Interlocked.CompareExchange(ref _parking, Going, left) == left);
    }

    /// <summary>The worker leaves the fault in service for later; where the device has ended meanwhile it is forgotten here.</summary>
    private bool TryLeave(int how)
    {
        if (Interlocked.CompareExchange(ref _parking, how, Going) == Going)
            return true;
        _hasCurrent = false;
        _current.Abandon();
        return false;
    }

    /// <summary>Takes the next fault that is not squashed; without one the worker is idle.</summary>
    private bool TryTake()
    {
        _gate.Enter();
        while (_tail != _head && !_hasCurrent)
        {
            if (!_isSquashed[_tail])
            {
                _current.Begin(_ring[_tail], _origins[_tail]);
                _hasCurrent = true;
            }

            _origins[_tail] = null;
            _tail = (_tail + 1) % capacity;
        }

        // Asked inside: when it is idle, the next one may begin on another thread at once.
        bool hasTaken = _hasCurrent;
        _isBusy = hasTaken;
        _gate.Exit();
        return hasTaken;
    }
}
