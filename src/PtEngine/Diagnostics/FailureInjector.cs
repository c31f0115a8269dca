using XePt.Uapi;

namespace XePt.Diagnostics;

/// <summary>Places where a test can make the engine fail (BIND-220, BIND-223, PT-207).</summary>
public enum FailurePoint
{
    /// <summary>No place; the injector is off.</summary>
    None,

    /// <summary>Creation of the GPUVA ops of a bind op.</summary>
    OpsCreate,

    /// <summary>Allocation of the PT ops.</summary>
    PtOpAllocation,

    /// <summary>After all ops are locked.</summary>
    Lock,

    /// <summary>After a tile prepared its ops.</summary>
    Prepare,

    /// <summary>Before a tile's job runs.</summary>
    Run,

    /// <summary>Where the pages of a userptr that is about to be bound count as changed (PT-207).</summary>
    UserptrCheck,

    /// <summary>Before execution starts.</summary>
    Execute,

    /// <summary>Parsing of a sync entry.</summary>
    SyncParse,

    /// <summary>Creation of a VM's scratch tables.</summary>
    ScratchCreate,

    /// <summary>Creation of a bind queue.</summary>
    BindQueueCreate,

    /// <summary>Taking a block of device memory for pages of a process (HST-039); -ENOMEM unless another errno is given.</summary>
    BlockAllocation,

    /// <summary>Driving others out of device memory for such a block: nobody goes.</summary>
    BlockEviction,

    /// <summary>A copy between system and device memory (HST-039); -EIO.</summary>
    Copy,

    /// <summary>After each look at the pages of an SVM range, before they are stored (HST-039); -EFAULT.</summary>
    PageCollection,

    /// <summary>The bind of an SVM range or a VMA by a fault, before any look at its pages (HST-039); -ENOMEM.</summary>
    RangeBind,

    /// <summary>The last look before the bind of an SVM range is committed (HST-039): its pages count as changed; -EAGAIN.</summary>
    RangeCommit,

    /// <summary>The unbind of an SVM range (SVM-165); -ENOMEM.</summary>
    RangeUnbind,

    /// <summary>Sending a TLB invalidation (HST-039): that of a zap, and that of a bind when a TLB hears of it. It is sent once more, for
    /// the whole VM, and nobody gets an errno.</summary>
    TlbSend,

    /// <summary>Whenever memory is asked for: tables, records, VMAs, BOs, objects, as if the host or the VRAM had none left; -ENOMEM, and
    /// from arrays of bind ops -ENOBUFS (BIND-054). Many places, passed many times in a call.</summary>
    Allocation,
}

/// <summary>Makes chosen places fail, and keeps the rotating position of the force-error bind flag (BIND-220).</summary>
/// <remarks>Concurrency: any thread. What is armed at a place is one word, changed by compare-exchange: an armed failure meets exactly as
/// many of the calls that come by on several threads as it says. The position belongs to the device, as in the reference; where a request
/// that asks for a failure stands belongs to the request (<see cref="Calls.BindCall.Fails"/>), so a client fails nobody's call but its
/// own.</remarks>
public sealed class FailureInjector
{
    /// <summary>The largest number of passages or failures that can be asked for.</summary>
    public const int MostTimes = 0xffffff;

    private static readonly FailurePoint[] Rotation = [FailurePoint.Lock, FailurePoint.Prepare, FailurePoint.Run];

    // For each place, from the top: the errno in 16 bits, how often it will fail in 24, how often it may be passed before in 24; 0 is off.
    private readonly long[] _armed = new long[Enum.GetValues<FailurePoint>().Length];
    private readonly DeviceWatch _watch;
    private uint _position;

    /// <summary>Makes an injector that no device asks.</summary>
    public FailureInjector()
        : this(new DeviceWatch("none"))
    {
    }

    internal FailureInjector(DeviceWatch watch) => _watch = watch;

    /// <summary>Makes a place fail at its (<paramref name="skip"/> + 1)-th passage from now on. Other places stay as they are.</summary>
    /// <param name="point">The place; none turns the injector off.</param>
    /// <param name="skip">Passages that go well before.</param>
    /// <param name="times">Failures in a row; 0 disarms the place.</param>
    /// <param name="error">What it fails with; Ok for what the place fails with by itself. Places that tell no errno ignore it.</param>
    public void Arm(FailurePoint point, int skip = 0, int times = 1, Errno error = Errno.Ok)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(skip, MostTimes);
        ArgumentOutOfRangeException.ThrowIfNegative(times);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(times, MostTimes);
        if (point == FailurePoint.None)
            Disarm();
        else
            Set(point, times == 0 ? 0 : ((long)-(int)error << 48) | ((long)times << 24) | (uint)skip);
    }

    /// <summary>Called whenever a place is passed, on the thread that passes it, before it is decided whether it fails: for tests that have
    /// something happen at that very moment. Such a test may change the memory of a process; it must not call the device. What it throws
    /// leaves the call that came by; calls that make VMs and BOs, bind and move BOs hold nobody up afterwards.</summary>
    public Action<FailurePoint>? Passing
    {
        get;
        set
        {
            field = value;
            _watch.SetPassing(value is not null);
        }
    }

    /// <summary>Turns the injector off.</summary>
    public void Disarm()
    {
        for (int point = 0; point < _armed.Length; point++)
            Set((FailurePoint)point, 0);
    }

    /// <summary>For example <c>armed: Prepare, Run</c>.</summary>
    public override string ToString()
    {
        string armed = string.Join(
            ", ", Enum.GetValues<FailurePoint>().Where(point => Volatile.Read(ref _armed[(int)point]) != 0));
        return armed == "" ? "nothing armed" : $"armed: {armed}";
    }

    /// <summary>An op with the force-error flag was parsed: the position moves on.</summary>
    /// <returns>Where its request fails.</returns>
    internal FailurePoint NextForced() => Rotation[Interlocked.Increment(ref _position) % (uint)Rotation.Length];

    /// <summary>What knows that some place is armed.</summary>
    internal DeviceWatch Watch => _watch;

    /// <summary>Some place is armed. A call asks once, so that its places cost nothing while none is.</summary>
    internal bool IsArmed => _watch.IsArmed;

    /// <summary>True when the place must fail now because it is armed.</summary>
    internal bool Fires(FailurePoint point) => Fires(point, Errno.ENOMEM) != Errno.Ok;

    /// <summary>What the place must fail with now because it is armed, or Ok.</summary>
    /// <param name="point">The place.</param>
    /// <param name="own">What it fails with by itself.</param>
    internal Errno Fires(FailurePoint point, Errno own)
    {
        Passing?.Invoke(point);
        ref long place = ref _armed[(int)point];
        for (long armed = Volatile.Read(ref place); armed != 0; armed = Volatile.Read(ref place))
        {
            bool isNow = (armed & MostTimes) == 0;
            long times = (armed >> 24) & MostTimes;
            long next = !isNow ? armed - 1 : times > 1 ? armed - (1L << 24) : 0;
            if (Interlocked.CompareExchange(ref place, next, armed) != armed)
                continue;
            if (next == 0)
                _watch.AddPlaces(-1);
            var given = (Errno)(-(int)(armed >> 48));
            return !isNow ? Errno.Ok : given == Errno.Ok ? own : given;
        }

        return Errno.Ok;
    }

    private void Set(FailurePoint point, long armed)
    {
        long before = Interlocked.Exchange(ref _armed[(int)point], armed);
        int change = (armed != 0 ? 1 : 0) - (before != 0 ? 1 : 0);
        if (change != 0)
            _watch.AddPlaces(change);
    }
}
