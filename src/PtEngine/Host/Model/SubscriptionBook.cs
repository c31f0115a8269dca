using XePt.Fences;
using XePt.Memory;

namespace XePt.Host;

/// <summary>Who wants to know of changes of a process, and the changes that are in their middle (HST-006, HST-007).</summary>
/// <remarks>
/// Concurrency: every method is called inside the gate but <see cref="Tell"/>, which enters it between the calls,
/// <see cref="TryReadBegin"/> and <see cref="ReadRetry"/>. A change counts as active with everybody it meets and gives them a new sequence
/// number, before anybody is called; it ends, in the step in which it takes effect, when all have returned. So who reads a number while
/// nothing is active, looks at pages and then finds the same number has seen pages that no change has begun to touch. Who subscribes while
/// a change is in its middle is not called for it, but it is active with him, too: he sees no pages before it has ended.
/// </remarks>
internal sealed class SubscriptionBook(IHostGate gate)
{
    private readonly Stack<Subscriber> _spareSubscribers = [];
    private readonly Stack<ChangeInFlight> _spareChanges = [];
    private readonly List<ChangeInFlight> _inFlight = [];
    private IntervalTree<Subscriber?> _tree = new();
    private ulong _order;

    public int Count => _tree.Count;

    public void Add(CpuSubscription subscription, AddressRange range)
    {
        if (!_spareSubscribers.TryPop(out Subscriber? added))
            added = new Subscriber();
        added.Subscription = subscription;
        added.Order = ++_order;
        added.Number = _tree.Add(range.Start, range.End - 1, added);
        foreach (ChangeInFlight change in _inFlight)
        {
            if (change.Range.Overlaps(range))
                Join(change, added);
        }

        subscription.SetHostState(range, added);
    }

    /// <summary>Ends a subscription; false when its callback runs on another thread.</summary>
    public bool TryRemove(CpuSubscription subscription)
    {
        var removed = (Subscriber)subscription.HostState!;
        foreach (ChangeInFlight change in _inFlight)
        {
            if (ReferenceEquals(change.Calling, removed) && change.Thread != Environment.CurrentManagedThreadId)
                return false;
        }

        _tree.Remove(removed.Number);
        removed.Number = 0;
        removed.Subscription = null;
        subscription.SetHostState(subscription.Range, null);
        ReuseIfFree(removed);
        return true;
    }

    /// <summary>Begins a change of an interval that is not empty.</summary>
    public ChangeInFlight Begin(CpuChangeKind kind, ulong start, ulong end, bool mayBlock = true)
    {
        ThreadJobs.Own.BeginChange();
        if (!_spareChanges.TryPop(out ChangeInFlight? change))
            change = new ChangeInFlight();
        (change.Kind, change.Range, change.MayBlock) = (kind, new AddressRange(start, end), mayBlock);
        for (int number = _tree.FirstFrom(start); number != IntervalTree<Subscriber?>.None && _tree.StartOf(number) < end;
            number = _tree.NextFrom(number, start))
        {
            Subscriber met = _tree[number]!;
            Join(change, met);
            // Behind the count of changes in their middle, which TryReadBegin looks at after the number.
            Volatile.Write(ref met.Sequence, met.Sequence + 1);
            MoveBackByAge(change.Met);
        }

        change.ToCall = change.Met.Count;
        change.Place = _inFlight.Count;
        _inFlight.Add(change);
        return change;
    }

    /// <summary>Calls everybody whom a change meets, outside the gate.</summary>
    /// <returns>False when the change may not block and somebody would have to.</returns>
    public bool Tell(ChangeInFlight change)
    {
        bool isAccepted = true;
        for (int i = 0; i < change.ToCall && isAccepted; i++)
        {
            gate.Enter();
            Subscriber met = change.Met[i];
            CpuSubscription? subscription = met.Subscription;
            ulong sequence = met.Sequence;
            (change.Calling, change.Thread) = (met, Environment.CurrentManagedThreadId);
            gate.Exit();
            var told = new CpuChange(change.Kind, change.Range, sequence, change.MayBlock);
            if (subscription is not null)
                isAccepted = Call(subscription, told) || change.MayBlock;
            gate.Enter();
            change.Calling = null;
            gate.Exit();
        }

        return isAccepted;
    }

    /// <summary>The change has taken effect, or will not. On the thread that has begun it.</summary>
    public void End(ChangeInFlight change)
    {
        ChangeInFlight last = _inFlight[^1];
        _inFlight[change.Place] = last;
        last.Place = change.Place;
        _inFlight.RemoveAt(_inFlight.Count - 1);
        foreach (Subscriber met in change.Met)
        {
            Volatile.Write(ref met.Active, met.Active - 1);
            ReuseIfFree(met);
        }

        change.Met.Clear();
        _spareChanges.Push(change);
        ThreadJobs.Own.EndChange();
    }

    /// <summary>The sequence number to look at pages under (HST-007); false while a change is in its middle, and then the number is one
    /// that is outdated.</summary>
    public static bool TryReadBegin(CpuSubscription subscription, out ulong sequence)
    {
        var known = (Subscriber)subscription.HostState!;
        // In this order: a change that begins in between has outdated the number, and one that began before is found in its middle.
        sequence = Volatile.Read(ref known.Sequence);
        bool isQuiet = Volatile.Read(ref known.Active) == 0;
        if (!isQuiet)
            sequence--;
        return isQuiet;
    }

    /// <summary>A change has begun since the number was read.</summary>
    public static bool ReadRetry(CpuSubscription subscription, ulong sequence) =>
        Volatile.Read(ref ((Subscriber)subscription.HostState!).Sequence) != sequence;

    // What it throws keeps neither others from being told nor the change from ending.
    private static bool Call(CpuSubscription subscription, in CpuChange change)
    {
        try
        {
            return subscription.Invalidate(change);
        }
        catch (Exception thrown)
        {
            ThreadJobs.Own.Note(thrown);
            return true;
        }
    }

    private static void Join(ChangeInFlight change, Subscriber met)
    {
        change.Met.Add(met);
        Volatile.Write(ref met.Active, met.Active + 1);
    }

    // Those who begin at the same address come in the order of their age, not of the numbers in the tree, which are used again.
    private void MoveBackByAge(List<Subscriber> met)
    {
        for (int i = met.Count - 1; i > 0 && IsOlder(met[i], met[i - 1]); i--)
            (met[i], met[i - 1]) = (met[i - 1], met[i]);
    }

    private bool IsOlder(Subscriber met, Subscriber other) =>
        met.Order < other.Order && _tree.StartOf(met.Number) == _tree.StartOf(other.Number);

    private void ReuseIfFree(Subscriber subscriber)
    {
        if (subscriber.Number == 0 && subscriber.Active == 0)
            _spareSubscribers.Push(subscriber);
    }
}
