using XePt.Devices;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Stage;

/// <summary>
/// The page tables of one VM on one tile: the root, the scratch tables, and the value that an entry without mapping has at each
/// level (PT-011, PT-038, PT-062).
/// </summary>
internal sealed unsafe class TileTables
{
    private const int MaxLevels = 5;

    private readonly ulong[] _empty = new ulong[MaxLevels];
    private readonly int[] _scratch;

    private TileTables(PageTablePool pool, int rootLevel, bool hasScratch)
    {
        Pool = pool;
        RootLevel = rootLevel;
        HasScratch = hasScratch;
        _scratch = new int[hasScratch ? rootLevel - 2 : 0];
    }

    public PageTablePool Pool { get; }

    /// <summary>Page number of the root table.</summary>
    public int Root { get; private set; }

    public int RootLevel { get; }

    public bool HasScratch { get; }

    /// <summary>Device address of the root table.</summary>
    public ulong RootAddress => Pool.DeviceAddress(Root);

    /// <summary>Value of an entry without mapping at a level (PT-038).</summary>
    public ulong Empty(int level) => _empty[level];

    /// <summary>Makes the root and, for a scratch VM, the scratch tables, in the order of PT-063.</summary>
    /// <returns>Ok or -ENOMEM; then no page stays rented.</returns>
    public static Errno Create(PageTablePool pool, PlatformInfo platform, PteEncoding encoding, bool hasScratch, out TileTables? tables)
    {
        tables = new TileTables(pool, platform.RootLevel, hasScratch);
        if (!tables.RentAll())
        {
            tables.Free();
            tables = null;
            return Errno.ENOMEM;
        }

        if (hasScratch)
            tables.BuildScratch(platform, encoding);
        tables.FillEmpty(tables.Root);
        return Errno.Ok;
    }

    /// <summary>Writes the empty value into all entries of a table (PT-057). The table must not be visible to walkers yet.</summary>
    public void FillEmpty(int page)
    {
        // SAFETY: a rented page has 512 entries.
        PteBlock.Fill(Pool.Entries(page), PageTablePool.EntriesPerTable, _empty[Pool.Page(page).Level]);
    }

    /// <summary>Frees everything: the tree below the root, the scratch tables, the root (PT-196).</summary>
    public void Free()
    {
        if (Root != 0)
            TableTree.Free(Pool, Root);
        for (int i = _scratch.Length - 1; i >= 0; i--)
        {
            if (_scratch[i] != 0)
                Pool.Return(_scratch[i]);
            _scratch[i] = 0;
        }

        Root = 0;
    }

    private bool RentAll()
    {
        Root = Pool.Rent(RootLevel);
        if (Root == 0)
            return false;

        for (int i = 0; i < _scratch.Length; i++)
        {
            _scratch[i] = Pool.Rent(i + 2);
            if (_scratch[i] == 0)
                return false;
        }

        return true;
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
