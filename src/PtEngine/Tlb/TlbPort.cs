using System.Runtime.CompilerServices;
using XePt.Fences;
using XePt.Uapi;

namespace XePt.Tlb;

/// <summary>
/// The TLB invalidations of one GT: numbered, handed to every client in order, complete when all have acknowledged (PT-184).
/// </summary>
/// <remarks>
/// <para>Concurrency: any thread issues, any thread acknowledges, nobody waits for anybody. One word holds the newest number and, in its
/// lowest bit, whether anybody hears of invalidations. An issuer takes a number by one interlocked addition. When the bit is clear in what
/// it finds, that was all: nobody holds a translation that could be older, and everything issued so far is complete. An issuer that has
/// just passed a full barrier may look at the bit first, and need not take a number when it is clear: the bit is set by an interlocked
/// operation too, so whoever sets it afterwards reads what was written before the barrier.</para>
/// <para>Otherwise it puts the request into the slot of its number. Whoever gets the deliverer's role hands over what is there in order;
/// who does not get it leaves: the deliverer looks at the slots again after it has given the role up. A thread that was stopped between
/// number and slot delays the invalidations after its own, whose fences stay pending, and delivers them when it goes on.</para>
/// <para>Completion is the minimum of what was delivered and what each client has acknowledged. An acknowledgement is an interlocked store
/// followed by a look at the role; giving the role up is an interlocked store followed by a look at the acknowledgements. So one of the two
/// sees both, and no fence callback ever runs inside the role: a callback may issue invalidations without limit. The delivered count is
/// read first, then the list of clients, then their words: a client that owes something that was counted as delivered was in the list
/// before that.</para>
/// <para>Joining happens inside the role. The list is published, then the bit is set by a compare-exchange over the newest number, to which
/// the delivered count and both lines were moved just before. Every invalidation up to that number was issued after its table writes, so
/// the client, which holds nothing yet, will read the new tables; every later one finds the bit and so, through the slots, the client. The
/// bit is cleared inside the role, too, by a compare-exchange over a number up to which everything is complete, when no client is left;
/// since joining needs the role, none can come meanwhile, and an issuer that has found the bit holds a number that is not complete before
/// it is delivered.</para>
/// <para>Two lines of fences: <see cref="Completed"/> is what callers wait for, and may run ahead by time-out or reset;
/// <see cref="Real"/> advances by acknowledgements only, and is what memory must wait for before it is used again. While the bit is clear
/// nothing is pending on either, and they stay behind the numbers.</para>
/// </remarks>
internal sealed class TlbPort(int gt, bool hasRanges)
{
    private const int SlotCount = 256;
    private const int TimesKept = 1024;
    private const ulong Heard = 1, NumberStep = 2;

    private struct Slot
    {
        public ulong Seqno;
        public TlbRequest Request;
    }

    private struct IssueTime
    {
        public ulong Seqno;
        public long Time;
    }

    private readonly Slot[] _slots = new Slot[SlotCount];
    private readonly IssueTime[] _issues = new IssueTime[TimesKept];
    private TlbRegistration[] _clients = [];
    private InvalidationLog? _log;
    private TlbTrace _trace = new(gt);
    private ulong _word;
    private ulong _delivered;
    private int _isDelivering;
    private int _isResetting;

    public int Gt => gt;

    public FenceTimeline Completed { get; } = new($"gt{gt} tlb");

    public FenceTimeline Real { get; } = new($"gt{gt} tlb acknowledged");

    /// <summary>Wants to know what becomes of invalidations, or null.</summary>
    public TlbTracer? Tracer
    {
        get => _trace.Tracer;
        set => _trace.Tracer = value;
    }

    /// <summary>What was issued, except what VMs count themselves (<see cref="TlbVmTally"/>).</summary>
    public TlbTally Tally { get; } = new(hasRanges);

    /// <summary>Newest number taken.</summary>
    public ulong Issued => Volatile.Read(ref _word) >> 1;

    /// <summary>Somebody must be told of invalidations.</summary>
    public bool IsHeard => (Volatile.Read(ref _word) & Heard) != 0;

    /// <summary>Something that was issued is not complete.</summary>
    public bool IsOwed => IsHeard && !Completed.HasReached(Issued);

    /// <summary>Newest invalidation that every client has acknowledged, with all before it.</summary>
    public ulong AcknowledgedUpTo
    {
        get
        {
            ulong word = Volatile.Read(ref _word);
            return (word & Heard) == 0 ? word >> 1 : Real.Completed;
        }
    }

    /// <summary>Takes a number for an invalidation. The table writes it is for come before it.</summary>
    /// <returns>The number, for <see cref="Tell"/>; 0 when nobody hears of it: it is complete.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Issue()
    {
        ulong word = Interlocked.Add(ref _word, NumberStep);
        return (word & Heard) == 0 ? 0 : word >> 1;
    }

