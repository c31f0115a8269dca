using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using XePt.Devices;
using XePt.Epochs;
using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Formats;
using XePt.Walk;

namespace XePt.Stage;

/// <summary>
/// The page tables of one VM on one tile: the root, the scratch tables, and the value that an entry without mapping has at each
/// level (PT-011, PT-038, PT-062).
/// </summary>
internal sealed unsafe class TileTables
{
    private const int MaxLevels = 5;

    private readonly TableStore _store;
    private readonly ulong[] _empty = new ulong[MaxLevels];
    private readonly int[] _scratch;
    private readonly PteFormatId _format;
    private int _visibleRoot;
    private PoolWalk _walk;
    private ulong _lastArea = ulong.MaxValue;
    private int _lastLeaf;
    private ulong _lastDirectoryArea = ulong.MaxValue;
    private int _lastDirectory;
    private long _links;

    private TileTables(TableStore store, AllocationGate gate, LaterList later, PlatformInfo platform, bool hasScratch)
    {
        _store = store;
        _format = platform.FormatId;
        RootLevel = platform.RootLevel;
        Pool = store.Pool;
        Cache = Pool.OpenCache(gate);
        Retired = new RetiredTables(store, Cache, later);
        Cache.Reserve = Retired;
        _scratch = new int[hasScratch ? RootLevel - 2 : 0];
    }

    /// <summary>The pages of the tile.</summary>
    public PageTablePool Pool { get; }

    /// <summary>Where this VM's tables are rented.</summary>
    public PageCache Cache { get; }

    /// <summary>Unlinked tables that wait for walkers.</summary>
    public RetiredTables Retired { get; }

    /// <summary>Page number of the root table; 0 once closed.</summary>
    public int Root { get; private set; }

    public int RootLevel { get; }

    /// <summary>Device address of the root table as walkers see it; once detached that of page 0, which is never rented.</summary>
    public ulong RootAddress => Pool.DeviceAddress(Volatile.Read(ref _visibleRoot));

    /// <summary>Walks from the root. Pin the epoch first, then see that the tables are attached.</summary>
    public ref readonly PoolWalk Walk => ref _walk;

    /// <summary>False once walkers find nothing any more.</summary>
    public bool IsAttached => Volatile.Read(ref _visibleRoot) != 0;

    /// <summary>Changes whenever an entry of a directory was written, after the write and before the commit counts as complete. While it is
    /// as it was before a walk, the tables which that walk came through are still in the tree.</summary>
    public long Links => Volatile.Read(ref _links);

    /// <summary>Directory entries were written. A full fence comes with it.</summary>
    public void NoteLinks() => Interlocked.Increment(ref _links);

    /// <summary>The translation of an address that no table is asked about.</summary>
    public Translation Nothing(ulong va, TranslationStatus status) => new(status, (byte)RootLevel, false, _format, va, 0);

    /// <summary>Where walkers start; false once detached, and then there is nothing to walk.</summary>
    public bool TryGetRoot(out ulong address)
    {
        int root = Volatile.Read(ref _visibleRoot);
        address = Pool.DeviceAddress(root);
        return root != 0;
    }

    /// <summary>The planned leaf table that an interval lies in, when the walk before it ended there, too.</summary>
    /// <returns>False when another one has to be looked for, or none is wanted: the interval covers all of a leaf table or more.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRecallLeaf(ulong start, ulong end, out int leaf)
    {
        leaf = _lastLeaf;
        return start >> PageSizes.EntryShift(1) == _lastArea && (end - 1) >> PageSizes.EntryShift(1) == _lastArea
            && end - start != PageSizes.Size2M;
    }

