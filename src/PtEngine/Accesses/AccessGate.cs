using System.Numerics;
using XePt.Epochs;
using XePt.Fences;
using XePt.Memory;

namespace XePt.Accesses;

/// <summary>
/// What makes accesses of a device behave as those of a TLB (CON-005, HST-031): an invalidation of a GT is acknowledged only when every
/// access that may use an older translation is over.
/// </summary>
/// <remarks>
/// <para>Concurrency: an access pins an epoch, then walks the tables, then moves its bytes, then lifts the pin; it neither faults nor waits
/// meanwhile. The gate is a client of every GT. An invalidation comes to it after the entries were written; it notes the epoch, begins the
/// next one (a full fence) and looks at the pins. As the pin is a full fence, too, an access whose pin the look has missed walks after the
/// entries were written and does not find what they held before. Accesses with pins that the look has found are waited for: by nobody's
/// thread, the last one that leaves acknowledges.</para>
/// <para>So whatever waits for invalidations - a change of a process's pages, a BO that moves, memory that is used again - waits for the
/// accesses, and a change that has returned is missed by no byte that is written later. Devices without accesses have no client.</para>
/// </remarks>
internal sealed unsafe class AccessGate(TlbHub tlb)
{
    private readonly EpochDomain _epochs = new() { Telling = TellInOneStep };
    private readonly Stack<Departure> _idle = new();
    private SpinGate _gate;
    private volatile bool _isOpen;
    private int _departures;

    /// <summary>There are invalidations that wait for accesses to end.</summary>
    public bool HoldsUp => Volatile.Read(ref _departures) != 0;

    /// <summary>An access to one page begins; <see cref="Exit"/> ends it.</summary>
    public long* Enter()
    {
        if (!_isOpen)
            Register();
        return _epochs.Enter();
    }

    /// <summary>The access has moved its bytes. What waited for it may go on, here and now.</summary>
    public void Exit(long* pin) => _epochs.Exit(pin);

    /// <summary>Waits for those in the middle of a page; who comes later finds no entries any more.</summary>
    public void AwaitAll()
    {
        long epoch = _epochs.Current;
        _epochs.Advance();
        for (var spin = default(SpinWait); HasAccessesUpTo(epoch);)
            spin.SpinOnce();
    }

    /// <summary>Becomes a client of every GT. Two threads may do so at once: that costs an acknowledgement more.</summary>
    private void Register()
    {
        for (uint left = tlb.GtMask; left != 0; left &= left - 1)
            tlb.Register(BitOperations.TrailingZeroCount(left), new Client(this));
        tlb.HasAccesses = () => HoldsUp;
        _isOpen = true;
    }

    /// <summary>What one acknowledgement makes ready may wait for another, so it comes after all of them.</summary>
    private static void TellInOneStep(EpochDomain epochs)
    {
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        epochs.TellAll();
    }

    private bool HasAccessesUpTo(long epoch) => _epochs.SafeBefore(out _) <= epoch;

    private Departure Rent()
    {
        _gate.Enter();
        _ = _idle.TryPop(out Departure? departure);
        _gate.Exit();
        return departure ?? new Departure(this);
    }

    private void Return(Departure departure)
    {
        _gate.Enter();
        _idle.Push(departure);
        _gate.Exit();
    }

    private sealed class Client(AccessGate gate) : ITlbClient
    {
        public void Invalidate(in TlbInvalidation invalidation)
        {
            long epoch = gate._epochs.Current;
            gate._epochs.Advance();
            if (gate.HasAccessesUpTo(epoch))
                gate.Rent().Await(invalidation, epoch);
            else
                invalidation.Acknowledge();
        }
    }

    /// <summary>An invalidation that waits for accesses to end.</summary>
    private sealed class Departure(AccessGate gate) : IReaderWait
    {
        private IReaderWait? _next;
        private TlbInvalidation _invalidation;
        private long _epoch;

        ref IReaderWait? IReturnable<IReaderWait>.NextReturned => ref _next;

        public void Await(in TlbInvalidation invalidation, long epoch)
        {
            (_invalidation, _epoch) = (invalidation, epoch);
            Interlocked.Increment(ref gate._departures);
            gate._epochs.TellWhenReadersLeave(this);
        }

        public void ReadersLeft()
        {
            // Told for the sake of an earlier one.
            if (gate.HasAccessesUpTo(_epoch))
            {
                gate._epochs.TellWhenReadersLeave(this);
                return;
            }

            TlbInvalidation invalidation = _invalidation;
            gate.Return(this);
            // In a step of the thread: what the acknowledgement makes ready may wait for accesses itself.
            invalidation.Acknowledge();
            Interlocked.Decrement(ref gate._departures);
        }
    }
}
