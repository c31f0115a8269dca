using XePt.Uapi.Formats;

namespace XePt.Cli.State;

/// <summary>Pages of one size that are mapped, and the bytes they cover.</summary>
internal readonly record struct PageStatistics(string Size, long Pages, ulong Bytes);

/// <summary>Counts mapped pages by size, NULL pages apart from those with memory.</summary>
internal sealed class PageCounter
{
    private static readonly string[] Sizes = ["4K", "64K", "compact-64K", "2M", "1G"];
    private static readonly string[] SizesInOrder = [.. Sizes, .. Sizes.Select(NullOf)];

    private readonly Dictionary<string, PageStatistics> _pages = [];

    /// <summary>Counts leaves like this one that together cover some bytes; entries that are not present or no leaves do not
    /// count.</summary>
    public void Add(in DecodedPte leaf, ulong bytes)
    {
        if (!leaf.Present || !leaf.IsLeaf)
            return;
        string size = leaf.IsNull ? NullOf(SizeOf(leaf)) : SizeOf(leaf);
        ulong pageBytes = leaf.Ps64 ? 1UL << 16 : leaf.PageSizeBytes;
        PageStatistics before = _pages.GetValueOrDefault(size, new PageStatistics(size, 0, 0));
        _pages[size] = before with { Pages = before.Pages + (long)(bytes / pageBytes), Bytes = before.Bytes + bytes };
    }

    /// <summary>The sizes that occur, smallest first, NULL pages last.</summary>
    public PageStatistics[] ToStatistics() => [.. SizesInOrder.Where(_pages.ContainsKey).Select(size => _pages[size])];

    private static string NullOf(string size) => $"{size} null";

    private static string SizeOf(in DecodedPte leaf) => leaf switch
    {
        { Kind: PteEntryKind.Leaf64K } => "compact-64K",
        { Kind: PteEntryKind.Leaf2M } => "2M",
        { Kind: PteEntryKind.Leaf1G } => "1G",
        { Ps64: true } => "64K",
        _ => "4K",
    };
}
