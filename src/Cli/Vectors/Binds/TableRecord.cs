using System.Text.Json;
using XePt.Cli.Input;

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
        var key = new TableKey(element.Number("l", 4), element.Hex("va"));
        bool isCompact = element.Flag("c");
        int size = isCompact ? TableImage.CompactSize : TableImage.FullSize;
        JsonElement[] children = key.Level > 0 ? element.Items("p") : [];
        return new TableRecord(
            key,
            isCompact,
            element.Number("n"),
            [.. children.Select(run => ReadRun(run.ToArray("p", 3), size))],
            [.. element.Items("e").Select(run => ReadRun(run.ToArray("e", 4), size))]);
    }

    public static TableKey ReadKey(JsonElement element)
    {
        JsonElement[] parts = element.ToArray("pt_del", 2);
        return new TableKey(parts[0].ToInt32("level", 4), parts[1].ToUInt64("va"));
    }

    private static EntryRun ReadRun(JsonElement[] parts, int size)
    {
        int first = parts[0].ToInt32("entry index", size - 1);
        return new EntryRun(
            first,
            parts[1].ToIndex("entry count", 1, size - first),
            parts[2].ToUInt64("entry value"),
            parts.Length > 3 ? parts[3].ToUInt64("entry stride") : 0);
    }
}
