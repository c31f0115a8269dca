namespace XePt.Cli.Stress.Svm;

/// <summary>
/// Which VMAs of zeros are in the pages of an island, and how large their pages are: says what a change makes anew beside its own place.
/// A cut that does not suit the old VMA's largest page takes all of the VMA away and writes the rest once more (BIND-184, BIND-187), in the
/// order of the records, so the rest is empty for a moment although nobody has asked for that (PT-164). An island is smaller than 2 MiB, so
/// the only page that a cut may not suit is one of 64 KiB; BOs of an island have none.
/// </summary>
/// <param name="pages">Pages of the island, whose first is aligned to 64 KiB.</param>
internal sealed class NullPieces(int pages)
{
    private const int PagesOf64K = 16;

    private readonly Piece?[] _at = new Piece?[pages];

    // In pages, the end exclusive.
    private sealed record Piece(int Start, int End, bool Has64K);

    /// <summary>A change puts something into some pages.</summary>
    /// <param name="first">The first.</param>
    /// <param name="end">End of them, exclusive.</param>
    /// <param name="isNull">Zeros come, else something else.</param>
    /// <param name="before">Pages before them that are written once more, up to <paramref name="first"/>; none if it is that.</param>
    /// <param name="behind">End of the pages behind them that are; none if it is <paramref name="end"/>.</param>
    public void Put(int first, int end, bool isNull, out int before, out int behind)
    {
        (before, behind) = (first, end);
        Piece? left = _at[first], right = _at[end - 1];
        if (left is not null && left.Start < first && !Keep(left, left.Start, first, first))
            before = left.Start;
        if (right is not null && right.End > end && !Keep(right, end, right.End, end))
            behind = right.End;
        Fill(first, end, isNull ? new Piece(first, end, Holds64K(first, end)) : null);
    }

    /// <summary>What stays of a VMA is one of its own.</summary>
    /// <returns>False when its entries are written once more.</returns>
    private bool Keep(Piece old, int start, int end, int cut)
    {
        bool isKept = !old.Has64K || cut % PagesOf64K == 0;
        Fill(start, end, new Piece(start, end, isKept ? old.Has64K : Holds64K(start, end)));
        return isKept;
    }

    private void Fill(int start, int end, Piece? piece) => _at.AsSpan(start..end).Fill(piece);

    private static bool Holds64K(int start, int end) => (end / PagesOf64K) - ((start + PagesOf64K - 1) / PagesOf64K) > 0;
}
