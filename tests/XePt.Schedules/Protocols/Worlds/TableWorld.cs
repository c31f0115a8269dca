using XePt.Commit;
using XePt.Devices;
using XePt.Epochs;
using XePt.Fences;
using XePt.Memory;
using XePt.Stage;
using XePt.Tlb;
using XePt.Uapi.Formats;
using XePt.Walk;

namespace XePt.Schedules.Protocols;

/// <summary>
/// Production tables of one VM with one chain of directories at VA 0, down to a leaf table that is linked or not, and a walker. Pages of
/// memory are numbered; the leaf maps page <see cref="OldPage"/> at first.
/// </summary>
internal sealed unsafe class TableWorld : IDisposable
{
    public const int OldPage = 1, NewPage = 2, ForeignPage = 3;
    public const ulong Va = 0, PageBytes = PageTablePool.PageBytes;

    /// <summary>What a walk finds where nothing is mapped.</summary>
    public const int NoPage = 0;

    private const int Directory = 1;
    private const int PoolPages = 32;

    private sealed class Space(TableWorld world, TlbVm vm) : TlbSpace(vm, Platform.RootLevel, Platform.FormatId, Platform.VmSize)
    {
        /// <summary>As a VM walks for a TLB: under a pin, from the root or from a directory that the walk-cache has.</summary>
        public override Translation Walk(ref TlbWalk walk, ulong va)
        {
            long* pin = world.Epochs.Enter();
            if (walk.Table == 0)
                (walk.Table, walk.Level) = (world.Tables.RootAddress, RootLevel);
            fixed (TlbWalk* traced = &walk)
            {
                Translation leaf = PageWalker.WalkFrom(
                    new TracedMemory(new PoolMemory(world.Tables.Pool), traced), walk.Table, walk.Level, walk.IsCompact, Format, va);
                world.Epochs.Exit(pin);
                return leaf;
            }
        }
    }

    private readonly AllocationGate _gate = new();
    private readonly TableStore _store;
    private readonly PteEncoding _encoding = new(Platform);
    private readonly int _parent;

    public TableWorld(bool isLinked)
    {
        _store = new TableStore(new PageTablePool(0x100000, PoolPages * PageTablePool.PageBytes), new EpochDomain());
        TileTables.Create(_store, _gate, Later, Platform, _encoding, hasScratch: false, out TileTables? tables);
        Tables = tables!;
        Update = new TileUpdate(0, Tables, _gate);
        Hub.TryOpen(out TlbVm vm);
        Flush = new TlbFlush(Hub, Platform, vm) { Failures = new Diagnostics.FailureInjector() };
        ForTlb = new Space(this, vm);
        _parent = Tables.Root;
        for (int level = Platform.RootLevel - 1; level >= Directory; level--)
        {
            int child = Rent(level);
            Link(_parent, child);
            _parent = child;
        }

        Leaf = Rent(0);
        if (isLinked)
        {
            Store(EntryOf(OldPage));
            Link(_parent, Leaf);
        }
        else
        {
            // What a former owner of the page has left in it.
            Store(EntryOf(ForeignPage));
        }
    }

    public static PlatformInfo Platform => XePlatforms.Dg2;

    public TileTables Tables { get; }

    /// <summary>The leaf table's page.</summary>
    public int Leaf { get; }

    public TileUpdate Update { get; }

    public EpochDomain Epochs => _store.Epochs;

    /// <summary>The device's TLB side.</summary>
    public TlbHub Hub { get; } = new(Platform, new VirtualClock()) { WaitLimit = Timeout.InfiniteTimeSpan };

    /// <summary>How the VM flushes.</summary>
    public TlbFlush Flush { get; }

    /// <summary>The VM for TLBs.</summary>
    public TlbSpace ForTlb { get; }

    public AllocationGate Gate => _gate;

    /// <summary>What the VM puts off.</summary>
    public LaterList Later { get; } = new(new WriterGate());

    /// <summary>Fills the leaf as staging does, by plain stores.</summary>
    public void FillLeaf(int page) => PteBlock.StagePrivate(Tables.Pool.Entries(Leaf), EntryOf(page));

    /// <summary>Overwrites the entry in a leaf that walkers see, as a commit does.</summary>
    public void StoreLeaf(int page) => PteBlock.StoreEach(Tables.Pool.Entries(Leaf), 1, EntryOf(page));

    /// <summary>Stages the record that links the leaf.</summary>
    public void StageLink()
    {
        ulong* value = Allocate<ulong>();
        *value = PdeOf(Leaf);
        Update.NewTables.TryAdd(Leaf);
        Update.Updates.TryAdd(new PtUpdate { Page = _parent, Count = 1, Level = Directory, Values = value });
    }

