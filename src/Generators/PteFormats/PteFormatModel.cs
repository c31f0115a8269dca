using XePt.Generators.Common;

namespace XePt.Generators.PteFormats;

/// <summary>The members of <c>XePt.Uapi.Formats.PteRole</c> that this generator knows, by name.</summary>
internal enum PteRole
{
    MustBeZero,
    Present,
    Writable,
    Pat0,
    Pat1,
    Pat2,
    Pat3,
    Pat4,
    Pde64K,
    PageSize,
    Ps64,
    Null,
    AtomicEnable,
    DeviceMemory,
    Address,
}

/// <summary>The members of <c>XePt.Uapi.Formats.PteEntryKind</c> that this generator knows, by name.</summary>
internal enum PteEntryKind
{
    Leaf4K,
    Leaf64K,
    Leaf2M,
    Leaf1G,
    DirectoryL1,
    Directory,
}

/// <summary>One field of an entry kind.</summary>
internal sealed record PteFieldModel(string Name, int Low, int High, PteRole Role, string Rule)
{
    public ulong Mask => (ulong.MaxValue >> (63 - (High - Low))) << Low;
}

/// <summary>One entry kind of a format; its fields cover all 64 bits, lowest first.</summary>
internal sealed record PteEntryModel(PteEntryKind Kind, EquatableArray<PteFieldModel> Fields)
{
    public bool IsLeaf => Kind <= PteEntryKind.Leaf1G;

    /// <summary>The bits that an encoder may set.</summary>
    public ulong DeclaredBits => ~MaskOf(PteRole.MustBeZero);

    /// <summary>Bit position of each PAT index bit, lowest index bit first.</summary>
    public IReadOnlyList<int> PatPositions => Fields
        .Where(static declared => declared.Role.IsPat())
        .OrderBy(static declared => declared.Role)
        .Select(static declared => declared.Low)
        .ToList();

    public bool Has(PteRole role) => Fields.Any(field => field.Role == role);

    public ulong MaskOf(PteRole role) =>
        Fields.Where(field => field.Role == role).Aggregate(0UL, static (mask, field) => mask | field.Mask);
}

/// <summary>A checked format: every kind it needs is there, in the order of <see cref="PteEntryKind"/>.</summary>
internal sealed record PteFormatModel(string Namespace, string TypeName, string Id, EquatableArray<PteEntryModel> Entries)
{
    public bool HasCompactTables => Find(PteEntryKind.Leaf64K) is not null;

    public PteEntryModel this[PteEntryKind kind] => Entries.Single(entry => entry.Kind == kind);

    public PteEntryModel? Find(PteEntryKind kind) => Entries.FirstOrDefault(entry => entry.Kind == kind);

    public ulong MaskOf(PteRole role) => Entries.Aggregate(0UL, (mask, entry) => mask | entry.MaskOf(role));
}

/// <summary>The class that gets the switches over all formats, and the ids that need a format.</summary>
internal sealed record PteFormatTableModel(string Namespace, string TypeName, EquatableArray<string> Ids, LocationInfo? Location);

internal static class PteRoleExtensions
{
    public static bool IsPat(this PteRole role) => role is >= PteRole.Pat0 and <= PteRole.Pat4;

    /// <summary>Whether the role is a flag: one bit, at the same place in every entry that has it (PT-016).</summary>
    public static bool IsFlag(this PteRole role) => role is not (PteRole.MustBeZero or PteRole.Address) && !role.IsPat();
}
