namespace XePt.Generators.Tests.PteFormats;

/// <summary>Correct declarations that tests break one at a time.</summary>
internal static class PteFormatSources
{
    /// <summary>A correct format named <c>SampleFormat</c>, with all kinds of entries.</summary>
    public const string Format = """
        using XePt.Uapi.Formats;
        using XePt.Uapi.Spec;
        using static XePt.Uapi.Formats.PteRole;

        namespace Sample;

        [PteFormat(PteFormatId.XeHpc)]
        public readonly partial struct SampleFormat
        {
            [PteEntry(PteEntryKind.Leaf4K)]
            [PteField("P", 0, Present, "PT-016")]
            [PteField("RW", 1, Writable, "PT-024")]
            [PteField("reserved", 2, MustBeZero, "PT-016")]
            [PteField("PAT0", 3, Pat0, "PT-021")]
            [PteField("PAT1", 4, Pat1, "PT-021")]
            [PteField("reserved", 5, 6, MustBeZero, "PT-016")]
            [PteField("PAT2", 7, Pat2, "PT-021")]
            [PteField("PS64", 8, Ps64, "PT-079")]
            [PteField("NULL", 9, Null, "PT-024")]
            [PteField("AE", 10, AtomicEnable, "PT-034")]
            [PteField("DM", 11, DeviceMemory, "PT-031")]
            [PteField("address", 12, 51, Address, "PT-016")]
            [PteField("reserved", 52, 63, MustBeZero, "PT-016")]
            public static partial PteLayout Leaf4K { get; }

            [PteEntry(PteEntryKind.Leaf64K)]
            [PteField("P", 0, Present, "PT-016")]
            [PteField("RW", 1, Writable, "PT-024")]
            [PteField("reserved", 2, MustBeZero, "PT-016")]
            [PteField("PAT0", 3, Pat0, "PT-021")]
            [PteField("PAT1", 4, Pat1, "PT-021")]
            [PteField("reserved", 5, 6, MustBeZero, "PT-016")]
            [PteField("PAT2", 7, Pat2, "PT-021")]
            [PteField("reserved", 8, MustBeZero, "PT-016")]
            [PteField("NULL", 9, Null, "PT-024")]
            [PteField("reserved", 10, 15, MustBeZero, "PT-016")]
            [PteField("address", 16, 51, Address, "PT-016")]
            [PteField("reserved", 52, 63, MustBeZero, "PT-016")]
            public static partial PteLayout Leaf64K { get; }

            [PteEntry(PteEntryKind.Leaf2M)]
            [PteField("P", 0, Present, "PT-016")]
            [PteField("RW", 1, Writable, "PT-024")]
            [PteField("reserved", 2, MustBeZero, "PT-016")]
            [PteField("PAT0", 3, Pat0, "PT-021")]
            [PteField("PAT1", 4, Pat1, "PT-021")]
            [PteField("reserved", 5, 6, MustBeZero, "PT-016")]
            [PteField("PS", 7, PageSize, "PT-023")]
            [PteField("reserved", 8, MustBeZero, "PT-016")]
            [PteField("NULL", 9, Null, "PT-024")]
            [PteField("reserved", 10, 11, MustBeZero, "PT-016")]
            [PteField("PAT2", 12, Pat2, "PT-021")]
            [PteField("reserved", 13, 20, MustBeZero, "PT-073")]
            [PteField("address", 21, 51, Address, "PT-016")]
            [PteField("reserved", 52, 63, MustBeZero, "PT-016")]
            public static partial PteLayout Leaf2M { get; }

            [PteEntry(PteEntryKind.Leaf1G)]
            [PteField("P", 0, Present, "PT-016")]
            [PteField("RW", 1, Writable, "PT-024")]
            [PteField("reserved", 2, MustBeZero, "PT-016")]
            [PteField("PAT0", 3, Pat0, "PT-021")]
            [PteField("PAT1", 4, Pat1, "PT-021")]
            [PteField("reserved", 5, 6, MustBeZero, "PT-016")]
            [PteField("PS", 7, PageSize, "PT-023")]
            [PteField("reserved", 8, MustBeZero, "PT-016")]
            [PteField("NULL", 9, Null, "PT-024")]
            [PteField("reserved", 10, 11, MustBeZero, "PT-016")]
            [PteField("PAT2", 12, Pat2, "PT-021")]
            [PteField("reserved", 13, 29, MustBeZero, "PT-073")]
            [PteField("address", 30, 51, Address, "PT-016")]
            [PteField("reserved", 52, 63, MustBeZero, "PT-016")]
            public static partial PteLayout Leaf1G { get; }

            [PteEntry(PteEntryKind.DirectoryL1)]
            [PteField("P", 0, Present, "PT-016")]
            [PteField("RW", 1, Writable, "PT-027")]
            [PteField("reserved", 2, MustBeZero, "PT-016")]
            [PteField("PAT0", 3, Pat0, "PT-022")]
            [PteField("PAT1", 4, Pat1, "PT-022")]
            [PteField("reserved", 5, MustBeZero, "PT-016")]
            [PteField("64K", 6, Pde64K, "PT-077")]
            [PteField("reserved", 7, 11, MustBeZero, "PT-018")]
            [PteField("address", 12, 51, Address, "PT-016")]
            [PteField("reserved", 52, 63, MustBeZero, "PT-022")]
            public static partial PteLayout DirectoryL1 { get; }

            [PteEntry(PteEntryKind.Directory)]
            [PteField("P", 0, Present, "PT-016")]
            [PteField("RW", 1, Writable, "PT-027")]
            [PteField("reserved", 2, MustBeZero, "PT-016")]
            [PteField("PAT0", 3, Pat0, "PT-022")]
            [PteField("PAT1", 4, Pat1, "PT-022")]
            [PteField("reserved", 5, 11, MustBeZero, "PT-018")]
            [PteField("address", 12, 51, Address, "PT-016")]
            [PteField("reserved", 52, 63, MustBeZero, "PT-022")]
            public static partial PteLayout Directory { get; }
        }
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

    /// <summary>The table and a correct format for each id, named after the id.</summary>
    public static string[] TableWithAllFormats() => [Table, .. Ids.Select(id => FormatOf(id, id + "Format"))];

    /// <summary>The correct format under another id and name.</summary>
    public static string FormatOf(string id, string typeName) => Format
        .Replace("PteFormatId.XeHpc", "PteFormatId." + id, StringComparison.Ordinal)
        .Replace("SampleFormat", typeName, StringComparison.Ordinal);

    /// <summary>A correct format without 64 KiB leaves and without the bit that points to them.</summary>
    public static string WithoutCompactTables() =>
        WithoutEntry("Leaf64K", Break("DirectoryL1", "64K\", 6, Pde64K", "reserved\", 6, MustBeZero"));

    /// <summary>The format without the declaration of one entry kind.</summary>
    public static string WithoutEntry(string property, string format)
    {
        int start = format.IndexOf($"[PteEntry(PteEntryKind.{property})]", StringComparison.Ordinal);
        int end = format.IndexOf("{ get; }", start, StringComparison.Ordinal) + "{ get; }".Length;
        return format.Remove(start, end - start);
    }

    /// <summary>The correct format with text exchanged in the declaration of one entry kind.</summary>
    /// <param name="property">The property whose declaration changes, or null for all of them.</param>
    /// <param name="oldText">Text that must be there.</param>
    /// <param name="newText">The new text.</param>
    public static string Break(string? property, string oldText, string newText) => Edit(Format, property, oldText, newText);

    /// <summary>A format in which two one-bit fields of an entry kind have changed places.</summary>
    public static string SwapBits(string format, string property, (int Bit, string Role) first, (int Bit, string Role) second)
    {
        string half = Edit(format, property, $"{first.Bit}, {first.Role}", $"{second.Bit}, {first.Role}");
        return Edit(half, property, $"{second.Bit}, {second.Role}", $"{first.Bit}, {second.Role}");
    }

    private static string Edit(string format, string? property, string oldText, string newText)
    {
        int start = property is null ? 0 : format.IndexOf($"[PteEntry(PteEntryKind.{property})]", StringComparison.Ordinal);
        int end = property is null ? format.Length : format.IndexOf("{ get; }", start, StringComparison.Ordinal);
        string declaration = format[start..end];
        Assert.Contains(oldText, declaration, StringComparison.Ordinal);
        return format[..start] + declaration.Replace(oldText, newText, StringComparison.Ordinal) + format[end..];
    }
}
