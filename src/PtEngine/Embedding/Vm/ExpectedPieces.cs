using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;

namespace XePt;

/// <summary>What a piece of a VM's address space must say.</summary>
internal enum PieceState : byte
{
    /// <summary>No leaf: nothing is bound there, or it was taken away.</summary>
    Empty,

    /// <summary>Leaves of memory, or NULL ones.</summary>
    Mapped,

    /// <summary>What was bound there has moved since, and is bound anew before anything runs: any leaf may stand there.</summary>
    AwaitsRepair,
}

/// <summary>A VMA, or a range of a mirror, on one tile.</summary>
/// <param name="Start">First address.</param>
/// <param name="End">End, exclusive.</param>
/// <param name="State">What must be there.</param>
/// <param name="Vma">The VMA; 0 behind the last one.</param>
/// <param name="Range">The range of a mirror, or 0.</param>
internal readonly record struct ExpectedPiece(ulong Start, ulong End, PieceState State, int Vma, int Range = 0);

/// <summary>The page model of a VM's lists: VMAs and the ranges of mirrors one after the other, and what each must be on a tile. It knows
/// nothing of tables, levels or page sizes.</summary>
/// <remarks>Inside the VM and, where there are ranges, inside their gate.</remarks>
internal ref struct ExpectedPieces(VmContext vm, int tile)
{
    private readonly VmContext _vm = vm;
    private readonly int _bit = 1 << tile;
    private ExpectedPiece _current;

    /// <summary>The first piece that ends behind an address; addresses must not decrease.</summary>
    /// <returns>One without VMA when there is none.</returns>
    public ExpectedPiece At(ulong va)
    {
        while (_current.End <= va)
            _current = After(_current.End, va);
        return _current;
    }

    /// <summary>The first piece from an address on that ends behind another one.</summary>
    private ExpectedPiece After(ulong from, ulong va)
    {
        ulong start = Math.Max(from, va);
        int vma = _vm.Space.FirstOverlap(start, ulong.MaxValue);
        if (vma == 0)
            return new ExpectedPiece(ulong.MaxValue, ulong.MaxValue, PieceState.Empty, Vma: 0);
        ref Vma v = ref _vm.Space.Vmas[vma];
        return v.IsMirror ? OfMirror(vma, v, start) : new ExpectedPiece(v.Start, v.End, StateOf(vma, v), vma);
    }

    /// <summary>The next range of a mirror, or what is left of the mirror without any.</summary>
    private readonly ExpectedPiece OfMirror(int vma, in Vma v, ulong start)
    {
        int range = _vm.Ranges.FirstOverlap(Math.Max(start, v.Start), v.End);
        if (range == 0)
            return new ExpectedPiece(start, v.End, PieceState.Empty, vma);
        ref SvmRange r = ref _vm.Ranges[range];
        // Pages that the embedder has named are known to nobody else.
        PieceState state = (r.ValidTiles & _bit) == 0 ? PieceState.Empty
            : r.Has(SvmRangeFlags.HasPages) ? PieceState.Mapped : PieceState.AwaitsRepair;
        return new ExpectedPiece(r.Start, r.End, state, vma, range);
    }

    private readonly PieceState StateOf(int vma, in Vma v)
    {
        if ((v.ValidTiles & _bit) == 0)
            return PieceState.Empty;
        if (_vm.AwaitsRepair(vma))
            return PieceState.AwaitsRepair;
        bool hasMemory = v.IsNull || (v.HasBo ? _vm.Memory.Bos[v.Bo].Backing is not null : _vm.Userptrs.PagesOf(v.Userptr) != 0);
        return hasMemory ? PieceState.Mapped : PieceState.AwaitsRepair;
    }
}
