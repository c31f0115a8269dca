using XePt.Memory;

namespace XePt.Tlb;

/// <summary>The tallies of a device's VMs, and the sum of those that are gone.</summary>
/// <remarks>Concurrency: any thread; making and ending a VM and reading take the gate, counting does not.</remarks>
internal sealed class TlbVmTallies(int tiles)
{
    private readonly List<TlbVmTally> _open = [];
    private readonly TlbVmTally _closed = new(tiles);
    private SpinGate _gate;

    /// <summary>The tally of a new VM.</summary>
    public TlbVmTally Add()
    {
        var tally = new TlbVmTally(tiles);
        _gate.Enter();
        tally.Place = _open.Count;
        _open.Add(tally);
        _gate.Exit();
        return tally;
    }

    /// <summary>The VM counts no more.</summary>
    public void Close(TlbVmTally tally)
    {
        _gate.Enter();
        _closed.Add(tally);
        _open[tally.Place] = _open[^1];
        _open[tally.Place].Place = tally.Place;
        _open.RemoveAt(_open.Count - 1);
        _gate.Exit();
    }

    /// <summary>What all VMs have counted on a tile.</summary>
    public TlbCount Sum(int tile)
    {
        _gate.Enter();
        TlbCount sum = _closed.Of(tile);
        foreach (TlbVmTally tally in _open)
            sum.Add(tally.Of(tile));
        _gate.Exit();
        return sum;
    }
}