    /// <summary>The table from which an interval is looked for in the plan: the directory of leaf tables in which the last walk ended,
    /// when the interval lies there, or else the root.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TableSpan StartOf(ulong start, ulong end, out int page)
    {
        bool isThere = start >> PageSizes.EntryShift(2) == _lastDirectoryArea && (end - 1) >> PageSizes.EntryShift(2) == _lastDirectoryArea
            && end - start != PageSizes.EntrySize(2);
        page = isThere ? _lastDirectory : Root;
        return new TableSpan(start, end, isThere ? 1 : RootLevel);
    }

    /// <summary>A walk came down to a table of the plan: a leaf table, or a directory of them, is where the next one may begin.</summary>
    /// <param name="span">What it has to do with there.</param>
    /// <param name="page">The table.</param>
    public void Remember(in TableSpan span, int page)
    {
        if (span.Level == 0)
            (_lastArea, _lastLeaf) = (span.Start >> PageSizes.EntryShift(1), page);
        else if (span.Level == 1)
            (_lastDirectoryArea, _lastDirectory) = (span.Start >> PageSizes.EntryShift(2), page);
    }

    /// <summary>Goes where the walk of an interval will begin, and asks for what it will read and write there: while that comes, something
    /// else can be waited for. For VMs whose tables are in no cache.</summary>
    /// <param name="start">First address.</param>
    /// <param name="end">End, exclusive.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void LookAhead(ulong start, ulong end)
    {
        if (TryRecallLeaf(start, end, out _))
            return;
        TableSpan span = StartOf(start, end, out int page).Descend(Pool, ref page);
        Remember(span, page);
        if (span.Level == 0 && Sse.IsSupported)
        {
            // SAFETY: the span lies inside the table's 512 entries; asking for memory reads nothing.
            Sse.Prefetch0(Unsafe.AsPointer(ref Pool.Page(page)));
            Sse.Prefetch0(Pool.Entries(page) + (uint)span.First);
        }
    }

    /// <summary>Children of a directory of the plan have changed.</summary>
    public void Forget(int level)
    {
        _lastArea = ulong.MaxValue;
        if (level > 1)
            _lastDirectoryArea = ulong.MaxValue;
    }

    /// <summary>Value of an entry without mapping at a level (PT-038).</summary>
    public ulong Empty(int level) => _empty[level];

    /// <summary>The same of all levels.</summary>
    public ReadOnlySpan<ulong> EmptyEntries => _empty;

    /// <summary>Translates many addresses under the caller's pin.</summary>
    /// <param name="vas">The addresses.</param>
    /// <param name="results">As many results at least.</param>
    /// <param name="limit">The first address that no table is asked about.</param>
    /// <param name="size">Size of the VM.</param>
    public void Translate(ReadOnlySpan<ulong> vas, Span<Translation> results, ulong limit, ulong size)
    {
        for (int at = 0; at < vas.Length; at += PoolWalk.GroupSize)
        {
            ReadOnlySpan<ulong> group = vas.Slice(at, Math.Min(PoolWalk.GroupSize, vas.Length - at));
            ulong first = group[0], differences = 0, all = 0;
            foreach (ulong va in group)
            {
                differences |= va ^ first;
                all |= va;
            }

            // No address is above all of their bits together.
            if (all < limit)
            {
                _walk.TranslateGroup(group, results[at..], differences);
                continue;
            }

            for (int i = 0; i < group.Length; i++)
                results[at + i] = group[i] < limit ? _walk.Translate(group[i]) : Beyond(group[i], size);
        }
    }

    /// <summary>The translation of an address beyond the VM, or of any once it is closed.</summary>
    /// <param name="va">The address.</param>
    /// <param name="size">Size of the VM.</param>
    public Translation Beyond(ulong va, ulong size) =>
        Nothing(va, va < size ? TranslationStatus.NotPresent : TranslationStatus.OutOfRange);

