using XePt.Epochs;
using XePt.Memory;

namespace XePt.Fences;

/// <summary>Tables of a VM that was closed while TLBs had not acknowledged its last flush or walkers were in it: they wait for the TLBs,
/// then for the walkers, and are freed.</summary>
/// <remarks>Concurrency: filled by the thread that closes the VM, then an item of the device (<see cref="ClosedVms"/>). A TLB that has not
/// acknowledged may walk from any table it knows; its acknowledgement says that no such walk goes on or begins any more. The stamp comes
/// after the last acknowledgement, and after the unlinking; from there on the argument is that of <see cref="EpochDomain"/>.</remarks>
/// <param name="owner">The device's.</param>
/// <param name="owed">The real acknowledgements of the flush of the whole VM that have not come yet.</param>
internal sealed class ClosedTables(ClosedVms owner, IReadOnlyList<Fence> owed) : Later(owner.Later)
{
    private readonly List<(TableStore Store, int First)> _lists = [];
    private int _acknowledged;
    private long _stamp;

    /// <summary>TLBs had to acknowledge when the VM was closed: nothing was freed then.</summary>
    public bool IsOwed => owed.Count > 0;

    /// <summary>How many tables.</summary>
    public int Count { get; private set; }

    /// <summary>Adds what is left of a tile's tables: a list linked by <see cref="TablePage.Next"/>, or 0.</summary>
    public void Add(TableStore store, int first, int count)
    {
        if (first == 0)
            return;
        _lists.Add((store, first));
        Count += count;
    }

    /// <summary>Waits for what is next, and frees the tables when that is nothing.</summary>
    public override void Settle()
    {
        if (_stamp == 0)
        {
            if (AwaitsTlbs())
                return;
            _stamp = owner.Epochs.Current;
            owner.Acknowledged(this);
        }

        if (!owner.IsEnded && !AwaitsReaders())
            owner.Free(this, _lists);
    }

    private bool AwaitsTlbs()
    {
        for (; _acknowledged < owed.Count; _acknowledged++)
        {
            if (TryAwait(owed[_acknowledged]))
                return true;
        }

        return false;
    }

    private bool AwaitsReaders()
    {
        owner.Epochs.Advance();
        if (_stamp < owner.Epochs.SafeBefore(out _))
            return false;
        AwaitReaders(owner.Epochs);
        // No call comes by that would look again.
        owner.Epochs.Hurry();
        return true;
    }
}