    /// <summary>The same where somebody wants the events of it.</summary>
    public ulong IssueTraced()
    {
        ulong word = Interlocked.Add(ref _word, NumberStep);
        bool isHeard = (word & Heard) != 0;
        _trace.Sent(word >> 1, isComplete: !isHeard);
        return isHeard ? word >> 1 : 0;
    }

    /// <summary>Tells the clients of an invalidation.</summary>
    /// <param name="seqno">Its number, from <see cref="Issue"/>.</param>
    /// <param name="request">What it is.</param>
    /// <param name="nowNs">Time of the device.</param>
    /// <returns>The stub when every client has acknowledged already, else its point on <see cref="Completed"/>, signalled or not.</returns>
    public Fence Tell(ulong seqno, in TlbRequest request, long nowNs)
    {
        Fence fence = Completed.At(seqno);
        Volatile.Read(ref _log)?.Add(seqno, request);
        Note(seqno, nowNs);
        Enqueue(seqno, request);
        if (IsNextThere(out _))
            Pump();
        if (Volatile.Read(ref _isResetting) != 0)
            Complete(seqno);
        return Real.HasReached(seqno) && fence.Error == Errno.Ok ? default : fence;
    }

    /// <summary>Makes the port remember its invalidations for a checker from now on.</summary>
    public InvalidationLog Watch()
    {
        var log = new InvalidationLog();
        TakeRole();
        // The barrier: an issuer with a number after the one read next finds the log.
        Interlocked.Exchange(ref _log, log);
        log.AttachedAt = BeHeard();
        GiveRoleUp();
        Pump();
        return log;
    }

    public TlbRegistration Add(ITlbClient client)
    {
        var registration = new TlbRegistration(this, client);
        TakeRole();
        TlbRegistration[] seen = Volatile.Read(ref _clients);
        while (Interlocked.CompareExchange(ref _clients, [.. seen, registration], seen) is var found && found != seen)
            seen = found;
        registration.Activate(after: BeHeard());
        GiveRoleUp();
        Pump();
        return registration;
    }

    public void Remove(TlbRegistration registration)
    {
        TlbRegistration[] seen = Volatile.Read(ref _clients);
        while (Interlocked.CompareExchange(ref _clients, [.. seen.Where(client => client != registration)], seen) is var found
            && found != seen)
            seen = found;
        registration.Leave();
        Acknowledged();
        if (IsDeserted(Volatile.Read(ref _word)))
            Pump();
    }

    /// <summary>A client has acknowledged something.</summary>
    public void Acknowledged()
    {
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        if (Volatile.Read(ref _isDelivering) == 0)
            SignalAcknowledged();
    }

    /// <summary>Signals everything pending; the acknowledgements are still owed (PT-185).</summary>
    public void Reset()
    {
        Tally.WasReset();
        Complete(Issued);
    }

    /// <summary>While set, invalidations complete at once for their callers (PT-186).</summary>
    public void SetResetting(bool isResetting)
    {
        Interlocked.Exchange(ref _isResetting, isResetting ? 1 : 0);
        Reset();
    }

    /// <summary>Signals with -ETIME what was issued at or before a time and is still pending (PT-185).</summary>
    /// <returns>Invalidations that timed out.</returns>
    public int Expire(long issuedAtOrBefore)
    {
        if (!IsHeard)
            return 0;
        ulong newest = Issued;
        ulong oldest = OldestKnown(newest);
        // Times rise with numbers, so the newest late one decides; what is older than all known times is late with it.
        while (newest >= oldest && !(TryGetTime(newest, out long time) && time <= issuedAtOrBefore))
            newest--;
        int expired = 0;
        for (ulong seqno = newest < oldest ? newest + 1 : Completed.Completed + 1; seqno <= newest; seqno++)
            expired += TryExpire(seqno) ? 1 : 0;
        return expired;
    }

    /// <summary>Signals one invalidation with -ETIME (PT-185).</summary>
    public bool TryExpire(ulong seqno)
    {
        bool expired = Completed.TrySignal(seqno, Errno.ETIME);
        if (!expired)
            return false;
        Tally.TimedOut();
        _trace.TimedOut(seqno);
        return true;
    }

    /// <summary>When the oldest pending invalidation was issued.</summary>
    /// <returns>False when none is pending.</returns>
    public bool TryGetOldest(out long issuedAt)
    {
        ulong newest = Issued;
        ulong oldest = OldestKnown(newest);
        issuedAt = 0;
        return IsHeard && oldest <= newest && TryGetTime(oldest, out issuedAt);
    }

    private ulong OldestKnown(ulong newest) => Math.Max(Completed.Completed + 1, newest < TimesKept ? 1 : newest - TimesKept + 1);

