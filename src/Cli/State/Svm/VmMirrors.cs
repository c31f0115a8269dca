using XePt.Cli.Traces;
using XePt.Cli.Traces.Calls;

namespace XePt.Cli.State.Svm;

/// <summary>The mirrors of a VM with the memory behind their ranges.</summary>
/// <param name="State">Ranges and notifiers.</param>
/// <param name="Shares">Where the bytes of each range are.</param>
internal sealed record VmMirrors(SvmState State, IReadOnlyList<MemoryShares> Shares)
{
    public static VmMirrors Of(SvmState state, TraceClient client) =>
        new(state, [.. state.Ranges.Select(range => SharesOf(range, client))]);

    private static MemoryShares SharesOf(in SvmRangeState range, TraceClient client) =>
        MemoryShares.Of(range.Start, range.End, SvmCapture.MemoryOf(client, range.Start, range.End));
}

/// <summary>How many bytes of an interval are where, most of them first.</summary>
internal sealed record MemoryShares(IReadOnlyList<(PagePlace Place, ulong Bytes)> Shares)
{
    /// <param name="start">Where the interval begins.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="pieces">Pieces inside it; what is between them is not mapped.</param>
    public static MemoryShares Of(ulong start, ulong end, IEnumerable<MemoryPiece> pieces)
    {
        var shares = new SortedDictionary<int, (PagePlace Place, ulong Bytes)>();
        ulong mapped = 0;
        foreach (MemoryPiece piece in pieces)
        {
            Add(shares, piece.Place, piece.End - piece.Start);
            mapped += piece.End - piece.Start;
        }

        if (mapped < end - start)
            Add(shares, new PagePlace(PageHome.Unmapped), end - start - mapped);
        return new MemoryShares([.. shares.Values.OrderByDescending(share => share.Bytes)]);
    }

    /// <summary><c>64 KiB VRAM of tile 0, 4 KiB system</c>.</summary>
    public override string ToString() => string.Join(", ", Shares.Select(share => $"{CallText.Bytes(share.Bytes)} {share.Place}"));

    private static void Add(SortedDictionary<int, (PagePlace Place, ulong Bytes)> shares, PagePlace place, ulong bytes)
    {
        int key = ((int)place.Home << 8) + place.Tile;
        shares[key] = (place, shares.GetValueOrDefault(key).Bytes + bytes);
    }
}
