using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Stage;
using XePt.Uapi;
using XePt.Uapi.Formats;

namespace XePt;

/// <summary>An entry that is not what the lists of its VM say.</summary>
/// <param name="Vm">Number of the VM.</param>
/// <param name="Tile">The tile.</param>
/// <param name="Va">The first address of it.</param>
/// <param name="Expected">What must stand there.</param>
/// <param name="Found">What does.</param>
internal sealed record TableDifference(int Vm, int Tile, ulong Va, string Expected, string Found)
{
    public override string ToString() => $"vm {Vm} tile {Tile}: 0x{Va:x}: expected {Expected}, found {Found}";
}

/// <summary>
/// Compares the page tables of a VM, as the walk that every access makes finds them, with the page model of its VMA list
/// (<see cref="ExpectedPieces"/>): each leaf must be one of a VMA, or of a range of a mirror, that is valid on the tile, with its memory
/// and its attributes, and each page of those must have one.
/// </summary>
/// <remarks>
/// <para>Inside the VM. Left out is what the lists cannot tell: intervals that updates in flight will write, and what awaits repair. Where
/// entries were zapped, a piece cut from a VMA may count as valid and has none (BIND-187), and compact tables of a fault-mode VM with
/// scratch pages may hold entries of 4 KiB (docs/deviations.md).</para>
/// <para>The cost is that of a look at every entry that maps something.</para>
/// </remarks>
internal ref struct TableCheck
{
    private readonly VmContext _vm;
    private readonly int _tile;
    private readonly List<AddressRange> _unsettled;
    private readonly ExpectedLeaf _leaf;
    private ExpectedPieces _pieces;
    private TableDifference? _difference;

    // What is said when nothing else is wrong: a hint of 64 KiB is broken by a wrong entry in the middle of it.
    private TableDifference? _malformed;

    private TableCheck(VmContext vm, int tile)
    {
        (_vm, _tile) = (vm, tile);
        _unsettled = vm.Jobs.Unwritten(tile);
        if (vm.Facts is { HasScratch: true, IsFaultMode: true })
            _unsettled.AddRange(MixedTables.In((XeVm)vm.Face!, tile));
        _leaf = new ExpectedLeaf(vm);
        _pieces = new ExpectedPieces(vm, tile);
    }

    /// <summary>Compares all tiles.</summary>
    /// <returns>The first difference, or null.</returns>
    public static TableDifference? Run(VmContext vm)
    {
        if (vm.IsClosed)
            return null;
        // Without ranges there are none until this thread leaves the VM.
        bool hasRanges = vm.Ranges.Count > 0;
        if (hasRanges)
            vm.Ranges.Gate.Enter();
        try
        {
            TableDifference? difference = null;
            for (int tile = 0; tile < vm.Tables.Length && difference is null; tile++)
            {
                var check = new TableCheck(vm, tile);
                check.Compare();
                difference = check._difference ?? check._malformed;
            }

            return difference;
        }
        finally
        {
            if (hasRanges)
                vm.Ranges.Gate.Exit();
        }
    }

    private void Compare()
    {
        ulong size = _vm.Facts.Platform.VmSize, at = 0;
        using XeWalker walker = ((XeVm)_vm.Face!).OpenWalker(_tile);
        foreach (MappingRun run in walker.Runs(new AddressRange(0, size)))
        {
            CompareGap(at, run.Range.Start);
            CompareRun(run);
            at = run.Range.End;
            if (_difference is not null)
                return;
        }

        CompareGap(at, size);
    }

    /// <summary>No leaf is there: nothing that must have one may be.</summary>
    private void CompareGap(ulong start, ulong end)
    {
        while (start < end && _difference is null)
        {
            ExpectedPiece piece = _pieces.At(start);
            if (piece.Start >= end)
                return;
            ulong at = Math.Max(start, piece.Start);
            start = Math.Min(end, piece.End);
            if (piece.State == PieceState.Mapped && !MayBeEmpty(piece) && FirstSettled(at, start) is var missing && missing < start)
                Differ(missing, _leaf.Describe(piece, missing), null);
        }
    }

    /// <summary>Equal leaves of consecutive memory: each piece that they are in must say so, and there must be one.</summary>
    private void CompareRun(in MappingRun run)
    {
        DecodedPte leaf = PteFormats.Decode(_vm.Facts.Platform.FormatId, run.Level, run.IsCompact, run.Entry);
        if (!IsWellFormed(run, leaf) && IsSettled(run.Range))
            _malformed ??= Difference(run.Range.Start, "a well-formed leaf", leaf);
        for (ulong at = run.Range.Start; at < run.Range.End && _difference is null;)
        {
            ExpectedPiece piece = _pieces.At(at);
            ulong end = Math.Min(run.Range.End, piece.Start > at ? piece.Start : piece.End);
            bool isNothing = piece.Start > at || piece.State == PieceState.Empty;
            if (isNothing && FirstSettled(at, end) is var stray && stray < end)
                Differ(stray, "no leaf", leaf);
            else if (!isNothing && piece.State == PieceState.Mapped)
                ComparePiece(run, leaf, piece, at, end);
            at = end;
        }
    }

    private void ComparePiece(in MappingRun run, in DecodedPte leaf, in ExpectedPiece piece, ulong start, ulong end)
    {
        ulong origin = leaf.Address - run.Range.Start;
        while ((start = _leaf.FirstWrong(piece, leaf, origin + start, start, end)) < end)
        {
            ulong settled = FirstSettled(start, end);
            if (settled == start)
            {
                Differ(start, _leaf.Describe(piece, start), leaf);
                return;
            }

            start = Math.Min(settled, end);
        }
    }

    /// <summary>A leaf has no bits that its format has not, and one with the 64 KiB hint stands for aligned 64 KiB of which all are
    /// there.</summary>
    private static bool IsWellFormed(in MappingRun run, in DecodedPte leaf) => leaf.UnexpectedBits == 0
        && (!leaf.Ps64 || ((run.Range.Start | run.Range.End | leaf.Address) & (PageSizes.Size64K - 1)) == 0);

    /// <summary>Zapped entries leave pieces that count as valid, and a NULL leaf may look like an empty entry.</summary>
    private readonly bool MayBeEmpty(in ExpectedPiece piece) =>
        _vm.Counters.ZapInvalidations > 0 || (_vm.Facts.HasScratch && _leaf.LooksEmpty(piece));

    /// <summary>The first address that no update in flight will write.</summary>
    private readonly ulong FirstSettled(ulong start, ulong end)
    {
        for (bool moved = true; moved && start < end;)
        {
            moved = false;
            foreach (AddressRange range in _unsettled)
            {
                moved |= range.Contains(start);
                start = range.Contains(start) ? range.End : start;
            }
        }

        return start;
    }

    /// <summary>Nothing that the lists cannot tell is in the 64 KiB pages that the addresses are in.</summary>
    private readonly bool IsSettled(AddressRange range)
    {
        const ulong mask = PageSizes.Size64K - 1;
        var pages = new AddressRange(range.Start & ~mask, (range.End + mask) & ~mask);
        return !_unsettled.Exists(unsettled => unsettled.Overlaps(pages));
    }

    private void Differ(ulong va, string expected, DecodedPte? leaf) => _difference ??= Difference(va, expected, leaf);

    private readonly TableDifference Difference(ulong va, string expected, DecodedPte? leaf) => new(
        _vm.Tlb.Vm.Number, _tile, va, expected, leaf is { } there ? $"{there}" : $"{((XeVm)_vm.Face!).Translate(va, _tile)}");

    /// <summary>Compact tables that hold entries of 4 KiB (docs/deviations.md): only such are too many for the table.</summary>
    private readonly ref struct MixedTables : ITableVisitor
    {
        private readonly List<AddressRange> _found;

        private MixedTables(List<AddressRange> found) => _found = found;

        public static List<AddressRange> In(XeVm vm, int tile)
        {
            var visitor = new MixedTables([]);
            vm.VisitTables(ref visitor, tile);
            return visitor._found;
        }

        public void Visit(in TableView table)
        {
            if (table.IsCompact && table.Live > table.Entries.Length)
                _found.Add(AddressRange.OfSize(table.Va, PageSizes.EntrySize(1)));
        }
    }
}
