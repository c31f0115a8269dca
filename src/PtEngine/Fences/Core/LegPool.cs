using XePt.Memory;
using XePt.Uapi;

namespace XePt.Fences;

/// <summary>The nodes by which countdowns hang on fences. Any thread rents, any thread returns.</summary>
internal sealed class LegPool
{
    private SharedPool<Leg> _legs;
    private int _made;

    /// <summary>Legs made so far: as many as were ever rented at the same time.</summary>
    public int Made => Volatile.Read(ref _made);

    public Leg Rent(FenceCountdown target)
    {
        Leg leg = _legs.Rent() ?? Make();
        leg.Target = target;
        return leg;
    }

    public void Return(Leg leg)
    {
        leg.Target = null;
        _legs.Return(leg);
    }

    private Leg Make()
    {
        Interlocked.Increment(ref _made);
        return new Leg(this);
    }

    /// <summary>One fence awaited by one countdown.</summary>
    internal sealed class Leg(LegPool pool) : FenceCallback, IReturnable<Leg>
    {
        private Leg? _nextReturned;

        public FenceCountdown? Target { get; set; }

        public ref Leg? NextReturned => ref _nextReturned;

        protected override void Fire(Errno error)
        {
            FenceCountdown target = Target!;
            pool.Return(this);
            target.Arrive(error);
        }
    }
}
