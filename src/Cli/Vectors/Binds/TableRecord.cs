using System.Text.Json;

namespace XePt.Cli.Vectors.Binds;

/// <summary>Names a page table of a VM.</summary>
internal readonly record struct TableKey(int Level, ulong Va);

/// <summary>Entries <c>[First, First + Count)</c>, of which entry i is <c>Value + i * Stride</c>.</summary>
internal readonly record struct EntryRun(int First, int Count, ulong Value, ulong Stride);

/// <summary>A page table as the vectors dump it.</summary>
/// <param name="Key">Its level and first address.</param>
/// <param name="IsCompact">It has 32 entries of 64 KiB.</param>
/// <param name="Live">The live count.</param>
/// <param name="Children">Entries with a child table, address masked.</param>
/// <param name="Entries">All others that differ from the default.</param>
internal sealed record TableRecord(TableKey Key, bool IsCompact, int Live, EntryRun[] Children, EntryRun[] Entries)
{
    public static TableRecord Read(JsonElement element)
    {
        var key = new TableKey((int)element.Integer("l", 0, 4), element.Hex("va"));
        bool isCompact = element.Flag("c");
        int size = isCompact ? TableImage.CompactSize : TableImage.FullSize;
        JsonElement[] children = key.Level > 0 ? element.Items("p") : [];
        return new TableRecord(
            key,
            isCompact,
            element.Count("n"),
            [.. children.Select(run => ReadRun(run.Items(3, "p"), size))],
            [.. element.Items("e").Select(run => ReadRun(run.Items(4, "e"), size))]);
    }

    public static TableKey ReadKey(JsonElement element)
    {
        JsonElement[] parts = element.Items(2, "pt_del");
        return new TableKey((int)parts[0].AsInteger("level", 0, 4), parts[1].AsHex("va"));
    }

    private static EntryRun ReadRun(JsonElement[] parts, int size)
    {
        int first = (int)parts[0].AsInteger("entry index", 0, size - 1);
        return new EntryRun(
            first,
            (int)parts[1].AsInteger("entry count", 1, size - first),
            parts[2].AsHex("entry value"),
            parts.Length > 3 ? parts[3].AsHex("entry stride") : 0);
    }
}
