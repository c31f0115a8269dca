using XePt.Memory;
using XePt.Uapi;

namespace XePt.Gpuva;

/// <summary>
/// Finds the prefetched VMAs of a request that took the interval of a VMA from before the request. The reference counts the entries of a VMA that is
/// mapped and prefetched in one request twice (PT-100: the present mark, which makes the second bind a rebind, is set when the request commits). Its vectors
/// show that as ordinary behaviour where a VMA of exactly this interval was there before, and as a defect elsewhere (docs/deviations.md,
/// prefetch_of_staged).
/// </summary>
/// <remarks>Nothing is looked up, and nothing allocated, unless a request prefetches what it has mapped itself.</remarks>
internal sealed class OlderVmas(GpuvaSpace space, AllocationGate gate) : IDisposable
{
    // Start address to op: VMAs from before the request do not overlap, so one start is enough.
    private readonly VmaIndex _removed = new(gate);

    /// <summary>Marks the VMAs, once all ops are parsed.</summary>
    /// <returns>False when memory could not be had.</returns>
    public bool TryMark(UnmanagedList<GpuvaOp> ops)
    {
        bool isCollected = false;
        for (int i = 0; i < ops.Count; i++)
        {
            ref GpuvaOp op = ref ops[i];
            if (op.Kind != GpuvaOpKind.Prefetch)
                continue;
            ref Vma v = ref space.Vmas[op.Vma];
            if (!v.IsNew || !v.AwaitsBind)
                continue;
            if (!isCollected && !TryCollect(ops))
                return false;
            isCollected = true;
            v.HasPredecessor = _removed.Find(v.Start) is var removal and >= 0 && ops[removal].End == v.End;
        }

        if (isCollected)
            _removed.Clear();
        return true;
    }

    public void Dispose() => _removed.Dispose();

    private bool TryCollect(UnmanagedList<GpuvaOp> ops)
    {
        for (int i = 0; i < ops.Count; i++)
        {
            ref GpuvaOp op = ref ops[i];
            bool removesOlder = op.Kind is GpuvaOpKind.Unmap or GpuvaOpKind.Remap && !space.Vmas[op.Vma].IsNew;
            if (removesOlder && !_removed.TryInsert(op.Start, i))
            {
                _removed.Clear();
                return false;
            }
        }

        return true;
    }
}
