using XePt.Memory;

namespace XePt.Tests.Kit;

/// <summary>Where a walk ended: the entry, the level of its table, the bytes it maps and the address it gives for the VA.</summary>
internal readonly record struct WalkEnd(ulong Entry, int Level, ulong PageBytes, ulong Address)
{
    public bool IsPresent => (Entry & EntryBits.Present) != 0;

    /// <summary>PAT index of a leaf (PT-021).</summary>
    public int Pat => Bit(3, 0) | Bit(4, 1) | Bit(Level == 0 ? 7 : 12, 2) | Bit(62, 3) | Bit(61, 4);

    /// <summary>Whether a bit of <see cref="EntryBits"/> is set.</summary>
    public bool Has(ulong bit) => (Entry & bit) != 0;

    private int Bit(int from, int to) => (int)((Entry >> from) & 1) << to;
}

/// <summary>A page walker of the tests' own: it knows only the bytes of the tables and the bits of the specification.</summary>
internal static class ByteWalker
{
    public static WalkEnd Walk(XeVm vm, ulong va, int tile = 0) => Walk(vm, va, tile, vm.RootAddress(tile));

    /// <summary>Walks from a root that was the VM's at some time.</summary>
    public static unsafe WalkEnd Walk(XeVm vm, ulong va, int tile, ulong root)
    {
        PageTablePool pool = vm.Context.Call.Tiles[tile].Tables.Pool;
        ulong table = root;
        bool isCompact = false;
        for (int level = vm.Context.Facts.Platform.RootLevel; ; level--)
        {
            int shift = isCompact ? 16 : 12 + (9 * level);
            ulong index = (va >> shift) & (isCompact ? 31ul : 511ul);
            // SAFETY: entries of a live tree hold addresses of table pages of this pool, each with 512 entries.
            ulong entry = pool.Book.TryResolve(table)[index];
            if (!EntryBits.IsPde(entry, level))
                return End(entry, level, 1ul << shift, va);
            table = entry & EntryBits.AddressMask;
            isCompact = level == 1 && (entry & EntryBits.Compact) != 0;
        }
    }

    private static WalkEnd End(ulong entry, int level, ulong pageBytes, ulong va) =>
        new(entry, level, pageBytes, (entry & EntryBits.AddressMask & ~(pageBytes - 1)) | (va & (pageBytes - 1)));
}
