using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;

namespace XePt;

/// <summary>
/// A line of points that signal in order: what a queue, a TLB or a client's own clock of events advances along. Points are handed out by
/// <see cref="Next"/> and signalled by <see cref="TrySignal"/>; a <see cref="Fence"/> is one point.
/// </summary>
/// <remarks>
/// <para>Concurrency: one 64-bit word holds the newest point reached and the error it was reached with. It only grows, by one interlocked
/// exchange per signal, so a point is signalled exactly once and every thread agrees on who did it. Before a word with an error is
/// replaced, the error is copied into a history list; a reader that finds a newer word therefore finds the error in the history (copying
/// twice does no harm).</para>
/// <para>Added callbacks sit in a <see cref="PushStack"/>, so no node can be unlinked under anybody. Signalling writes
/// the word, then looks at the stack; adding pushes to the stack, then looks at the word. Both writes are interlocked and so full barriers:
/// at least one side sees the other, and whoever does takes the stack. One thread at a time sorts what was taken into a heap by points and
/// takes out what is due (<see cref="Rounds"/>), so that a signal costs a few steps however many wait for later points. Nobody's code runs
/// while a thread sorts. Where none waits and all that were added are due, whoever takes them fires them unsorted.</para>
/// <para>Remembered errors are a list in the order of points, so an addition that finds a newer one there drops out: no plain push.</para>
/// </remarks>
public sealed class FenceTimeline : IReturnable<FenceTimeline>
{
    /// <summary>Failed points whose error is remembered after later points have signalled.</summary>
    public const int ErrorsKept = 1024;

    private const int ErrorBits = 8;
    private const ulong PointLimit = 1UL << (64 - ErrorBits);
    private const int SweepEvery = 64;

    private readonly FencePool? _home;
    private ulong _issued;
    private ulong _word;
    private FenceCallback? _callbacks;
    private CallbackHeap _waiting;
    private Rounds _sorting;
    private int _swept;
    private ErrorRecord? _errors;
    private int _additions;
    private FenceTimeline? _nextReturned;

    /// <param name="name">What it is the line of, for people; may be shared by many.</param>
    public FenceTimeline(string name) => Name = name;

    internal FenceTimeline(string name, FencePool home)
        : this(name) => _home = home;

    /// <summary>What it is the line of.</summary>
    public string Name { get; private set; }

    /// <summary>Id of the exec queue whose work it is the line of, or 0.</summary>
    internal uint Queue { get; private set; }

    /// <summary>Newest point handed out; 0 at the start.</summary>
    public ulong Issued => Volatile.Read(ref _issued);

    /// <summary>Newest point that has signalled; 0 at the start.</summary>
    public ulong Completed => Volatile.Read(ref _word) >> ErrorBits;

    /// <summary>Every point handed out has signalled.</summary>
    public bool IsIdle => Completed >= Issued;

    /// <summary>Hands out the next point.</summary>
    public Fence Next() => new(this, Interlocked.Increment(ref _issued));

    /// <summary>The same for a line whose points one side hands out, one thread at a time.</summary>
    internal Fence NextOfOne()
    {
        ulong next = _issued + 1;
        Volatile.Write(ref _issued, next);
        return new Fence(this, next);
    }

    /// <summary>The fence of a point, handed out or still to come.</summary>
    /// <param name="seqno">The point, at least 1 and below 2^56.</param>
    public Fence At(ulong seqno)
    {
        ArgumentOutOfRangeException.ThrowIfZero(seqno);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(seqno, PointLimit);
        return new Fence(this, seqno);
    }

    /// <summary>Signals a point and with it every earlier one that is still pending; those signal without error.</summary>
    /// <param name="seqno">The point, handed out or still to come, below 2^56. There is no point 0: it counts as signalled.</param>
    /// <param name="error">Error of this very point, or Ok.</param>
    /// <returns>False when the point had signalled before: nothing changes, not even the error.</returns>
    public bool TrySignal(ulong seqno, Errno error = Errno.Ok)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(seqno, PointLimit);
        ulong word = (seqno << ErrorBits) | (byte)-(int)error;
        if (!Advance(word))
            return false;

