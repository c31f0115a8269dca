using XePt.Memory;
using XePt.Stage;
using XePt.Uapi.Formats;
using XePt.Walk;

namespace XePt;

/// <summary>What a walker finds mapped in an interval, run by run by rising address: made by <see cref="XeWalker.Runs"/> for a
/// <c>foreach</c>. Allocates nothing.</summary>
public readonly ref struct MappingRuns
{
    private readonly TileTables _tables;
    private readonly AddressRange _range;

    internal MappingRuns(TileTables tables, AddressRange range) => (_tables, _range) = (tables, range);

    /// <summary>Begins at the first run.</summary>
    public Enumerator GetEnumerator() => new(_tables, _range);

    /// <summary>For example <c>mappings in [0x0, 0x1000000)</c>.</summary>
    public override string ToString() => $"mappings in {_range}";

    /// <summary>Goes from run to run.</summary>
    /// <remarks>Concurrency: reads entries as walks do, each at its own moment. What binds change meanwhile is seen as it was before or as
    /// it is afterwards, entry by entry.</remarks>
    public unsafe ref struct Enumerator
    {
        private readonly TileTables _tables;
        private readonly ulong _end;
        private ulong _at;
        private MappingRun _current;

        // The table in which the last run ended before the table did, and the entry there; as long as nothing is linked or unlinked, a walk
        // would come to it, too.
        private ulong* _table;
        private int _index;
        private int _level;
        private bool _isCompact;
        private long _links;

        internal Enumerator(TileTables tables, AddressRange range) => (_tables, _at, _end) = (tables, range.Start, range.End);

        /// <summary>The run: its leaves are whole, so it may begin before the interval and end behind it.</summary>
        public readonly MappingRun Current => _current;

        /// <summary>The run.</summary>
        public override readonly string ToString() => _current.ToString();

        /// <summary>On to the next run.</summary>
        /// <returns>False when there is none.</returns>
        public bool MoveNext()
        {
            while (_at < _end)
            {
                DecidingEntry found = Next();
                if (found.IsLeaf)
                {
                    Collect(found);
                    return true;
                }

                _at = found.EndOf(_at);
            }

            return false;
        }

        /// <summary>The run that begins with a leaf, as far as it goes through this table and the following ones.</summary>
        private void Collect(DecidingEntry leaf)
        {
            ulong start = _at & ~(leaf.Size - 1), next = leaf.Entry;
            ulong step = (leaf.Entry & PteFormats.Null) != 0 ? 0 : leaf.Size;
            _at = start;
            for (DecidingEntry here = leaf; here.IsLeaf && here.Size == leaf.Size && here.IsCompact == leaf.IsCompact
                && here.Entry == next;)
            {
                int index = here.Index, end = here.IsCompact ? PageSizes.CompactEntries : PageTablePool.EntriesPerTable;
                ulong empty = _tables.Empty(here.Level);
                // SAFETY: the table stays in place while the pin lasts; it has as many entries.
                do
                {
                    index++;
                    _at += leaf.Size;
                    next += step;
                }
                while (index < end && _at < _end && next != empty && Volatile.Read(ref here.Table[index]) == next);

                if (index < end || _at >= _end)
                {
                    _table = index < end ? here.Table : null;
                    (_index, _level, _isCompact) = (index, here.Level, here.IsCompact);
                    break;
                }

                here = Find(_at);
            }

            _current = new MappingRun(new AddressRange(start, _at), leaf.Entry, leaf.Level, leaf.IsCompact, leaf.Size);
        }

        /// <summary>What decides the place where the last run ended: the entry behind it if that is a leaf, else what a walk
        /// finds.</summary>
        private DecidingEntry Next()
        {
            ulong* table = _table;
            _table = null;
            // The links are looked at before the entry: unchanged links mean that the table was still in the tree then.
            if (table != null && _tables.Links == _links)
            {
                // SAFETY: the index is below the table's end, and the table stays in place while the pin lasts.
                ulong entry = Volatile.Read(ref table[_index]);
                bool isLeaf = (entry & PteFormats.Present) != 0 && entry != _tables.Empty(_level)
                    && (_level == 0 || (entry & PteFormats.PageSize) != 0);
                if (isLeaf)
                    return new DecidingEntry(table, _index, _level, _isCompact, entry, isLeaf);
            }

            _links = _tables.Links;
            return Find(_at);
        }

        private readonly DecidingEntry Find(ulong va) => _tables.Walk.FindLeaf(va, _tables.EmptyEntries);
    }
}
