using System.Runtime.InteropServices;
using XePt.Memory;
using XePt.Stage;
using XePt.Uapi.Formats;

namespace XePt;

/// <summary>A run of equal leaves, each of <paramref name="LeafSize"/> bytes, of consecutive memory.</summary>
/// <param name="Range">Its addresses.</param>
/// <param name="Entry">Raw entry of the first leaf; the others differ in the address only.</param>
/// <param name="Level">Level of the leaves.</param>
/// <param name="IsCompact">They are in compact tables.</param>
/// <param name="LeafSize">Bytes one entry covers.</param>
public readonly record struct MappingRun(AddressRange Range, ulong Entry, int Level, bool IsCompact, ulong LeafSize)
{
    /// <summary>NULL leaves: no memory behind them.</summary>
    public bool IsNull => (Entry & PteFormats.Null) != 0;

    /// <summary>For example <c>[0x200000, 0x400000) 0x1000-byte leaves from 0x80000043 at level 0</c>.</summary>
    public override string ToString() =>
        $"{Range} 0x{LeafSize:x}-byte {(IsCompact ? "compact " : "")}leaves from 0x{Entry:x} at level {Level}";
}

// Mappings as the tables show them.
public sealed partial class XeVm
{
    /// <summary>All present leaves of a tile by address, joined into runs; scratch entries are left out. Any thread.</summary>
    public IReadOnlyList<MappingRun> GetMappings(int tile = 0)
    {
        var collector = new MappingCollector(TablesOf(tile));
        VisitTables(ref collector, tile);
        return collector.Finish();
    }

    private struct MappingCollector(TileTables tables) : ITableVisitor
    {
        // Leaves are joined as they come, since a whole address space has millions. A directory's own come before those below it, so runs
        // of different tables are sorted and joined once more at the end.
        private readonly List<MappingRun> _runs = [];

        public readonly void Visit(in TableView table)
        {
            ulong size = table.IsCompact ? PageSizes.Size64K : PageSizes.EntrySize(table.Level);
            for (int i = 0; i < table.Entries.Length; i++)
            {
                ulong entry = table.Entries[i];
                bool isLeaf = table.Level == 0 || (entry & PteFormats.PageSize) != 0;
                if ((entry & PteFormats.Present) == 0 || !isLeaf || table.HasChild(i) || entry == tables.Empty(table.Level))
                    continue;
                ulong start = table.Va + ((ulong)i * size);
                var leaf = new MappingRun(AddressRange.OfSize(start, size), entry, table.Level, table.IsCompact, size);
                if (_runs.Count > 0 && Continues(_runs[^1], leaf))
                    _runs[^1] = _runs[^1] with { Range = new AddressRange(_runs[^1].Range.Start, leaf.Range.End) };
                else
                    _runs.Add(leaf);
            }
        }

        public readonly List<MappingRun> Finish()
        {
            _runs.Sort((a, b) => a.Range.Start.CompareTo(b.Range.Start));
            Span<MappingRun> runs = CollectionsMarshal.AsSpan(_runs);
            int joined = 0;
            foreach (MappingRun run in runs)
            {
                if (joined > 0 && Continues(runs[joined - 1], run))
                    runs[joined - 1] = runs[joined - 1] with { Range = new AddressRange(runs[joined - 1].Range.Start, run.Range.End) };
                else
                    runs[joined++] = run;
            }

            _runs.RemoveRange(joined, _runs.Count - joined);
            return _runs;
        }

        private static bool Continues(in MappingRun run, in MappingRun next)
        {
            ulong step = run.IsNull ? 0 : run.Range.Size;
            return run.Range.End == next.Range.Start && run.LeafSize == next.LeafSize && run.IsCompact == next.IsCompact
                && run.Entry + step == next.Entry;
        }
    }
}
