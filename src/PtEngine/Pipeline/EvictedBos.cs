using XePt.Gpuva;
using XePt.Memory;

namespace XePt.Pipeline;

/// <summary>
/// The BOs that have moved while a VM that is not in fault mode maps them, oldest first: their entries still show the old place, and nothing may run in
/// the VM before it has rebound them (BIND-263, EVT-004). Belongs to the VM's writer side; a mover is inside all VMs.
/// </summary>
internal sealed class EvictedBos
{
    private readonly List<BufferObject> _order = [];
    private readonly HashSet<BufferObject> _marked = [];

    public int Count => _order.Count;

    /// <summary>The BOs, in the order they moved first.</summary>
    public IReadOnlyList<BufferObject> Items => _order;

    public bool Contains(BufferObject bo) => _marked.Contains(bo);

    public void Add(BufferObject bo)
    {
        if (_marked.Add(bo))
            _order.Add(bo);
    }

    /// <summary>Forgets the BOs that the VM does not map any more (BIND-269).</summary>
    public void Prune(GpuvaSpace space)
    {
        _order.RemoveAll(bo => space.BoVmas.First(bo.Slot) == 0);
        _marked.RemoveWhere(bo => !_order.Contains(bo));
    }

    /// <summary>All are rebound.</summary>
    public void Clear()
    {
        _order.Clear();
        _marked.Clear();
    }
}
