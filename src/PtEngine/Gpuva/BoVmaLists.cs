using XePt.Memory;

namespace XePt.Gpuva;

/// <summary>
/// For each BO the VMAs that map it in this VM, in the order they were made (BIND-136, BIND-149). Unlinking the newest first restores
/// the lists exactly, which is how a failed request is undone.
/// </summary>
internal sealed class BoVmaLists(SlotStore<Vma> vmas, AllocationGate gate) : IDisposable
{
    private readonly record struct Ends(int First, int Last);

    // Indexed by BO slot; (0, 0) = no VMA.
    private readonly UnmanagedList<Ends> _ends = new(gate);

    /// <summary>First VMA of a BO, or 0.</summary>
    public int First(int bo) => bo < _ends.Count ? _ends[bo].First : 0;

    /// <summary>Next VMA of the same BO, or 0.</summary>
    public int Next(int vma) => vmas[vma].BoNext;

    /// <summary>The lowest slot above <paramref name="bo"/> of a BO that has VMAs, or 0.</summary>
    public int NextBo(int bo)
    {
        do
            bo++;
        while (bo < _ends.Count && _ends[bo].First == 0);
        return bo < _ends.Count ? bo : 0;
    }

    /// <summary>Appends a VMA to its BO's list; false when memory could not be had.</summary>
    public bool TryLink(int vma)
    {
        ref Vma v = ref vmas[vma];
        if (!EnsureSlot(v.Bo))
            return false;

        ref Ends ends = ref _ends[v.Bo];
        v.BoPrevious = ends.Last;
        v.BoNext = 0;
        if (ends.Last != 0)
            vmas[ends.Last].BoNext = vma;
        ends = new Ends(ends.First == 0 ? vma : ends.First, vma);
        return true;
    }

    public void Unlink(int vma)
    {
        ref Vma v = ref vmas[vma];
        ref Ends ends = ref _ends[v.Bo];
        if (v.BoPrevious != 0)
            vmas[v.BoPrevious].BoNext = v.BoNext;
        if (v.BoNext != 0)
            vmas[v.BoNext].BoPrevious = v.BoPrevious;
        ends = new Ends(ends.First == vma ? v.BoNext : ends.First, ends.Last == vma ? v.BoPrevious : ends.Last);
    }

    public void Dispose() => _ends.Dispose();

    private bool EnsureSlot(int bo)
    {
        if (bo < _ends.Count)
            return true;
        if (!_ends.TryReserve(bo + 1 - _ends.Count))
            return false;
        while (_ends.Count <= bo)
            _ends.TryAdd(default);
        return true;
    }
}
