using XePt.Uapi.Formats;

namespace XePt;

/// <summary>Outcome of walking the tables for one address.</summary>
public enum TranslationStatus : byte
{
    /// <summary>A leaf maps the address to memory.</summary>
    Mapped,

    /// <summary>A NULL leaf, of a sparse binding or of the scratch tables: reads give zero, writes vanish (PT-037, PT-038).</summary>
    Null,

    /// <summary>An entry on the way is not present: the access faults.</summary>
    NotPresent,

    /// <summary>The address is beyond the VM (BIND-002): the access faults.</summary>
    OutOfRange,

    /// <summary>A directory entry points where no table is; only a foreign writer can cause it.</summary>
    BadTable,
}

/// <summary>What the tables say about one address, from the raw entries alone.</summary>
/// <param name="Status">Outcome.</param>
/// <param name="Level">Level of the entry that decided: of the leaf, or of the entry that was not present.</param>
/// <param name="IsCompact">The leaf is in a table of 64 KiB entries (PT-004).</param>
/// <param name="Format">Format the entry is in.</param>
/// <param name="Va">The address asked for.</param>
/// <param name="Entry">The raw deciding entry.</param>
public readonly record struct Translation(TranslationStatus Status, byte Level, bool IsCompact, PteFormatId Format, ulong Va, ulong Entry)
{
    /// <summary>True when an access does not fault.</summary>
    public bool IsPresent => Status <= TranslationStatus.Null;

    /// <summary>Bytes that one TLB entry of this leaf covers: 4 KiB, 64 KiB (hinted or compact), 2 MiB or 1 GiB; 0 without a leaf.</summary>
    public ulong PageSize => !IsPresent ? 0
        : Level == 0 && (IsCompact || (Entry & PteFormats.Ps64) != 0) ? Memory.PageSizes.Size64K
        : Memory.PageSizes.EntrySize(Level);

    /// <summary>Device address of the byte; 0 unless <see cref="TranslationStatus.Mapped"/>.</summary>
    public ulong Address
    {
        get
        {
            if (Status != TranslationStatus.Mapped)
                return 0;

            // Bit 12 of a huge leaf is a PAT bit, so the address starts at the size of the entry.
            ulong inside = (IsCompact ? Memory.PageSizes.Size64K : Memory.PageSizes.EntrySize(Level)) - 1;
            return (Entry & PteFormats.AddressMask & ~inside) | (Va & inside);
        }
    }

    /// <summary>The GPU may write.</summary>
    public bool IsWritable => IsPresent && (Entry & PteFormats.Writable) != 0;

    /// <summary>All fields of the deciding entry.</summary>
    public DecodedPte Decode() => PteFormats.Decode(Format, Level, IsCompact, Entry);
}