        if (Volatile.Read(ref _callbacks) is not null || !_waiting.IsEmpty)
            RunCallbacks();
        _home?.Return(this);
        return true;
    }

    /// <summary>True once a point has signalled.</summary>
    public bool HasReached(ulong seqno) => Completed >= seqno;

    /// <summary>The error a point was signalled with; Ok without one, while it is pending, and when it is older than
    /// <see cref="ErrorsKept"/> failures.</summary>
    public Errno ErrorOf(ulong seqno)
    {
        ulong word = Volatile.Read(ref _word);
        if (word >> ErrorBits == seqno)
            return ErrorIn(word);
        if (word >> ErrorBits < seqno)
            return Errno.Ok;

        for (ErrorRecord? record = Volatile.Read(ref _errors); record is not null && record.Seqno >= seqno; record = record.Older)
        {
            if (record.Seqno == seqno)
                return record.Error;
        }

        return Errno.Ok;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Says which exec queue's line it is. Only before anybody else knows the line.</summary>
    internal void NameAfter(uint queue, string name) => (Queue, Name) = (queue, name);

    ref FenceTimeline? IReturnable<FenceTimeline>.NextReturned => ref _nextReturned;

    /// <summary>Called whenever somebody is about to wait for a pending point: such a line only advances once it is asked to. Any thread,
    /// perhaps inside gates; may signal the point.</summary>
    internal Action? Demanded { get; init; }

    /// <summary>Moves on to a point when nobody waits for it or any before it. Calls nobody: who is just adding a callback looks again
    /// himself.</summary>
    internal void PassTo(ulong seqno) => Advance(seqno << ErrorBits);

    /// <summary>Adds a callback for a point; false, and the node stays the caller's, when it has signalled already. A node that was added
    /// fires exactly once, perhaps before this returns.</summary>
    internal bool TryAdd(FenceCallback callback, ulong seqno) => Demand(seqno) && TryAddPassively(callback, seqno);

    /// <summary>Adds a callback without asking for the point: nothing happens sooner because of it.</summary>
    internal bool TryAddPassively(FenceCallback callback, ulong seqno)
    {
        if (HasReached(seqno))
            return false;

        callback.Arm(seqno);
        PushStack.Push(ref _callbacks, callback, ref callback.NextCallback);
        // Counted by plain steps: one that gets lost between two threads makes a sweep come a little later.
        int additions = Volatile.Read(ref _additions) + 1;
        Volatile.Write(ref _additions, additions);
        if (HasReached(seqno) || additions % SweepEvery == 0)
            RunCallbacks();
        return true;
    }

    /// <summary>Asks for a point, as if waiting for it; false when it has signalled.</summary>
    internal bool Demand(ulong seqno)
    {
        if (Demanded is null)
            return true;
        if (!HasReached(seqno))
            Demanded();
        return !HasReached(seqno);
    }

    private static Errno ErrorIn(ulong word) => (Errno)(-(int)(word & ((1 << ErrorBits) - 1)));

    private bool Advance(ulong word)
    {
        ulong seen = Volatile.Read(ref _word);
        while (seen >> ErrorBits < word >> ErrorBits)
        {
            if (ErrorIn(seen) != Errno.Ok)
                Remember(seen);
            ulong found = Interlocked.CompareExchange(ref _word, word, seen);
            if (found == seen)
                return true;
            seen = found;
        }

        return false;
    }

    /// <summary>Keeps the error, which there is, of a word that is about to be replaced. Records are ordered by falling point.</summary>
    private void Remember(ulong word)
    {
        Errno error = ErrorIn(word);
        ulong seqno = word >> ErrorBits;
        for (ErrorRecord? head = Volatile.Read(ref _errors); head is null || head.Seqno < seqno;)
        {
            var record = new ErrorRecord(seqno, error, head);
            ErrorRecord? found = Interlocked.CompareExchange(ref _errors, record, head);
            if (ReferenceEquals(found, head))
            {
                record.Trim();
                return;
            }

            head = found;
        }
    }

    private void RunCallbacks()
    {
        ThreadJobs own = ThreadJobs.Own;
        own.BeginFiring();
        try
        {
            if (!TryFireUnsorted())
                FireDue();
        }
        finally
        {
            own.EndFiring();
        }
    }

    /// <summary>Fires what was added when that is all there is, and due in the order in which it was added, which is mostly so: it needs no
    /// sorting.</summary>
    /// <returns>False when it does.</returns>
    private bool TryFireUnsorted()
    {
        if (!_waiting.IsEmpty)
            return false;
        FenceCallback? due = null, oldest = null;
        FenceCallback? added = PushStack.TakeAll(ref _callbacks);
        bool isOrdered = true;
        ulong last = Completed;
        for (FenceCallback? node = added; node is not null; node = node.NextCallback)
        {
            isOrdered &= node.Seqno <= last;
            (oldest, last) = (node, node.Seqno);
        }

        if (!isOrdered)
        {
            // Whatever signals meanwhile and finds nothing leaves it to the look at the word that follows this.
            PushStack.Push(ref _callbacks, added!, ref oldest!.NextCallback);
            return false;
        }

        while (added is not null)
        {
            FenceCallback node = added;
            added = node.NextCallback;
            (node.NextCallback, due) = (due, node);
        }

        Fire(due);
        return true;
    }

    /// <summary>Sorts what was added, fires what is due by its points and drops what was cancelled.</summary>
    private void FireDue()
    {
        ulong earliest;
        do
        {
            if (!_sorting.TryBegin())
                return;

            FenceCallback? due = null, last = null, dropped = null;
            int asked;
            do
            {
                asked = _sorting.Asked;
                Sort(PushStack.TakeAll(ref _callbacks), ref dropped);
                while (HasReached(_waiting.Earliest))
                    Append(_waiting.Take(), ref due, ref last);
                earliest = _waiting.Earliest;
            }
            while (!_sorting.TryEnd(asked));

            Fire(due);
            Drop(dropped);
        }
        while (HasReached(earliest));
    }

    /// <summary>Puts added nodes, which come newest first, to those that wait. After as many additions as there are nodes in the heap,
    /// cancelled ones leave it.</summary>
    private void Sort(FenceCallback? added, ref FenceCallback? dropped)
    {
        FenceCallback? oldest = null;
        while (added is not null)
        {
            FenceCallback node = added;
            added = node.NextCallback;
            if (node.IsCancelled)
                (node.NextCallback, dropped) = (dropped, node);
            else
                (node.NextCallback, oldest) = (oldest, node);
        }

        while (oldest is not null)
        {
            FenceCallback node = oldest;
            oldest = node.NextCallback;
            _waiting.Add(node);
        }

        int additions = Volatile.Read(ref _additions);
        if (unchecked(additions - _swept) < Math.Max(SweepEvery, _waiting.Count))
            return;
        _swept = additions;
        for (FenceCallback? cancelled = _waiting.TakeCancelled(); cancelled is not null;)
        {
            FenceCallback node = cancelled;
            cancelled = node.NextCallback;
            (node.NextCallback, dropped) = (dropped, node);
        }
    }

    private static void Append(FenceCallback node, ref FenceCallback? first, ref FenceCallback? last)
    {
        node.NextCallback = null;
        if (last is null)
            first = node;
        else
            last.NextCallback = node;
        last = node;
    }

    private void Fire(FenceCallback? due)
    {
        while (due is not null)
        {
            // The node may be used again as soon as it has fired, so its link is read first.
            FenceCallback node = due;
            due = node.NextCallback;
            node.Run(ErrorOf(node.Seqno));
        }
    }

    private static void Drop(FenceCallback? dropped)
    {
        while (dropped is not null)
        {
            FenceCallback node = dropped;
            dropped = node.NextCallback;
            node.Drop();
        }
    }

    private sealed class ErrorRecord(ulong seqno, Errno error, ErrorRecord? older)
    {
        private readonly int _depth = older is null ? 1 : older._depth + 1;

        public ulong Seqno { get; } = seqno;

        public Errno Error { get; } = error;

        public ErrorRecord? Older { get; private set; } = older;

        /// <summary>Cuts the history at twice <see cref="ErrorsKept"/> down to <see cref="ErrorsKept"/>.</summary>
        public void Trim()
        {
            if (_depth % ErrorsKept != 0)
                return;
            ErrorRecord record = this;
            for (int i = 1; i < ErrorsKept && record.Older is { } next; i++)
                record = next;
            record.Older = null;
        }
    }
}