    /// <summary>Makes the root and, for a scratch VM, the scratch tables, in the order of PT-063.</summary>
    /// <returns>Ok or -ENOMEM; then no page stays rented.</returns>
    public static Errno Create(
        TableStore store, AllocationGate gate, LaterList later, PlatformInfo platform, PteEncoding encoding, bool hasScratch,
        out TileTables? tables)
    {
        tables = new TileTables(store, gate, later, platform, hasScratch);
        bool isRented = false;
        try
        {
            isRented = tables.RentAll();
        }
        finally
        {
            if (!isRented)
                tables.Discard();
        }

        if (!isRented)
        {
            tables = null;
            return Errno.ENOMEM;
        }

        if (hasScratch)
            tables.BuildScratch(platform, encoding);
        tables.FillEmpty(tables.Root);
        tables._walk = new PoolWalk(tables.Pool, tables.Root, tables.RootLevel, tables._format);
        tables._visibleRoot = tables.Root;
        return Errno.Ok;
    }

    /// <summary>Writes the empty value into all entries of a table (PT-057). The table must not be visible to walkers yet.</summary>
    public void FillEmpty(int page)
    {
        // SAFETY: a rented page has 512 entries.
        PteBlock.Fill(Pool.Entries(page), PageTablePool.EntriesPerTable, _empty[Pool.Page(page).Level]);
    }

    /// <summary>Takes the tables away from walkers: from now on they find nothing. The first step of closing, before any table is given
    /// up.</summary>
    public void Detach()
    {
        _visibleRoot = 0;
        Interlocked.MemoryBarrier();
    }

    /// <summary>Writes zeros over the root, in a scratch VM too: a walker that kept its address finds nothing from now on (PT-196). No job
    /// may write after this.</summary>
    public void ClearRoot()
    {
        // SAFETY: the root stays rented until Close and has 512 entries; walkers may be in it.
        PteBlock.StoreEach(Pool.Entries(Root), PageTablePool.EntriesPerTable, 0);
        NoteLinks();
    }

    /// <summary>Frees everything: the tree below the root, the scratch tables, the root (PT-196).</summary>
    /// <param name="left">Takes what may still be seen. While TLBs owe it an acknowledgement that is all there is: what the last jobs
    /// displaced, too, was not flushed on its own.</param>
    public void Close(ClosedTables left)
    {
        Detach();
        Retired.Retire(Root);
        Root = 0;
        for (int i = _scratch.Length - 1; i >= 0; i--)
            Retired.Retire(_scratch[i]);

        if (!left.IsOwed)
            Retired.FreeUnseen();
        left.Add(_store, Retired.Abandon(out int count), count);
        Cache.Close();
    }

    /// <summary>Frees everything of a VM that was not made after all, however far it came. No walker has seen the tables.</summary>
    public void Discard()
    {
        ReturnAll();
        Cache.Close();
    }

    private bool RentAll()
    {
        Root = Cache.Rent(RootLevel);
        if (Root == 0)
            return false;

        for (int i = 0; i < _scratch.Length; i++)
        {
            _scratch[i] = Cache.Rent(i + 2);
            if (_scratch[i] == 0)
                return false;
        }

        return true;
    }

    /// <summary>Undoes <see cref="RentAll"/>.</summary>
    private void ReturnAll()
    {
        for (int i = _scratch.Length - 1; i >= 0; i--)
        {
            if (_scratch[i] != 0)
                Cache.Return(_scratch[i]);
        }

        if (Root != 0)
            Cache.Return(Root);
    }

    private void BuildScratch(PlatformInfo platform, PteEncoding encoding)
    {
        ulong deviceMemory = platform.IsDiscrete ? encoding.DeviceMemory : 0;
        for (int level = 0; level <= 2; level++)
            _empty[level] = encoding.Leaf(level, platform.Pat.IndexWriteBack, readOnly: false, isNull: true) | deviceMemory;

        for (int i = 0; i < _scratch.Length; i++)
        {
            FillEmpty(_scratch[i]);
            _empty[i + 3] = Pool.DeviceAddress(_scratch[i]) | encoding.Pde;
        }
    }
}
