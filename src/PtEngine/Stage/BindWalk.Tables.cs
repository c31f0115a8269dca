using System.Runtime.CompilerServices;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Stage;

// Runs of whole tables: large binds are made of them.
internal unsafe ref partial struct BindWalk
{
    private const int EntriesPerTable = PageTablePool.EntriesPerTable;

    /// <summary>How many of the first entries of a directory of level 1 get a table of leaves each and lie in one segment or in a list of
    /// pages, so that what is decided for the first table holds for all.</summary>
    private int TablesAt(in TableSpan rest)
    {
        if (_source.Kind != BindKind.Memory)
            return 0;
        ulong bytes = rest.End - rest.Start;
        if (!_source.Cursor.IsPageList)
            bytes = Math.Min(bytes, _source.Cursor.LeftAt(OffsetOf(rest.Start)));
        return (int)(bytes >> PageSizes.EntryShift(1));
    }

    /// <summary>Makes and fills a run of tables. The cursor stands at the first.</summary>
    private Errno AddTables(ref EntryRun run, in TableSpan rest, int tables)
    {
        int index = rest.First;
        if (!MakeRoomForTables(ref run, index, rest.Count))
            return Errno.ENOMEM;

        ulong offset = OffsetOf(rest.Start);
        bool isVram = _source.Cursor.Kind == SegmentKind.Vram;
        ulong template = isVram ? _leaves.Vram4K : _leaves.System4K;
        SizeHints |= VmaFlags.Pte4K;
        if (_source.Cursor.IsPageList)
        {
            return isVram && _source.VramNeeds64K
                ? Errno.EINVAL
                : AddScatteredTables(
                    ref run, index, tables, _source.Cursor.DistancesAt(offset),
                    (_source.Cursor.FirstPage + _source.AddressBias) | template);
        }

        // The first entry is covered wholly, from a multiple of 2 MiB on, so an address that is aligned to 64 KiB is congruent.
        ulong address = _source.Cursor.AddressAt(offset);
        bool isAligned = (address & (PageSizes.Size64K - 1)) == 0;
        if (isVram && _source.VramNeeds64K && !isAligned)
            return Errno.EINVAL;
        ulong first = (address + _source.AddressBias) | template;
        if (isAligned && _source.AllowCompact)
            return AddCompactTables(ref run, index, tables, first);
        if (isAligned)
            SizeHints |= VmaFlags.Pte64K;
        return AddSequenceTables(ref run, index, tables, isAligned ? first | _encoding.Hint64K : first);
    }

    private Errno AddSequenceTables(ref EntryRun run, int index, int tables, ulong first)
    {
        for (int i = 0; i < tables; i++, first += PageSizes.Size2M)
        {
            ulong* values = AddTable(ref run, index + i, EntriesPerTable, isCompact: false);
            if (values == null)
                return Errno.ENOMEM;
            PteBlock.FillTable(values, first);
        }

        Count(run, index, tables);
        return Errno.Ok;
    }

    private Errno AddScatteredTables(ref EntryRun run, int index, int tables, int* distances, ulong first)
    {
        // SAFETY: the backing covers the interval, so the list has each of its pages.
        for (int i = 0; i < tables; i++, distances += EntriesPerTable)
        {
            ulong* values = AddTable(ref run, index + i, EntriesPerTable, isCompact: false);
            if (values == null)
                return Errno.ENOMEM;
            PteBlock.FillTableFromPages(values, distances, first);
        }

        Count(run, index, tables);
        return Errno.Ok;
    }

    private Errno AddCompactTables(ref EntryRun run, int index, int tables, ulong first)
    {
        SizeHints |= VmaFlags.PteCompact;
        for (int i = 0; i < tables; i++, first += PageSizes.Size2M)
        {
            ulong* values = AddTable(ref run, index + i, PageSizes.CompactEntries, isCompact: true);
            if (values == null)
                return Errno.ENOMEM;
            PteBlock.FillSequence(values, PageSizes.CompactEntries, first, PageSizes.Size64K);
        }

        Count(run, index, tables);
        return Errno.Ok;
    }

    /// <summary>A new table of leaves below an entry that <see cref="MakeRoom"/> made room for.</summary>
    /// <returns>Its entries, for the caller to fill; null when memory ran out.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ulong* AddTable(ref EntryRun run, int index, int entries, bool isCompact)
    {
        int child = NewTable(level: 0);
        if (child == 0)
            return null;

        ref TablePage table = ref _pool.Page(child);
        table.Live = entries;
        table.IsCompact = isCompact;
        // SAFETY: the index is below 512 and inside what MakeRoom made room for.
        run.Values[(uint)index] = _pool.DeviceAddress(child) | _encoding.Pde | (isCompact ? _encoding.CompactChild : 0);
        run.Children[(uint)index] = child;
        return _pool.Entries(child);
    }
}
