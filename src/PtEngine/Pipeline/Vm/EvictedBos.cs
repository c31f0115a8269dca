using XePt.Gpuva;
using XePt.Memory;

namespace XePt.Pipeline;

/// <summary>
/// The BOs that have moved while a VM that is not in fault mode maps them, oldest first: their entries still show the old place, and
/// nothing may run in the VM before it has rebound them (BIND-263, EVT-004). Belongs to the VM's writer side; a mover is inside all VMs.
/// </summary>
/// <remarks>While there are any, the VM's lists of VMAs note which BOs lose their last one, so that pruning looks at those and at no
/// others.</remarks>
internal sealed class EvictedBos
{
    private readonly OrderedSet<BufferObject> _order = new();
    private readonly Dictionary<int, BufferObject> _bySlot = [];

    /// <summary>How many there are. A field of its own: each call asks.</summary>
    public int Count { get; private set; }

    /// <summary>The BOs, in the order they moved first.</summary>
    public OrderedSet<BufferObject> Items => _order;

    /// <summary>BOs that pruning has looked at so far, for tests of growth.</summary>
    public long Steps { get; private set; }

    public bool Contains(BufferObject bo) => _bySlot.TryGetValue(bo.Slot, out BufferObject? other) && ReferenceEquals(other, bo);

    /// <summary>Adds a BO that the VM maps.</summary>
    public void Add(BufferObject bo, GpuvaSpace space)
    {
        space.BoVmas.NoteUnmapped(true);
        if (_bySlot.TryGetValue(bo.Slot, out BufferObject? other) && !ReferenceEquals(other, bo))
            Remove(other);
        if (_order.Add(bo))
            _bySlot.Add(bo.Slot, bo);
        Count = _order.Count;
    }

    /// <summary>Forgets the BOs that the VM does not map any more (BIND-269).</summary>
    public void Prune(GpuvaSpace space)
    {
        while (space.BoVmas.TakeUnmapped() is var slot and not 0)
        {
            Steps++;
            if (space.BoVmas.First(slot) == 0 && _bySlot.TryGetValue(slot, out BufferObject? bo))
                Remove(bo);
        }

        if (Count == 0)
            space.BoVmas.NoteUnmapped(false);
    }

    /// <summary>All are rebound.</summary>
    public void Clear(GpuvaSpace space)
    {
        space.BoVmas.NoteUnmapped(false);
        while (_order.First is { } first)
            Remove(first.Value);
    }

    private void Remove(BufferObject bo)
    {
        _order.Remove(bo);
        _bySlot.Remove(bo.Slot);
        Count = _order.Count;
    }
}
