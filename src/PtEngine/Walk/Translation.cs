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
public readonly record struct Translation
{
    // Status, level, compact and format, a byte each: with three fields the compiler keeps a translation in registers, with six it does
    // not.
    private readonly uint _kind;

    /// <summary>Makes a translation of its parts; see the properties.</summary>
    public Translation(TranslationStatus status, byte level, bool isCompact, PteFormatId format, ulong va, ulong entry)
        : this(KindOf(status, level, isCompact, format), va, entry)
    {
    }

    internal Translation(uint kind, ulong va, ulong entry) => (_kind, Va, Entry) = (kind, va, entry);

    internal uint Kind => _kind;

    /// <summary>Outcome.</summary>
    public TranslationStatus Status => (TranslationStatus)(byte)_kind;

    /// <summary>Level of the entry that decided: of the leaf, or of the entry that was not present.</summary>
    public byte Level => (byte)(_kind >> 8);

    /// <summary>The leaf is in a table of 64 KiB entries (PT-004).</summary>
    public bool IsCompact => (byte)(_kind >> 16) != 0;

    /// <summary>Format the entry is in.</summary>
    public PteFormatId Format => (PteFormatId)(_kind >> 24);

    /// <summary>The address asked for.</summary>
    public ulong Va { get; }

    /// <summary>The raw deciding entry.</summary>
    public ulong Entry { get; }

    /// <summary>True when an access does not fault.</summary>
    public bool IsPresent => Status <= TranslationStatus.Null;

    /// <summary>Bytes that one TLB entry of this leaf covers: 4 KiB, 64 KiB (hinted or compact), 2 MiB or 1 GiB; 0 without a
    /// leaf.</summary>
    public ulong PageSize => !IsPresent ? 0
        : Level == 0 && (IsCompact || (Entry & PteFormats.Ps64) != 0) ? Memory.PageSizes.Size64K
        : Memory.PageSizes.EntrySize(Level);

    /// <summary>Device address of the byte; 0 unless <see cref="TranslationStatus.Mapped"/>.</summary>
    public ulong Address
    {
        get
        {
            // Mapped, level 0, not compact are all 0.
            const uint AllButFormat = 0x00ff_ffff;
            return (_kind & AllButFormat) == 0 ? (Entry & PteFormats.AddressMask) | (Va & 0xfff) : AddressInLargeLeaf(_kind, Va, Entry);
        }
    }

    /// <summary>The GPU may write.</summary>
    public bool IsWritable => IsPresent && (Entry & PteFormats.Writable) != 0;

    /// <summary><see cref="Address"/> is one of device memory, not of system memory.</summary>
    public bool IsDeviceMemory => Status == TranslationStatus.Mapped && (Entry & PteFormats.DeviceMemory) != 0;

    /// <summary>All fields of the deciding entry.</summary>
    public DecodedPte Decode() => PteFormats.Decode(Format, Level, IsCompact, Entry);

    /// <summary>For example <c>0x7f0000001234 -> 0x40001234 (2M leaf 0x40000000 present writable pat=2)</c>.</summary>
    public override string ToString() => Status switch
    {
        TranslationStatus.Mapped => $"0x{Va:x} -> 0x{Address:x} ({Decode()})",
        TranslationStatus.Null => $"0x{Va:x} -> null ({Decode()})",
        TranslationStatus.OutOfRange => $"0x{Va:x} -> out of range",
        TranslationStatus.BadTable => $"0x{Va:x} -> no table at level {Level}",
        _ => $"0x{Va:x} -> not present at level {Level} (0x{Entry:x})",
    };

    // Static, so that the translation need not be in memory for the call.
    private static ulong AddressInLargeLeaf(uint kind, ulong va, ulong entry)
    {
        var translation = new Translation(kind, va, entry);
        if (translation.Status != TranslationStatus.Mapped)
            return 0;

        // Bit 12 of a huge leaf is a PAT bit, so the address starts at the size of the entry.
        ulong inside = (translation.IsCompact ? Memory.PageSizes.Size64K : Memory.PageSizes.EntrySize(translation.Level)) - 1;
        return (entry & PteFormats.AddressMask & ~inside) | (va & inside);
    }

    /// <summary>The first field of a translation.</summary>
    internal static uint KindOf(TranslationStatus status, int level, bool isCompact, PteFormatId format) =>
        (uint)status | ((uint)level << 8) | (isCompact ? 1u << 16 : 0) | ((uint)format << 24);
}
