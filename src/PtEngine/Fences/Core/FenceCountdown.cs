using XePt.Uapi;

namespace XePt.Fences;

/// <summary>
/// Waits for a set of fences and then does one thing: a job waiting for its dependencies, a composite fence waiting for its parts.
/// Usage: <see cref="Begin"/>, <see cref="Await"/> each fence, <see cref="End"/>.
/// </summary>
/// <remarks>Concurrency: the count starts at one for the caller itself, so it cannot reach zero before <see cref="End"/>, however early
/// fences signal. The first legs are its own: each has fired, and nobody touches it any more, before the count reaches zero, so the next
/// <see cref="Begin"/> may use it again. Every decrement is interlocked; the one that reaches zero runs <see cref="Complete"/>, on that
/// thread. The first error to arrive wins by an interlocked exchange before its decrement, so <see cref="Complete"/> sees it.</remarks>
internal abstract class FenceCountdown
{
    private const int MostOwnLegs = 4;

    private LegPool.Leg?[]? _own;
    private int _used;
    private int _left;
    private int _error;

    public void Begin()
    {
        _error = _used = 0;
        Volatile.Write(ref _left, 1);
    }

    /// <summary>Waits for one more fence, if it has not signalled yet; its error counts either way.</summary>
    public void Await(Fence fence, LegPool legs)
    {
        if (fence.IsSignalled)
        {
            Note(fence.Error);
            return;
        }

        Interlocked.Increment(ref _left);
        LegPool.Leg leg = _used < MostOwnLegs ? NextOwn(legs) : legs.Rent(this);
        if (fence.TryAdd(leg))
            return;
        leg.Release();
        Arrive(fence.Error);
    }

    /// <summary>No more fences follow.</summary>
    public void End() => Arrive(Errno.Ok);

    internal void Arrive(Errno error)
    {
        Note(error);
        if (Interlocked.Decrement(ref _left) == 0)
            Complete((Errno)Volatile.Read(ref _error));
    }

    /// <summary>All fences have signalled; the first error among them, or Ok.</summary>
    protected abstract void Complete(Errno error);

    private LegPool.Leg NextOwn(LegPool legs)
    {
        _own ??= new LegPool.Leg?[MostOwnLegs];
        ref LegPool.Leg? leg = ref _own[_used++];
        return leg ??= legs.MakeFor(this);
    }

    private void Note(Errno error)
    {
        if (error != Errno.Ok)
            Interlocked.CompareExchange(ref _error, (int)error, 0);
    }
}
