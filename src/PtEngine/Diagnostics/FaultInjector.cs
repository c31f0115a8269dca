namespace XePt.Diagnostics;

/// <summary>Places where a test can make the engine fail (BIND-220, BIND-223, PT-207).</summary>
public enum FaultPoint
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
public sealed class FaultInjector
{
    private static readonly FaultPoint[] Rotation = [FaultPoint.Lock, FaultPoint.Prepare, FaultPoint.Run];

    private FaultPoint _armed;
    private int _skip;
    private int _position;
    private bool _forced;

    /// <summary>Makes a place fail at its (<paramref name="skip"/> + 1)-th passage from now on, once.</summary>
    public void Arm(FaultPoint point, int skip = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        (_armed, _skip) = (point, skip);
    }

    /// <summary>Turns the injector off.</summary>
    public void Disarm() => _armed = FaultPoint.None;

    /// <summary>An op with the force-error flag was parsed: the position moves on and this ioctl will fail there.</summary>
    internal void Force()
    {
        _position = (_position + 1) % Rotation.Length;
        _forced = true;
    }

    /// <summary>A new ioctl begins or an old one ends: no op has asked for a failure.</summary>
    internal void EndForce() => _forced = false;

    /// <summary>True when the place must fail now.</summary>
    internal bool Fires(FaultPoint point)
    {
        if (_forced && Rotation[_position] == point)
            return true;
        if (_armed != point || _skip-- > 0)
            return false;
        _armed = FaultPoint.None;
        return true;
    }
}
