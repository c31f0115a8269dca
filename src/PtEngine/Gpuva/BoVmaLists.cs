using System.Runtime.CompilerServices;
using XePt.Memory;

namespace XePt.Gpuva;

/// <summary>
/// For each BO the VMAs that map it in this VM, in the order they were made (BIND-136, BIND-149). Unlinking the newest first restores
/// the lists exactly, which is how a failed request is undone.
/// </summary>
internal sealed class BoVmaLists(SlotStore<Vma> vmas, AllocationGate gate) : IDisposable
{
    private struct Ends
    {
        public int First, Last, Place;
    }

    // Indexed by BO slot; no first and last = no VMA.
    private UnmanagedList<Ends> _ends = new(gate);

    // The BOs that have VMAs, in no order; each knows its place.
    private UnmanagedList<int> _bos = new(gate);

    // The BOs that have lost their last VMA, noted on request.
    private readonly Stack<int> _unmapped = [];
    private bool _notesUnmapped;

    /// <summary>Slots of the BOs that have VMAs, in no particular order.</summary>
    public ReadOnlySpan<int> Bos => _bos.Items;

    /// <summary>Note BOs that lose their last VMA from now on; ending it forgets them.</summary>
    public void NoteUnmapped(bool notes)
    {
        _notesUnmapped = notes;
        if (!notes)
            _unmapped.Clear();
    }

    /// <summary>Takes a BO that has lost its last VMA and may have got another one since, perhaps one that was taken before; 0 when there
    /// is none.</summary>
    public int TakeUnmapped() => _unmapped.TryPop(out int bo) ? bo : 0;

    /// <summary>First VMA of a BO, or 0.</summary>
    public int First(int bo) => bo < _ends.Count ? _ends[bo].First : 0;

    /// <summary>Next VMA of the same BO, or 0.</summary>
    public int Next(int vma) => vmas[vma].BoNext;

    /// <summary>Appends a VMA to its BO's list; false when memory could not be had.</summary>
    /// <param name="vma">The VMA.</param>
    /// <param name="v">Its record.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryLink(int vma, ref Vma v)
    {
        if (v.Bo >= _ends.Count && !TryAddSlot(v.Bo))
            return false;

        ref Ends ends = ref _ends[v.Bo];
        v.BoPrevious = ends.Last;
        v.BoNext = 0;
        if (ends.Last != 0)
            vmas[ends.Last].BoNext = vma;
        else if (!TryBegin(ref ends, v.Bo, vma))
            return false;
        ends.Last = vma;
        return true;
    }

    /// <summary>Takes a VMA out of its BO's list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Unlink(in Vma v)
    {
        ref Ends ends = ref _ends[v.Bo];
        int previous = v.BoPrevious, next = v.BoNext;
        if (next != 0)
            vmas[next].BoPrevious = previous;
        else
            ends.Last = previous;
        if (previous != 0)
        {
            vmas[previous].BoNext = next;
            return;
        }

        ends.First = next;
        if (next != 0)
            return;
        Forget(ends.Place);
        if (_notesUnmapped)
            _unmapped.Push(v.Bo);
    }

    public void Dispose()
    {
        _ends.Dispose();
        _bos.Dispose();
    }

    /// <summary>The last BO of the list takes the place of one that has no VMA any more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Forget(int place)
    {
        int last = _bos[_bos.Count - 1];
        _bos[place] = last;
        _ends[last].Place = place;
        _bos.Truncate(_bos.Count - 1);
    }

    /// <summary>The BO gets its first VMA.</summary>
    private bool TryBegin(ref Ends ends, int bo, int vma)
    {
        ends.Place = _bos.Count;
        if (!_bos.TryAdd(bo))
            return false;
        ends.First = vma;
        return true;
    }

    private bool TryAddSlot(int bo)
    {
        if (!_ends.TryReserve(bo + 1 - _ends.Count))
            return false;
        while (_ends.Count <= bo)
            _ends.TryAdd(default);
        return true;
    }
}
