using XePt.Memory;

namespace XePt.Fences;

/// <summary>What was put off behind one gate and can be done now: of a VM finished jobs, written user fences, memory of removed mappings
/// and tables that walkers have left; of a device the tables of closed VMs. See <c>docs/concurrency/later.md</c>.</summary>
/// <remarks>
/// <para>Concurrency: <see cref="Ripen"/> is called by whichever thread makes an item ripe. It pushes the item, then asks the gate for the
/// harvest; both are interlocked. An asker that finds the harvest asked for already has pushed before it looked, and the harvest takes the
/// list after it has said that it can be asked for again, so that harvest finds the item, or a later one does. A gate that is busy is left
/// the work (<see cref="WriterGate.Ask"/>). So an item that was pushed is settled once, without another call, by its own thread or by
/// whoever is inside; nobody waits.</para>
/// <para>The rest is the side that is inside the gate.</para>
/// </remarks>
internal sealed class LaterList : IWorkInside
{
    private ReturnStack<Later> _ripe;
    private ICleaner? _cleaner;
    private bool _isOver;

    /// <param name="gate">What items are settled inside of; it has no other work.</param>
    public LaterList(WriterGate gate)
    {
        Gate = gate;
        gate.Work = this;
    }

    public WriterGate Gate { get; }

    /// <summary>There is something for <see cref="Harvest"/>.</summary>
    public bool HasRipe => _ripe.HasReturned;

    /// <summary>An item can be settled; the caller's last access to it.</summary>
    public void Ripen(Later item)
    {
        _ripe.Return(item);
        Gate.Ask();
    }

    /// <summary>Has something done inside the VM while no call is: by this thread as soon as it is free to, or by whoever is inside when
    /// leaving. Any thread; never waits.</summary>
    public void Clean(ICleaner cleaner)
    {
        Volatile.Write(ref _cleaner, cleaner);
        Gate.Ask();
    }

    /// <summary>Settles what is ripe, in the order it became so.</summary>
    public void Harvest()
    {
        if (_isOver)
            return;
        for (Later? next = TakeRipe(); next is not null;)
        {
            Later item = next;
            next = Behind(item);
            Behind(item) = null;
            item.Settle();
        }
    }

    /// <summary>What is inside the gate ends, and gives everything back itself.</summary>
    public void End() => _isOver = true;

    void IWorkInside.RunInside()
    {
        Harvest();
        if (Volatile.Read(ref _cleaner) is not null)
            Interlocked.Exchange(ref _cleaner, null)?.Clean();
    }

    private static ref Later? Behind(IReturnable<Later> item) => ref item.NextReturned;

    /// <summary>All that is ripe, oldest first.</summary>
    private Later? TakeRipe()
    {
        Later? oldest = null;
        for (Later? newest = _ripe.TakeReturned(); newest is not null;)
        {
            Later item = newest;
            newest = Behind(item);
            (Behind(item), oldest) = (oldest, item);
        }

        return oldest;
    }
}
