using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi.Spec;

namespace XePt.Evict;

/// <summary>One search for BOs that make room for another one, from inside all VMs. Those that may not go, or could not, are put aside, and
/// back into the order when the
/// search is over.</summary>
/// <param name="bos">BOs of the device.</param>
/// <param name="order">The BOs of the region.</param>
/// <param name="vm">VM on whose behalf, or null.</param>
/// <param name="wanted">BO that needs the room, or null.</param>
/// <param name="mayEvictOwn">BOs that the VM maps or that are private to it may go, too (BIND-021).</param>
internal readonly ref partial struct VictimSearch(BoTable bos, VictimOrder order, VmContext? vm, IOccupant? wanted, bool mayEvictOwn)
{
    private readonly List<IOccupant> _taken = [];
    private readonly HashSet<int> _request = BosOfRequest(vm);

    /// <summary>Bytes of all that may go.</summary>
    public ulong Bytes
    {
        get
        {
            if (!mayEvictOwn)
                return BytesOneByOne();
            ulong bytes = order.Bytes - (wanted is not null && order.Contains(wanted) ? wanted.Size : 0);
            foreach (int slot in _request)
            {
                BufferObject bo = bos[slot];
                if (!ReferenceEquals(bo, wanted) && order.Contains(bo))
                    bytes -= bo.Size;
            }

            return bytes;
        }
    }

    /// <summary>The next one that may go, or null.</summary>
    public IOccupant? Next()
    {
        while (order.TakeFirst() is { } bo)
        {
            _taken.Add(bo);
            if (MayGo(bo))
                return bo;
        }

        return null;
    }

    /// <summary>The one that came last has left the region. The memory of a block goes back with its last reference, which is the
    /// search's.</summary>
    public void Left()
    {
        if (_taken[^1] is not IMovable block)
            return;
        _taken.RemoveAt(_taken.Count - 1);
        block.DropReference();
    }

    /// <summary>Puts back who is still in the region.</summary>
    /// <param name="region">The region.</param>
    public void End(int region)
    {
        foreach (IOccupant bo in _taken)
        {
            if (BoMover.MayMakeRoom(bo, region))
                order.Add(bo);
        }

        Drop(_taken);
    }

    private ulong BytesOneByOne()
    {
        ulong bytes = 0;
        List<IOccupant> all = order.Collect();
        foreach (IOccupant bo in all)
            bytes += MayGo(bo) ? bo.Size : 0;
        Drop(all);
        return bytes;
    }

    private bool MayGo(IOccupant occupant) => occupant is not BufferObject bo
        || (bo.Place is not null && !ReferenceEquals(bo, wanted) && !_request.Contains(bo.Slot) && (mayEvictOwn || !IsOf(vm, bo)));

    private void Drop(List<IOccupant> taken)
    {
        foreach (IOccupant occupant in taken)
        {
            if (occupant is BufferObject bo)
                bos.DropReference(bo.Slot);
            else
                ((IMovable)occupant).DropReference();
        }
    }

    private static bool IsOf(VmContext? vm, BufferObject bo) =>
        vm is not null && (ReferenceEquals(bo.PrivateTo, vm) || vm.Space.BoVmas.First(bo.Slot) != 0);

    /// <summary>What the running request locks is validated by it (EVT-010).</summary>
    private static HashSet<int> BosOfRequest(VmContext? vm)
    {
        var bos = new HashSet<int>();
        for (int i = 0; vm is not null && i < vm.Call.Ops.Count; i++)
        {
            ref GpuvaOp op = ref vm.Call.Ops[i];
            AddBos(op.Kind, vm, bos, op);
        }

        return bos;
    }

    [OpDispatch]
    private static partial void AddBos(GpuvaOpKind kind, VmContext vm, HashSet<int> bos, in GpuvaOp op);

    [HandlesOp(GpuvaOpKind.Map)]
    [HandlesOp(GpuvaOpKind.Unmap)]
    [HandlesOp(GpuvaOpKind.Prefetch)]
    private static void AddBosOfVma(VmContext vm, HashSet<int> bos, in GpuvaOp op) => AddBoOf(vm, bos, op.Vma);

    [HandlesOp(GpuvaOpKind.Remap)]
    private static void AddBosOfPieces(VmContext vm, HashSet<int> bos, in GpuvaOp op)
    {
        AddBoOf(vm, bos, op.Vma);
        AddBoOf(vm, bos, op.Previous.Vma);
        AddBoOf(vm, bos, op.Next.Vma);
    }

    private static void AddBoOf(VmContext vm, HashSet<int> bos, int vma)
    {
        if (vma != 0 && vm.Space.Vmas[vma].Bo is var bo and not 0)
            bos.Add(bo);
    }
}
