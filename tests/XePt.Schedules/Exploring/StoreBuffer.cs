namespace XePt.Schedules.Exploring;

/// <summary>A store that has not reached memory yet.</summary>
/// <param name="Number">Number among the stores of its thread.</param>
/// <param name="Address">Where it goes.</param>
/// <param name="Value">What it puts there.</param>
/// <param name="Segment">Barriers before it.</param>
/// <param name="Past">The steps that come before it.</param>
internal readonly record struct BufferedStore(int Number, nint Address, ulong Value, int Segment, StepSet Past);

/// <summary>The stores of one thread on their way to memory.</summary>
internal sealed class StoreBuffer
{
    private readonly List<BufferedStore> _waiting = [];
    private readonly List<BufferedStore> _arrived = [];
    private int _segment;

    /// <summary>Stores on their way, oldest first.</summary>
    public IReadOnlyList<BufferedStore> Waiting => _waiting;

    public void Clear()
    {
        _waiting.Clear();
        _arrived.Clear();
        _segment = 0;
    }

    public void Add(nint address, ulong value, StepSet past) =>
        _waiting.Add(new BufferedStore(_waiting.Count + _arrived.Count, address, value, _segment, past));

    /// <summary>Later stores do not overtake earlier ones.</summary>
    public void Barrier() => _segment++;

    /// <summary>What the thread itself finds at an address that it has stored to.</summary>
    public bool TryForward(nint address, out ulong value)
    {
        int index = _waiting.FindLastIndex(store => store.Address == address);
        value = index < 0 ? 0 : _waiting[index].Value;
        return index >= 0;
    }

    /// <summary>True when a waiting store may be the next to arrive.</summary>
    public bool MayArrive(BufferedStore store, MemoryModel model) =>
        _waiting.TrueForAll(older => older.Number >= store.Number || !Holds(older, store, model));

    /// <summary>A store arrives.</summary>
    /// <returns>The store, its past widened by the stores of the thread that had to come first.</returns>
    public BufferedStore Take(int number, MemoryModel model)
    {
        int index = _waiting.FindIndex(candidate => candidate.Number == number);
        BufferedStore store = _waiting[index];
        _waiting.RemoveAt(index);
        StepSet past = store.Past;
        foreach (BufferedStore older in _arrived)
        {
            if (older.Number < number && Holds(older, store, model))
                past.Add(older.Past);
        }

        return store with { Past = past };
    }

    /// <summary>A store has arrived.</summary>
    /// <param name="store">The store.</param>
    /// <param name="past">The steps up to its arrival.</param>
    public void HasArrived(BufferedStore store, StepSet past) => _arrived.Add(store with { Past = past });

    /// <summary>Adds the steps that come before whatever follows a full barrier.</summary>
    public void AddPastOfBarrier(ref StepSet past)
    {
        foreach (BufferedStore store in _arrived)
            past.Add(store.Past);
    }

    private static bool Holds(BufferedStore older, BufferedStore store, MemoryModel model) =>
        model != MemoryModel.WeakStores || older.Segment < store.Segment || older.Address == store.Address;
}
