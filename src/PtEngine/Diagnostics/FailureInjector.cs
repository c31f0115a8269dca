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
}

/// <summary>Makes one chosen place fail once, and keeps the rotating position of the force-error bind flag (BIND-220).</summary>
/// <remarks>Concurrency: any thread. Place and count are one word, changed by compare-exchange: an armed failure meets exactly one of the
/// calls that come by on several threads. The position belongs to the device, as in the reference; where a request that asks for a failure
/// stands belongs to the request (<see cref="Calls.BindCall.Fails"/>), so a client fails nobody's call but its own.</remarks>
public sealed class FailureInjector
{
    private static readonly FailurePoint[] Rotation = [FailurePoint.Lock, FailurePoint.Prepare, FailurePoint.Run];

    // The place in the upper half, in the lower one how often it may still be passed; 0 is off.
    private long _armed;
    private uint _position;

    /// <summary>Makes a place fail at its (<paramref name="skip"/> + 1)-th passage from now on, once.</summary>
    public void Arm(FailurePoint point, int skip = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        Volatile.Write(ref _armed, ((long)point << 32) | (uint)skip);
    }

    /// <summary>Turns the injector off.</summary>
    public void Disarm() => Volatile.Write(ref _armed, 0);

    /// <summary>An op with the force-error flag was parsed: the position moves on.</summary>
    /// <returns>Where its request fails.</returns>
    internal FailurePoint NextForced() => Rotation[Interlocked.Increment(ref _position) % (uint)Rotation.Length];

    /// <summary>Some place is armed. A call asks once, so that its places cost nothing while none is.</summary>
    internal bool IsArmed => Volatile.Read(ref _armed) != 0;

    /// <summary>True when the place must fail now because it is armed.</summary>
    internal bool Fires(FailurePoint point)
    {
        for (long armed = Volatile.Read(ref _armed); armed >> 32 == (long)point; armed = Volatile.Read(ref _armed))
        {
            bool isNow = (uint)armed == 0;
            if (Interlocked.CompareExchange(ref _armed, isNow ? 0 : armed - 1, armed) == armed)
                return isNow;
        }

        return false;
    }
}
