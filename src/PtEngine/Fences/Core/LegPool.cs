using XePt.Memory;
using XePt.Uapi;

namespace XePt.Fences;

/// <summary>The nodes by which countdowns hang on fences: some are a countdown's own, the others are lent. Any thread rents, any thread
/// returns.</summary>
internal sealed class LegPool
{
    private SharedPool<Leg> _legs;
    private int _made;

    /// <summary>Legs made so far: as many as were ever in use at the same time.</summary>
    public int Made => Volatile.Read(ref _made);

    /// <summary>A leg for one wait of a countdown.</summary>
    public Leg Rent(FenceCountdown target)
    {
        Leg leg = _legs.Rent() ?? Make(this);
        leg.Target = target;
        return leg;
    }

    /// <summary>A leg that stays with its countdown.</summary>
    public Leg MakeFor(FenceCountdown owner)
    {
        Leg leg = Make(lender: null);
        leg.Target = owner;
        return leg;
    }

    private Leg Make(LegPool? lender)
    {
        Interlocked.Increment(ref _made);
        return new Leg(lender);
    }

    /// <summary>One fence awaited by one countdown.</summary>
    /// <param name="lender">Where it goes back to; null when it is the countdown's own.</param>
    internal sealed class Leg(LegPool? lender) : FenceCallback, IReturnable<Leg>
    {
        private Leg? _nextReturned;

        public FenceCountdown? Target { get; set; }

        public ref Leg? NextReturned => ref _nextReturned;

        /// <summary>It is used no more.</summary>
        public void Release()
        {
            if (lender is null)
                return;
            Target = null;
            lender._legs.Return(this);
        }

        protected override void Fire(Errno error)
        {
            FenceCountdown target = Target!;
            Release();
            target.Arrive(error);
        }
    }
}
