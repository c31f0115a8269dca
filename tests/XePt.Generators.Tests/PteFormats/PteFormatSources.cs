using XePt.Uapi.Spec;

namespace XePt.Generators.Tests.PteFormats;

/// <summary>Correct declarations that tests break one at a time.</summary>
internal static class PteFormatSources
{
    /// <summary>Fields named <c>SampleFields</c>, as several formats may share them.</summary>
    public const string Fields = """
        using XePt.Uapi.Spec;
        using static XePt.Uapi.Formats.PteRole;
        using static XePt.Uapi.Spec.PteEntryKinds;

        namespace Sample;

        [PteField(All, "P", 0, Present, "PT-016")]
        [PteField(Leaves, "RW", 1, Writable, "PT-024")]
        [PteField(Directories, "RW", 1, Writable, "PT-027")]
        [PteField(All, "reserved", 2, MustBeZero, "PT-016")]
        [PteField(Leaves, "PAT0", 3, Pat0, "PT-021")]
        [PteField(Directories, "PAT0", 3, Pat0, "PT-022")]
        [PteField(Leaves, "PAT1", 4, Pat1, "PT-021")]
        [PteField(Directories, "PAT1", 4, Pat1, "PT-022")]
        [PteField(Leaves, "reserved", 5, 6, MustBeZero, "PT-016")]
        [PteField(Directory, "reserved", 5, 11, MustBeZero, "PT-018")]
        [PteField(HugeLeaves, "PS", 7, PageSize, "PT-023")]
        [PteField(DirectoryL1, "reserved", 7, 11, MustBeZero, "PT-018")]
        [PteField(Leaf64K | HugeLeaves, "reserved", 8, MustBeZero, "PT-016")]
        [PteField(Leaves, "NULL", 9, Null, "PT-024")]
        [PteField(HugeLeaves, "reserved", 10, 11, MustBeZero, "PT-016")]
        [PteField(Leaf64K, "reserved", 10, 15, MustBeZero, "PT-016")]
        [PteField(Leaf4K | Directories, "address", 12, 51, Address, "PT-016")]
        [PteField(Leaf2M, "reserved", 13, 20, MustBeZero, "PT-073")]
        [PteField(Leaf1G, "reserved", 13, 29, MustBeZero, "PT-073")]
        [PteField(Leaf64K, "address", 16, 51, Address, "PT-016")]
        [PteField(Leaf2M, "address", 21, 51, Address, "PT-016")]
        [PteField(Leaf1G, "address", 30, 51, Address, "PT-016")]
        [PteField(Leaves, "reserved", 52, 63, MustBeZero, "PT-016")]
        [PteField(Directories, "reserved", 52, 63, MustBeZero, "PT-022")]
        internal static class SampleFields;
        """;

    /// <summary>A correct format named <c>SampleFormat</c>, with all kinds of entries, on top of <see cref="Fields"/>.</summary>
    public const string Format = """
        using XePt.Uapi.Formats;
        using XePt.Uapi.Spec;
        using static XePt.Uapi.Formats.PteRole;
        using static XePt.Uapi.Spec.PteEntryKinds;

        namespace Sample;

        [PteFormat(PteFormatId.XeHpc, All)]
        [PteFieldsOf(typeof(SampleFields))]
        [PteField(DirectoryL1, "reserved", 5, MustBeZero, "PT-016")]
        [PteField(DirectoryL1, "64K", 6, Pde64K, "PT-077")]
        [PteField(SmallLeaves, "PAT2", 7, Pat2, "PT-021")]
        [PteField(Leaf4K, "PS64", 8, Ps64, "PT-079")]
        [PteField(Leaf4K, "AE", 10, AtomicEnable, "PT-034")]
        [PteField(Leaf4K, "DM", 11, DeviceMemory, "PT-031")]
        [PteField(HugeLeaves, "PAT2", 12, Pat2, "PT-021")]
        public readonly partial struct SampleFormat;
        """;

    /// <summary>A correct table named <c>SampleTable</c>.</summary>
    public const string Table = """
        using XePt.Uapi.Spec;

        namespace Sample;

        [PteFormatTable]
        public static partial class SampleTable;
        """;

