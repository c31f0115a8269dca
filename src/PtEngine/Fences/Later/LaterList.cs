using XePt.Epochs;
using XePt.Memory;

namespace XePt.Fences;

/// <summary>
/// What a VM has put off and can be done now: finished jobs, written user fences, memory of removed mappings whose binds have completed,
/// and tables that walkers have left.
/// See <c>docs/concurrency/later.md</c>.
/// </summary>
/// <remarks>Concurrency: <see cref="Ripen"/> and <see cref="ReadersLeft"/> are called by whichever thread makes something ripe, and ask the
/// VM's gate for the harvest, so no
/// further call on the VM is needed. The rest is the VM's writer side.</remarks>
internal sealed class LaterList : ReaderWait, IWorkInside
{
    private readonly WriterGate _gate;
    private readonly RetireList[] _tables;
    private ReturnStack<ILater> _ripe;
    private ICleaner? _cleaner;
    private bool _isOver;

    /// <param name="gate">The VM's gate.</param>
    /// <param name="tables">Its retired tables.</param>
    public LaterList(WriterGate gate, IEnumerable<RetireList> tables)
    {
        (_gate, _tables) = (gate, [.. tables]);
        gate.Work = this;
        foreach (RetireList retired in _tables)
            retired.Wait = this;
    }

    /// <summary>There is something for <see cref="Harvest"/>.</summary>
    public bool HasRipe => _ripe.HasReturned;

    /// <summary>An item can be settled; the caller's last access to it.</summary>
    public void Ripen(ILater item)
    {
        _ripe.Return(item);
        _gate.Ask();
    }

    /// <summary>Has something done inside the VM while no call is: by this thread as soon as it is free to, or by whoever is inside when
    /// leaving. Any thread; never waits.</summary>
    public void Clean(ICleaner cleaner)
    {
        Volatile.Write(ref _cleaner, cleaner);
        _gate.Ask();
    }

    /// <inheritdoc/>
    public override void ReadersLeft() => _gate.Ask();

    /// <summary>Settles what is ripe, in the order it became so, and frees tables that nobody can see any more.</summary>
    public void Harvest()
    {
        if (_isOver)
            return;
        for (ILater? next = TakeRipe(); next is not null;)
        {
            ILater item = next;
            next = item.NextReturned;
            item.NextReturned = null;
            item.Settle();
        }

        foreach (RetireList retired in _tables)
        {
            if (!retired.IsEmpty)
                retired.Reclaim();
        }
    }

    /// <summary>The VM ends, and gives everything back itself.</summary>
    public void End()
    {
        _isOver = true;
        foreach (RetireList retired in _tables)
            retired.Wait = null;
    }

    void IWorkInside.RunInside()
    {
        Harvest();
        if (Volatile.Read(ref _cleaner) is not null)
            Interlocked.Exchange(ref _cleaner, null)?.Clean();
    }

    /// <summary>All that is ripe, oldest first.</summary>
    private ILater? TakeRipe()
    {
        ILater? oldest = null;
        for (ILater? newest = _ripe.TakeReturned(); newest is not null;)
        {
            ILater item = newest;
            newest = item.NextReturned;
            (item.NextReturned, oldest) = (oldest, item);
        }

        return oldest;
    }
}
