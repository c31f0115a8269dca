using XePt.Uapi.Formats;

namespace XePt.Tlb;

/// <summary>What an array of a TLB keeps: a raw table entry and what the walk knew about it.</summary>
/// <param name="Raw">The entry.</param>
/// <param name="Kind">Status, level, compact, format of a translation, a byte each; 0 of a directory entry.</param>
/// <param name="AsOf">Newest invalidation that was issued when the tables were read, or that the entry is known to have survived.</param>
internal readonly record struct TlbEntry(ulong Raw, uint Kind, ulong AsOf)
{
    public static TlbEntry Of(in Translation leaf, ulong asOf) => new(
        leaf.Entry,
        (uint)leaf.Status | ((uint)leaf.Level << 8) | (leaf.IsCompact ? 1u << 16 : 0) | ((uint)leaf.Format << 24),
        asOf);

    /// <summary>The translation for any address that the entry covers.</summary>
    public Translation Translate(ulong va)
    {
        (int level, bool isCompact) = ((byte)(Kind >> 8), (byte)(Kind >> 16) != 0);
        ulong raw = Raw;
        // A 64 KiB page in a normal table has sixteen entries; only the address bits below 64 KiB tell them apart.
        if (level == 0 && !isCompact && (raw & PteFormats.Ps64) != 0)
            raw = (raw & ~0xf000UL) | (va & 0xf000);
        return new Translation((TranslationStatus)(byte)Kind, (byte)level, isCompact, (PteFormatId)(Kind >> 24), va, raw);
    }
}
