using XePt.Fences;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>A thread makes something of a VM ripe while another one is inside the VM and leaves, or two do so at the same time; nobody
/// calls again. Everything is settled
/// once, inside the VM.</summary>
/// <remarks>Gate and list are production code.</remarks>
public sealed class RipeWhileInside : Protocol
{
    private sealed class Item(RipeWhileInside owner) : Later(owner._later)
    {
        public int Settled { get; private set; }

        public override void Settle()
        {
            Require(owner._writer.IsHeldHere, "settled inside the VM");
            Settled++;
        }
    }

    private readonly WriterGate _writer = new();
    private readonly LaterList _later;
    private readonly Item[] _items;
    private readonly bool _calls;
    private readonly bool _harvests;

    /// <param name="signals">Threads that make an item ripe.</param>
    /// <param name="calls">Another thread calls.</param>
    /// <param name="harvests">The call begins with a harvest of its own, as calls do.</param>
    /// <param name="wasAsked">Work was left to the gate before, so whoever leaves passes a fence.</param>
    public RipeWhileInside(int signals, bool calls, bool harvests, bool wasAsked)
    {
        _later = new LaterList(_writer);
        if (wasAsked)
            LeaveWork();
        _items = [.. Enumerable.Range(0, signals).Select(_ => new Item(this))];
        (_calls, _harvests) = (calls, harvests);
    }

    public override IReadOnlyList<Action> Threads =>
        [.. _calls ? [Call] : Array.Empty<Action>(), .. _items.Select(item => new Action(item.Ripen))];

    public override void CheckEnd()
    {
        foreach (Item item in _items)
            Require(item.Settled == 1, $"settled {item.Settled} times");
    }

    private void LeaveWork()
    {
        var item = new Item(this);
        _writer.Enter();
        var other = new Thread(item.Ripen);
        other.Start();
        other.Join();
        _writer.Exit();
        Require(item.Settled == 1, "work left before the schedule begins");
    }

    private void Call()
    {
        _writer.Enter();
        if (_harvests && _later.HasRipe)
            _later.Harvest();
        _writer.Exit();
    }
}
