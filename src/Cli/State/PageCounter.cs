using XePt.Uapi.Formats;

namespace XePt.Cli.State;

/// <summary>Pages of one size that a tile maps, and the bytes they cover.</summary>
internal readonly record struct PageStatistics(int Tile, string Size, long Pages, ulong Bytes);

/// <summary>Counts the mapped pages of a tile by size, NULL pages apart from those with memory.</summary>
internal sealed class PageCounter(int tile)
{
    private readonly Dictionary<string, PageStatistics> _pages = [];

    /// <summary>Counts pages that together cover some bytes.</summary>
    public void Add(string size, ulong pageBytes, ulong bytes)
    {
        PageStatistics before = _pages.GetValueOrDefault(size, new PageStatistics(tile, size, 0, 0));
        _pages[size] = before with { Pages = before.Pages + (long)(bytes / pageBytes), Bytes = before.Bytes + bytes };
    }

    /// <summary>The sizes that occur, smallest first, NULL pages last.</summary>
    public IEnumerable<PageStatistics> ToStatistics() => PageNames.All.Where(_pages.ContainsKey).Select(size => _pages[size]);
}

/// <summary>What page sizes are called.</summary>
internal static class PageNames
{
    private static readonly string[] Sizes = ["4K", "64K", "compact-64K", "2M", "1G"];

    /// <summary>All names, smallest first, NULL pages last.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Sizes, .. Sizes.Select(NullOf)];

    /// <summary>The name of the page that a leaf maps, or null when it maps none.</summary>
    public static string? Of(in DecodedPte leaf) =>
        !leaf.Present || !leaf.IsLeaf ? null : leaf.IsNull ? NullOf(SizeOf(leaf)) : SizeOf(leaf);

    /// <summary>Bytes of the page that a leaf maps a part of, or all.</summary>
    public static ulong BytesOf(in DecodedPte leaf) => leaf.Ps64 ? 1UL << 16 : leaf.PageSizeBytes;

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