    /// <summary>Stages the record that unlinks the leaf.</summary>
    public void StageUnlink()
    {
        int* displaced = Allocate<int>();
        *displaced = Leaf;
        Update.Begin();
        Update.Updates.TryAdd(new PtUpdate { Page = _parent, Count = 1, Level = Directory, Children = displaced });
        Update.ChangesDirectories = true;
    }

    /// <summary>Stages the record that empties the leaf's entry.</summary>
    public void StageClear()
    {
        Update.Begin();
        Update.Updates.TryAdd(new PtUpdate { Page = Leaf, Count = 1, Level = 0 });
    }

    /// <summary>Writes what is staged.</summary>
    public void Commit() => TableCommit.Write(Update);

    /// <summary>Another bind rents a page for its leaf table and fills it; perhaps it is the one that was given back.</summary>
    /// <returns>True when it was.</returns>
    public bool ReuseFreed()
    {
        int page = Rent(0);
        PteBlock.StagePrivate(Tables.Pool.Entries(page), EntryOf(ForeignPage));
        return page == Leaf;
    }

    /// <summary>Closes the VM, as <c>VmContext.Close</c> does; but the root is not cleared, which would be a step for each entry.</summary>
    public void Close(ClosedVms closed)
    {
        Later.Gate.Enter();
        Later.End();
        Tables.Detach();
        var left = new ClosedTables(closed, Flush.OfClose());
        Tables.Close(left);
        if (left.Count > 0)
            closed.Add(left);
        Later.Gate.Exit();
    }

    /// <summary>Another VM rents more pages than the VM had, and fills them.</summary>
    public void ReuseClosed()
    {
        PageCache cache = Tables.Pool.OpenCache(_gate);
        for (int i = 0; i <= Platform.RootLevel + 1; i++)
            PteBlock.StagePrivate(Tables.Pool.Entries(cache.Rent(0)), EntryOf(ForeignPage));
    }

    /// <summary>Walks like the hardware, under a pin.</summary>
    /// <returns>The page of memory that is mapped, or <see cref="NoPage"/>.</returns>
    public int Walk()
    {
        long* pin = Epochs.Enter();
        Translation found = Translate();
        Epochs.Exit(pin);
        return PageIn(found);
    }

    /// <summary>Invalidates the page at <see cref="Va"/> as <c>VmaInvalidate</c> does: zero the entries, flush, wait for the
    /// acknowledgement.</summary>
    public void Zap()
    {
        const ulong End = Va + PageBytes;
        if (ZapWalk.Run(Tables, Va, End))
            Flush.OfZap(1, Va, End, TlbInvalidationCause.Zap);
    }

    /// <summary>Takes the leaf table out of the tree, and flushes and waits like a zap.</summary>
    public void Unlink()
    {
        StageUnlink();
        Commit();
        Flush.OfZap(1, Va, Va + PageBytes, TlbInvalidationCause.Zap);
    }

    /// <summary>Walks without a pin.</summary>
    public Translation Translate() =>
        PageWalker.Walk(new PoolMemory(Tables.Pool), Tables.RootAddress, Tables.RootLevel, Platform.FormatId, Va);

    public static int PageIn(Translation found) => found.Status == TranslationStatus.Mapped ? PageIn(found.Entry) : NoPage;

    public static int PageIn(ulong entry) => (entry & PteFormats.Present) == 0 ? NoPage : (int)((entry & PteFormats.AddressMask) >> 12);

    public void Dispose()
    {
        Update.Dispose();
        Tables.Pool.Dispose();
    }

    private ulong EntryOf(int page) => page == NoPage ? 0 : _encoding.Leaf(0, 0, readOnly: false, isNull: false) | ((ulong)page << 12);

    private ulong PdeOf(int table) => Tables.Pool.DeviceAddress(table) | _encoding.Pde;

    private int Rent(int level)
    {
        int page = Tables.Cache.Rent(level);
        if (level > 0)
            Tables.FillEmpty(page);
        return page;
    }

    private void Link(int parent, int child)
    {
        *Tables.Pool.Entries(parent) = PdeOf(child);
        Tables.Cache.TryOwnChildren(parent);
        Tables.Pool.Page(parent).Children[0] = child;
    }

    private void Store(ulong entry) => *Tables.Pool.Entries(Leaf) = entry;

    private T* Allocate<T>()
        where T : unmanaged => (T*)Update.Arena.Rent((nuint)sizeof(T));
}
