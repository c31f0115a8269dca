using XePt.Faults;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Accesses;

/// <summary>A fault that an access has raised, until its answer.</summary>
/// <remarks>Concurrency: the answer and the access's giving up race for the state by one interlocked step; whoever comes second gives the
/// object back.</remarks>
internal sealed class AccessFault(DeviceAccess device) : FaultOrigin, IReturnable<AccessFault>
{
    private const int Waiting = 0, Known = 1, GivenUp = 2;

    private AccessFault? _next;
    private int _state;

    ref AccessFault? IReturnable<AccessFault>.NextReturned => ref _next;

    /// <summary>It is known what became of the fault.</summary>
    public bool IsKnown => Volatile.Read(ref _state) == Known;

    /// <summary>Why it was not serviced.</summary>
    public Rejection Why { get; private set; }

    /// <summary>It will never be answered.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Stands for another fault from now on.</summary>
    public void Begin()
    {
        (Why, IsLost) = (default, false);
        Volatile.Write(ref _state, Waiting);
    }

    /// <summary>Nobody wants to know any more: what the answer was has been looked at, or does not matter.</summary>
    public void GiveUp()
    {
        if (Interlocked.Exchange(ref _state, GivenUp) == Known)
            device.Return(this);
    }

    /// <summary>It could not be raised.</summary>
    public void Lose() => Finish(default, isLost: true);

    /// <inheritdoc/>
    public override void Answered(in Rejection why) => Finish(why, isLost: false);

    /// <inheritdoc/>
    public override void Forgotten() => Finish(default, isLost: true);

    private void Finish(in Rejection why, bool isLost)
    {
        (Why, IsLost) = (why, isLost);
        if (Interlocked.CompareExchange(ref _state, Known, Waiting) == Waiting)
            device.Wake();
        else
            device.Return(this);
    }
}