    private void Note(ulong seqno, long nowNs)
    {
        ref IssueTime issue = ref _issues[seqno % TimesKept];
        Volatile.Write(ref issue.Time, nowNs);
        Volatile.Write(ref issue.Seqno, seqno);
    }

    /// <summary>False while the issuer has not noted the time yet, and when later ones have taken its place.</summary>
    private bool TryGetTime(ulong seqno, out long time)
    {
        ref IssueTime issue = ref _issues[seqno % TimesKept];
        bool isNoted = Volatile.Read(ref issue.Seqno) == seqno;
        time = Volatile.Read(ref issue.Time);
        return isNoted && Issued - seqno < TimesKept;
    }

    private void Enqueue(ulong seqno, in TlbRequest request)
    {
        ref Slot slot = ref _slots[seqno % SlotCount];
        // The slot is free once the request one round before has been delivered; full means a deliverer on another thread is at work.
        var spin = default(SpinWait);
        while (seqno - Volatile.Read(ref _delivered) > SlotCount)
        {
            Pump();
            spin.SpinOnce();
        }

        slot.Request = request;
        // A full barrier: after it the issuer looks at the delivered count, as whoever raises that count looks at the slot after it.
        Interlocked.Exchange(ref slot.Seqno, seqno);
    }

    private void Pump()
    {
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        do
        {
            if (!TryTakeRole())
                return;
            try
            {
                while (IsNextThere(out ulong next))
                    Deliver(next);
                FallSilentIfDeserted();
            }
            finally
            {
                GiveRoleUp();
            }

            SignalAcknowledged();
        }
        while (IsNextThere(out _) || IsDeserted(Volatile.Read(ref _word)));
    }

    /// <summary>From now on somebody hears of invalidations. Inside the role.</summary>
    /// <returns>The newest number before that.</returns>
    private ulong BeHeard()
    {
        ulong word = Volatile.Read(ref _word);
        while ((word & Heard) == 0)
        {
            // All of these are complete, whether or not the exchange succeeds, and nobody waits for any.
            Real.PassTo(word >> 1);
            Completed.PassTo(word >> 1);
            Volatile.Write(ref _delivered, word >> 1);
            ulong found = Interlocked.CompareExchange(ref _word, word | Heard, word);
            if (found == word)
                break;
            word = found;
        }

        return word >> 1;
    }

    /// <summary>Nobody is left to be told, and everything up to the number of a word is complete.</summary>
    private bool IsDeserted(ulong word) =>
        Volatile.Read(ref _clients).Length == 0 && (word & Heard) != 0 && Volatile.Read(ref _log) is null
        && Real.HasReached(word >> 1) && Completed.HasReached(word >> 1);

    /// <summary>Inside the role.</summary>
    private void FallSilentIfDeserted()
    {
        ulong word = Volatile.Read(ref _word);
        if (IsDeserted(word))
            Interlocked.CompareExchange(ref _word, word & ~Heard, word);
    }

    private bool IsNextThere(out ulong next)
    {
        next = Volatile.Read(ref _delivered) + 1;
        return Volatile.Read(ref _slots[next % SlotCount].Seqno) == next;
    }

    /// <summary>Hands one over to every client. A client that throws does not keep it from the others; its exception goes on out
    /// of the outermost call when everything is done (<see cref="ThreadJobs.Note"/>).</summary>
    private void Deliver(ulong seqno)
    {
        TlbRequest request = _slots[seqno % SlotCount].Request;
        TlbInvalidationRange shape = request.Shape(hasRanges);
        foreach (TlbRegistration client in Volatile.Read(ref _clients))
        {
            try
            {
                client.Deliver(gt, seqno, request, shape);
            }
            catch (Exception thrown)
            {
                Tracer?.Failed(thrown);
                ThreadJobs.Own.Note(thrown);
            }
        }

        Volatile.Write(ref _delivered, seqno);
    }

    /// <summary>Signals up to what every client has acknowledged of what was delivered.</summary>
    private void SignalAcknowledged()
    {
        ulong complete = Volatile.Read(ref _delivered);
        foreach (TlbRegistration client in Volatile.Read(ref _clients))
            complete = Math.Min(complete, client.Acknowledged);
        if (complete == 0)
            return;

        if (Real.TrySignal(complete))
            _trace.Received(complete);
        Complete(complete);
    }

    private void Complete(ulong seqno)
    {
        if (Completed.TrySignal(seqno))
            _trace.Signalled(seqno);
    }

    private void TakeRole()
    {
        var spin = default(SpinWait);
        while (!TryTakeRole())
            spin.SpinOnce();
    }

    private bool TryTakeRole() => Interlocked.CompareExchange(ref _isDelivering, 1, 0) == 0;

    private void GiveRoleUp() => Interlocked.Exchange(ref _isDelivering, 0);
}