    /// <summary>The declared format ids.</summary>
    public static readonly string[] Ids = ["XeLp", "XeHpg", "XeHpc", "XeLpg", "Xe2"];

    private const string FieldStart = "[PteField(";

    /// <summary>The correct format and the fields that it shares.</summary>
    public static string[] Sample() => [Fields, Format];

    /// <summary>The table and a correct format for each id, named after the id. The last one is <c>Xe2Format</c>.</summary>
    public static string[] TableWithAllFormats() => [Table, Fields, .. Ids.Select(id => FormatOf(id, id + "Format"))];

    /// <summary>The correct format under another id and name.</summary>
    public static string FormatOf(string id, string typeName) => Format
        .Replace("PteFormatId.XeHpc", "PteFormatId." + id, StringComparison.Ordinal)
        .Replace("SampleFormat", typeName, StringComparison.Ordinal);

    /// <summary>A correct format without 64 KiB leaves and without the bit that points to them.</summary>
    public static string[] WithoutCompactTables() =>
        WithoutEntry("Leaf64K", Break("DirectoryL1", "64K\", 6, Pde64K", "reserved\", 6, MustBeZero"));

    /// <summary>The sources with a format that does not have one kind of entry.</summary>
    public static string[] WithoutEntry(string kind, string[] sources) => Edit(sources, null, ", All)]", $", All & ~{kind})]");

    /// <summary>The correct format with text exchanged in its declaration or in the declaration of one field.</summary>
    /// <param name="kind">The kind of entry whose field changes, or null to exchange the text wherever it stands.</param>
    /// <param name="oldText">Text that must be there.</param>
    /// <param name="newText">The new text.</param>
    public static string[] Break(string? kind, string oldText, string newText) => Edit(Sample(), kind, oldText, newText);

    /// <summary>Sources in which two one-bit fields of a kind of entry have changed places.</summary>
    public static string[] SwapBits(string[] sources, string kind, (int Bit, string Role) first, (int Bit, string Role) second)
    {
        string[] half = Edit(sources, kind, $"{first.Bit}, {first.Role}", $"{second.Bit}, {first.Role}");
        return Edit(half, kind, $"{second.Bit}, {second.Role}", $"{first.Bit}, {second.Role}");
    }

    private static string[] Edit(string[] sources, string? kind, string oldText, string newText)
    {
        string[] edited = [.. sources.Select(source => string.Join('\n', source.Split('\n').Select(EditLine)))];
        Assert.NotEqual(sources, edited);
        return edited;

        string EditLine(string line) => (kind is null || KindsOf(line).HasFlag(Enum.Parse<PteEntryKinds>(kind)))
            && line.Contains(oldText, StringComparison.Ordinal) ? EditField(line, kind, oldText, newText) : line;
    }

    /// <summary>A field of several kinds becomes two: the changed one of this kind, and the old one of the others.</summary>
    private static string EditField(string line, string? kind, string oldText, string newText)
    {
        string changed = line.Replace(oldText, newText, StringComparison.Ordinal);
        PteEntryKinds all = KindsOf(line);
        if (kind is null || all == Enum.Parse<PteEntryKinds>(kind))
            return changed;
        string others = (all & ~Enum.Parse<PteEntryKinds>(kind)).ToString().Replace(", ", " | ", StringComparison.Ordinal);
        return WithKinds(changed, kind) + '\n' + WithKinds(line, others);
    }

    private static PteEntryKinds KindsOf(string line) => line.StartsWith(FieldStart, StringComparison.Ordinal)
        ? Enum.Parse<PteEntryKinds>(KindsText(line).Replace(" | ", ", ", StringComparison.Ordinal))
        : PteEntryKinds.None;

    private static string WithKinds(string line, string kinds) => FieldStart + kinds + line[(FieldStart.Length + KindsText(line).Length)..];

    private static string KindsText(string line) => line[FieldStart.Length..line.IndexOf(',', StringComparison.Ordinal)];
}
