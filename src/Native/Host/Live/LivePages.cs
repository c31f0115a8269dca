using XePt.Host;

namespace XePt.Native;

/// <summary>What devices know of the pages of this process: those they have been given, and those that live in device memory. Other pages
/// cost nothing.</summary>
/// <remarks>Concurrency: none; the process has a gate.</remarks>
internal sealed class LivePages(LiveFrames frames)
{
    private const int PageShift = 12, TableShift = 21;

    private readonly Dictionary<ulong, Table> _tables = [];
    private readonly List<ulong> _places = [];

    /// <summary>2 MiB of addresses.</summary>
    private sealed class Table
    {
        public readonly PageEntry[] Entries = new PageEntry[LiveFrames.ChunkPages];
        public int Count;
        public int OpenChunk = -1;
    }

    /// <summary>What is known of a page.</summary>
    public PageEntry this[ulong address] =>
        _tables.TryGetValue(address >> TableShift, out Table? table) ? table.Entries[IndexOf(address)] : default;

    /// <summary>A page, which gets a number if it has none and is not in device memory.</summary>
    /// <returns>False when there is no number.</returns>
    public bool TryNeed(ulong address, out PageEntry entry)
    {
        entry = this[address];
        if (entry.State != PageState.None)
            return true;
        if (!TryTakeFrame(address, out long frame))
            return false;
        entry = PageEntry.System(frame, isWritable: true);
        Set(address, entry);
        return true;
    }

    /// <summary>A number for a page that has none yet, or is about to get another.</summary>
    public bool TryTakeFrame(ulong address, out long frame)
    {
        Table table = TableOf(address);
        bool isTaken = frames.TryTake(address, ref table.OpenChunk, out frame);
        if (!isTaken)
            DropIfEmpty(address, table);
        return isTaken;
    }

    /// <summary>Puts something else in a page's place; a number that it had is given up.</summary>
    public void Set(ulong address, PageEntry made)
    {
        Table table = TableOf(address);
        ref PageEntry entry = ref table.Entries[IndexOf(address)];
        PageEntry before = entry;
        table.Count += (made.State != PageState.None ? 1 : 0) - (before.State != PageState.None ? 1 : 0);
        entry = made;
        if (before.State == PageState.System && !before.IsSamePage(made))
            frames.Retire(before.Frame);
        DropIfEmpty(address, table);
    }

    /// <summary>The pages of an interval of which something is known.</summary>
    /// <param name="range">Whole pages.</param>
    /// <param name="into">Is cleared, then receives their addresses.</param>
    public void Find(AddressRange range, List<ulong> into)
    {
        into.Clear();
        _places.Clear();
        ulong first = range.Start >> TableShift, last = (range.End - 1) >> TableShift;
        if (last - first < (ulong)_tables.Count)
        {
            for (ulong place = first; place <= last; place++)
                _places.Add(place);
        }
        else
        {
            _places.AddRange(_tables.Keys);
        }

        foreach (ulong place in _places)
            FindIn(place, range, into);
    }

    private void FindIn(ulong place, AddressRange range, List<ulong> into)
    {
        if (!_tables.TryGetValue(place, out Table? table))
            return;
        for (int i = 0; i < table.Entries.Length; i++)
        {
            ulong address = (place << TableShift) + ((ulong)i << PageShift);
            if (table.Entries[i].State != PageState.None && address >= range.Start && address < range.End)
                into.Add(address);
        }
    }

    private Table TableOf(ulong address)
    {
        if (!_tables.TryGetValue(address >> TableShift, out Table? table))
            _tables[address >> TableShift] = table = new Table();
        return table;
    }

    private void DropIfEmpty(ulong address, Table table)
    {
        if (table.Count != 0)
            return;
        if (table.OpenChunk >= 0)
            frames.Close(table.OpenChunk);
        _tables.Remove(address >> TableShift);
    }

    private static int IndexOf(ulong address) => (int)(address >> PageShift) & (LiveFrames.ChunkPages - 1);
}
