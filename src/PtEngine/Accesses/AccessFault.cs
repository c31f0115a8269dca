using XePt.Faults;
using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Accesses;

/// <summary>A fault that an access has raised, until its answer.</summary>
/// <remarks>Concurrency: the answer and the access's giving up race for the state by one interlocked step; whoever comes second gives the
/// object back.</remarks>
internal sealed class AccessFault : FaultOrigin, IReturnable<AccessFault>
{
    private const int Waiting = 0, Known = 1, GivenUp = 2;

    private static SharedPool<AccessFault> s_idle;

    private AccessFault? _next;
    private JobScheduler? _scheduler;
    private int _state;

    private AccessFault()
    {
    }

    ref AccessFault? IReturnable<AccessFault>.NextReturned => ref _next;

    /// <summary>It is known what became of the fault.</summary>
    public bool IsKnown => Volatile.Read(ref _state) == Known;

    /// <summary>Why it was not serviced.</summary>
    public Rejection Why { get; private set; }

    /// <summary>It will never be answered.</summary>
    public bool IsLost { get; private set; }

    /// <summary>An object for one fault.</summary>
    /// <param name="scheduler">Wakes whoever waits for the answer.</param>
    public static AccessFault Rent(JobScheduler scheduler)
    {
        AccessFault fault = s_idle.Rent() ?? new AccessFault();
        (fault._scheduler, fault.Why, fault.IsLost) = (scheduler, default, false);
        Volatile.Write(ref fault._state, Waiting);
        return fault;
    }

    /// <summary>Nobody wants to know any more: what the answer was has been looked at, or does not matter.</summary>
    public void GiveUp()
    {
        if (Interlocked.Exchange(ref _state, GivenUp) == Known)
            s_idle.Return(this);
    }

    /// <summary>It could not be raised.</summary>
    public void Lose() => Finish(default, isLost: true);

    /// <inheritdoc/>
    public override void Answered(in Rejection why) => Finish(why, isLost: false);

    /// <inheritdoc/>
    public override void Forgotten() => Finish(default, isLost: true);

    private void Finish(in Rejection why, bool isLost)
    {
        JobScheduler scheduler = _scheduler!;
        (Why, IsLost) = (why, isLost);
        if (Interlocked.CompareExchange(ref _state, Known, Waiting) == Waiting)
            scheduler.Wake();
        else
            s_idle.Return(this);
    }
}
