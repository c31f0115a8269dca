using System.Runtime.CompilerServices;
using XePt.Memory;
using XePt.Uapi.Formats;

namespace XePt;

/// <summary>
/// A page walker over raw table bytes: what the hardware does on a TLB miss. Uses nothing but the entries, so it may run on any thread
/// while binds go on; for each address it sees the translation before or after a commit, never a mixture.
/// </summary>
public static class PageWalker
{
    /// <summary>Walks the tables for one address.</summary>
    /// <param name="memory">Where the entries are; pass a struct to have the walk compiled for it.</param>
    /// <param name="rootAddress">Device address of the root table.</param>
    /// <param name="rootLevel">Level of the root: 3 or 4 (PT-005).</param>
    /// <param name="format">Format of the entries.</param>
    /// <param name="va">The address.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Translation Walk<TMemory>(in TMemory memory, ulong rootAddress, int rootLevel, PteFormatId format, ulong va)
        where TMemory : IGpuMemory => WalkFrom(memory, rootAddress, rootLevel, isCompact: false, format, va);

    /// <summary>Walks on from a table in the middle, as a page-walk cache allows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Translation WalkFrom<TMemory>(in TMemory memory, ulong table, int level, bool isCompact, PteFormatId format, ulong va)
        where TMemory : IGpuMemory
    {
        for (; ; level--)
        {
            int index = isCompact ? PageSizes.CompactIndexAt(va) : PageSizes.IndexAt(va, level);
            if (!memory.TryReadEntry(table + ((ulong)index * sizeof(ulong)), out ulong entry))
                return new Translation(TranslationStatus.BadTable, (byte)level, isCompact, format, va, entry);
            if ((entry & PteFormats.Present) == 0)
                return new Translation(TranslationStatus.NotPresent, (byte)level, isCompact, format, va, entry);
            if (level == 0 || (entry & PteFormats.PageSize) != 0)
            {
                TranslationStatus status = (entry & PteFormats.Null) != 0 ? TranslationStatus.Null : TranslationStatus.Mapped;
                return new Translation(status, (byte)level, isCompact, format, va, entry);
            }

            isCompact = level == 1 && (entry & PteFormats.Pde64K) != 0;
            table = entry & PteFormats.AddressMask;
        }
    }
}
