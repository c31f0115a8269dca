using System.Runtime.CompilerServices;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Stage;

/// <summary>
/// The bind walk (specification 03 section 8): one descent per touched table, whole runs of entries per step. Tables it makes are private
/// and filled at once; entries of tables that existed before are only recorded (PT-084, PT-085).
/// </summary>
internal unsafe ref partial struct BindWalk
{
    private readonly TileUpdate _update;
    private readonly TileTables _tables;
    private readonly PageTablePool _pool;
    private readonly PteEncoding _encoding;
    private readonly ref BindSource _source;
    private readonly ref readonly LeafTemplates _leaves;
    private bool _mayHint;

    /// <param name="update">Where it is staged.</param>
    /// <param name="encoding">The platform's entries.</param>
    /// <param name="source">What to write; its cursor moves.</param>
    /// <param name="leaves">How the leaves look.</param>
    public BindWalk(TileUpdate update, PteEncoding encoding, ref BindSource source, ref readonly LeafTemplates leaves)
    {
        _update = update;
        _tables = update.Tables;
        _pool = update.Tables.Pool;
        _encoding = encoding;
        _source = ref source;
        _leaves = ref leaves;
    }

    /// <summary>Page-size hints of the leaves staged (PT-081).</summary>
    public VmaFlags SizeHints { get; private set; }

    /// <summary>Stages a whole interval. Apart, so that a bind that needs no walk carries no room for one.</summary>
    /// <param name="update">Where it is staged.</param>
    /// <param name="encoding">The platform's entries.</param>
    /// <param name="source">What to write; its cursor moves.</param>
    /// <param name="leaves">How the leaves look.</param>
    /// <param name="hints">Page-size hints of the leaves staged.</param>
    /// <returns>Ok; -ENOMEM when memory ran out; -EINVAL when VRAM that needs 64 KiB pages would get a 4 KiB one (PT-080).
    /// After a failure the caller aborts the request.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Errno RunFromRoot(
        TileUpdate update, PteEncoding encoding, ref BindSource source, ref readonly LeafTemplates leaves, out VmaFlags hints)
    {
        var walk = new BindWalk(update, encoding, ref source, in leaves);
        TileTables tables = update.Tables;
        TableSpan span = tables.StartOf(source.Start, source.End, out int page).Descend(tables.Pool, ref page);
        tables.Remember(span, page);
        Errno error = walk.Visit(page, in span, isPrivate: false);
        hints = walk.SizeHints;
        return error;
    }

    private Errno Visit(int page, in TableSpan span, bool isPrivate)
    {
        if (span.Level == 0)
            return isPrivate ? FillLeaf(page, span) : RecordLeaf(page, span.Start, span.End);
        var run = new EntryRun { Page = page, Level = span.Level, IsPrivate = isPrivate };
        return VisitDirectory(ref run, span);
    }

    /// <summary>Entries of a leaf table that existed before.</summary>
    public Errno RecordLeaf(int page, ulong start, ulong end)
    {
        // A compact table that is there already is reached when a range covers it partly, which leftovers of clearing allow; the reference
        // then writes 4 KiB entries without hints, and so do we.
        _mayHint = !_pool.Page(page).IsCompact;
        int count = (int)((end - start) >> PageSizes.EntryShift(0));
        if (count == 1)
            return RecordPage(page, start);
        var values = (ulong*)_update.Arena.Rent((uint)count * (nuint)sizeof(ulong));
        if (values == null)
            return Errno.ENOMEM;
        ref PtUpdate record = ref _update.Updates.TryAppend();
        if (Unsafe.IsNullRef(ref record))
            return Errno.ENOMEM;

        record.Page = page;
        record.First = PageSizes.IndexAt(start, 0);
        record.Count = count;
        record.Values = values;
        return FillLeaves(values, start, end);
    }

    private Errno RecordPage(int page, ulong at)
    {
        SizeHints |= VmaFlags.Pte4K;
        ulong offset = OffsetOf(at);
        if (_source.Kind == BindKind.Memory)
            _source.Cursor.MoveTo(offset);
        return RecordPage(_update, page, at, offset, in _source, in _leaves);
    }

    /// <summary>Entries of a leaf table that this walk has made.</summary>
    private Errno FillLeaf(int page, in TableSpan span)
    {
        ref TablePage table = ref _pool.Page(page);
        _mayHint = !table.IsCompact;
        if (table.IsCompact)
            return FillCompact(page, span.Start, span.End);
        table.Live += span.Count;
        // SAFETY: the span lies inside the table's 512 entries.
        return FillLeaves(_pool.Entries(page) + (uint)span.First, span.Start, span.End);
    }

    private Errno VisitDirectory(ref EntryRun run, in TableSpan span)
    {
        // Field by field, as it was written just before: a load of two fields at once would have to wait for both stores.
        for (var rest = new TableSpan(span.Start, span.End, span.Level); !rest.IsEmpty;)
        {
            bool isFull = !rest.HasFirstEdge;
            Errno error;
            int entries;
            if (isFull && rest.Level <= 2 && (entries = HugeLeavesAt(rest)) > 0)
                error = AddLeaves(ref run, rest, entries);
            else if (isFull && rest.Level == 1 && (entries = TablesAt(rest)) > 0)
                error = AddTables(ref run, rest, entries);
            else
                (error, entries) = (Descend(ref run, rest, isFull), 1);
            if (error != Errno.Ok)
                return error;
            rest = rest.Rest(entries);
        }

        return Errno.Ok;
    }

    /// <summary>Into the child below the first entry: an existing one if the entry is only partly covered, else a new one
    /// (PT-076).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Errno Descend(ref EntryRun run, in TableSpan rest, bool isFull)
    {
        TableSpan below = rest.BelowFirst;
        int index = rest.First;
        // SAFETY: a directory has 512 child numbers.
        int existing = _pool.Page(run.Page).Children[index];
        if (!isFull && existing != 0)
            return Visit(existing, below, isPrivate: false);

        int child = NewTable(below.Level);
        if (child == 0 || !MakeRoomForTables(ref run, index, rest.Count))
            return Errno.ENOMEM;

        bool isCompact = run.Level == 1 && isFull && CanBeCompact(below.Start, below.End);
        _pool.Page(child).IsCompact = isCompact;
        if (!isFull)
            _tables.FillEmpty(child);
        if (isCompact)
            SizeHints |= VmaFlags.PteCompact;

        // SAFETY: MakeRoom made room from index to the last entry of the interval.
        run.Values[index] = _pool.DeviceAddress(child) | _encoding.Pde | (isCompact ? _encoding.CompactChild : 0);
        run.Children[index] = child;
        Count(run, index, 1);
        return Visit(child, below, isPrivate: true);
    }

    /// <summary>How many of the first entries, all fully covered, can be leaves of their level (PT-073).</summary>
    private int HugeLeavesAt(in TableSpan rest)
    {
        int shift = PageSizes.EntryShift(rest.Level);
        switch (_source.Kind)
        {
            case BindKind.Null:
                return (int)((rest.End - rest.Start) >> shift);
            case BindKind.Clear:
                return 0;
            default:
                ulong offset = OffsetOf(rest.Start);
                _source.Cursor.MoveTo(offset);
                bool isAligned = (_source.Cursor.AddressAt(offset) & (PageSizes.EntrySize(rest.Level) - 1)) == 0;
                return isAligned ? (int)(Math.Min(_source.Cursor.LeftAt(offset), rest.End - rest.Start) >> shift) : 0;
        }
    }

    private Errno AddLeaves(ref EntryRun run, in TableSpan rest, int leaves)
    {
        int index = rest.First;
        if (!MakeRoom(ref run, index, rest.Count))
            return Errno.ENOMEM;

        bool isNull = _source.Kind == BindKind.Null;
        ulong offset = OffsetOf(rest.Start);
        ulong first = isNull
            ? _leaves.For(run.Level, isVram: false)
            : (_source.Cursor.AddressAt(offset) + _source.AddressBias) | _leaves.For(run.Level, _source.Cursor.Kind == SegmentKind.Vram);
        // SAFETY: MakeRoom made room from index to the last entry of the interval, and the leaves end inside it.
        PteBlock.FillSequence(run.Values + index, (nuint)leaves, first, isNull ? 0 : PageSizes.EntrySize(run.Level));
        if (!run.IsPrivate)
            new Span<int>(run.Children + index, leaves).Clear();
        SizeHints |= run.Level == 1 ? VmaFlags.Pte2M : VmaFlags.Pte1G;
        Count(run, index, leaves);
        return Errno.Ok;
    }

    /// <summary>Fills 4 KiB entries, marking those of aligned 64 KiB pages (PT-079).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Errno FillLeaves(ulong* values, ulong start, ulong end)
    {
        SizeHints |= VmaFlags.Pte4K;
        switch (_source.Kind)
        {
            case BindKind.Clear:
                PteBlock.Fill(values, (nuint)((end - start) >> 12), 0);
                return Errno.Ok;
            case BindKind.Null:
                FillHinted(values, start, end, _leaves.System4K, stride: 0, _mayHint);
                return Errno.Ok;
            default:
                return _source.Cursor.IsPageList
                    ? FillPageList(values, start, end)
                    : FillSegments(values, start, end);
        }
    }

    private Errno FillPageList(ulong* values, ulong start, ulong end)
    {
        bool isVram = _source.Cursor.Kind == SegmentKind.Vram;
        if (isVram && _source.VramNeeds64K && _mayHint)
            return Errno.EINVAL;

        ulong first = (_source.Cursor.FirstPage + _source.AddressBias) | _leaves.For(0, isVram);
        // SAFETY: the backing covers the interval, so the list has each of its pages.
        PteBlock.FillFromPages(values, _source.Cursor.DistancesAt(OffsetOf(start)), (nuint)((end - start) >> 12), first);
        return Errno.Ok;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Errno FillSegments(ulong* values, ulong start, ulong end)
    {
        for (ulong at = start; at < end;)
        {
            ulong offset = OffsetOf(at);
            _source.Cursor.MoveTo(offset);
            ulong next = at + Math.Min(_source.Cursor.LeftAt(offset), end - at);
            ulong address = _source.Cursor.AddressAt(offset);
            bool isVram = _source.Cursor.Kind == SegmentKind.Vram;
            ulong template = isVram ? _leaves.Vram4K : _leaves.System4K;
            if (_mayHint && ((address | at | next) & (PageSizes.Size64K - 1)) == 0)
            {
                // Whole 64 KiB, as memory mostly comes: no head, no tail.
                SizeHints |= VmaFlags.Pte64K;
                PteBlock.FillChunks(
                    values + ((at - start) >> 12),
                    (nuint)((next - at) >> PageSizes.CompactShift),
                    (address + _source.AddressBias) | template | _encoding.Hint64K);
                at = next;
                continue;
            }

            bool isCongruent = _mayHint && ((address ^ at) & (PageSizes.Size64K - 1)) == 0;
            bool allHinted = FillHinted(
                values + ((at - start) >> 12), at, next, (address + _source.AddressBias) | template, PageSizes.Size4K, isCongruent);
            if (isVram && _source.VramNeeds64K && _mayHint && !allHinted)
                return Errno.EINVAL;
            at = next;
        }

        return Errno.Ok;
    }

    /// <summary>Fills <c>[start, end)</c>, all in one segment, with the hint on the whole 64 KiB chunks inside it.</summary>
    /// <returns>True when every entry got the hint.</returns>
    private bool FillHinted(ulong* values, ulong start, ulong end, ulong first, ulong stride, bool mayHint)
    {
        ulong hintStart = (start + PageSizes.Size64K - 1) & ~(PageSizes.Size64K - 1);
        ulong hintEnd = end & ~(PageSizes.Size64K - 1);
        if (!mayHint || hintStart >= hintEnd)
        {
            PteBlock.FillSequence(values, (nuint)((end - start) >> 12), first, stride);
            return false;
        }

        nuint head = (nuint)((hintStart - start) >> 12);
        nuint hinted = (nuint)((hintEnd - hintStart) >> 12);
        nuint tail = (nuint)((end - hintEnd) >> 12);
        // SAFETY: the three parts are the pages of [start, end), for which the caller made room.
        PteBlock.FillSequence(values, head, first, stride);
        PteBlock.FillSequence(values + head, hinted, (first + (head * stride)) | _encoding.Hint64K, stride);
        PteBlock.FillSequence(values + head + hinted, tail, first + ((head + hinted) * stride), stride);
        SizeHints |= VmaFlags.Pte64K;
        return head == 0 && tail == 0;
    }

    /// <summary>Fills the 32 entries of a compact table; every chunk is known to be aligned and whole.</summary>
    private Errno FillCompact(int page, ulong start, ulong end)
    {
        ulong* values = _pool.Entries(page);
        _pool.Page(page).Live += (int)((end - start) >> PageSizes.CompactShift);
        SizeHints |= VmaFlags.Pte4K;
        if (_source.Kind == BindKind.Clear)
        {
            PteBlock.Fill(values, PageSizes.CompactEntries, 0);
            return Errno.Ok;
        }

        for (ulong at = start; at < end;)
        {
            ulong offset = OffsetOf(at);
            _source.Cursor.MoveTo(offset);
            ulong bytes = Math.Min(_source.Cursor.LeftAt(offset), end - at);
            ulong first = (_source.Cursor.AddressAt(offset) + _source.AddressBias)
                | _leaves.For(0, _source.Cursor.Kind == SegmentKind.Vram);
            // SAFETY: at stays inside the 2 MiB of the table, so the index stays below 32.
            PteBlock.FillSequence(
                values + ((at - start) >> PageSizes.CompactShift), (nuint)(bytes >> PageSizes.CompactShift), first, PageSizes.Size64K);
            at += bytes;
        }

        return Errno.Ok;
    }

    /// <summary>Every 64 KiB chunk of a fully covered 2 MiB entry lies aligned in one segment (PT-077, PT-078). Clearing, that is so for a
    /// NULL VMA only, whose chunks always pass.</summary>
    private bool CanBeCompact(ulong start, ulong end)
    {
        if (!_source.AllowCompact || _source.Kind == BindKind.Null)
            return false;
        if (_source.Kind == BindKind.Clear)
            return _source.IsNullVma;

        BackingCursor cursor = _source.Cursor;
        for (ulong at = start; at < end;)
        {
            ulong offset = OffsetOf(at);
            cursor.MoveTo(offset);
            ulong bytes = Math.Min(cursor.LeftAt(offset), end - at);
            if (((cursor.AddressAt(offset) | bytes) & (PageSizes.Size64K - 1)) != 0)
                return false;
            at += bytes;
        }

        return true;
    }

    private readonly ulong OffsetOf(ulong va) => _source.Offset + (va - _source.Start);

    private readonly int NewTable(int level)
    {
        int page = _update.Tables.Cache.Rent(level);
        if (page != 0 && !_update.NewTables.TryAdd(page))
        {
            _update.Tables.Cache.Return(page);
            return 0;
        }

        return page;
    }

    /// <summary>Makes room for entries <c>[index, index + count)</c>: the table itself if private, else a new record at its first use
    /// (PT-086).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly bool MakeRoom(ref EntryRun run, int index, int count)
    {
        if (run.Values != null)
            return true;

        if (run.IsPrivate)
        {
            run.Values = _pool.Entries(run.Page);
            run.Children = _pool.Page(run.Page).Children;
            return true;
        }

        var values = (ulong*)_update.Arena.Rent((nuint)(uint)count * (sizeof(ulong) + sizeof(int)));
        if (values == null)
            return false;
        ref PtUpdate update = ref _update.Updates.TryAppend();
        if (Unsafe.IsNullRef(ref update))
            return false;

        update.Page = run.Page;
        update.First = index;
        update.Level = (byte)run.Level;
        update.Values = values;
        // SAFETY: the block holds count values and behind them count child numbers. Both pointers of the run are biased so that the table's
        // own index selects the slot, and only [index, index + count) is used.
        update.Children = (int*)(values + count);
        run.Values = update.Values - index;
        run.Children = update.Children - index;
        run.Update = _update.Updates.Count - 1;
        return true;
    }

    /// <summary>The same for entries that lead to tables.</summary>
    private readonly bool MakeRoomForTables(ref EntryRun run, int index, int count)
    {
        if (!MakeRoom(ref run, index, count) || !_update.Tables.Cache.TryOwnChildren(run.Page))
            return false;
        if (run.IsPrivate)
            run.Children = _pool.Page(run.Page).Children;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Count(in EntryRun run, int index, int entries)
    {
        if (!run.IsPrivate)
        {
            _update.Updates[run.Update].Count += entries;
            return;
        }

        ref TablePage table = ref _pool.Page(run.Page);
        table.Live += entries;
        table.NoteLink(index);
    }

    /// <summary>Where the entries of one visited table go. Pointers are indexed by the table's own entry index.</summary>
    private struct EntryRun
    {
        public int Page;
        public int Level;
        public bool IsPrivate;
        public ulong* Values;
        public int* Children;
        public int Update;
    }
}
