namespace XePt.Cli.Vectors.Svm;

/// <summary>The reference's invalidation misses a part of what was zapped, and that of XePt covers it all.</summary>
internal static class WiderFlush
{
    public static string? KindOf(string expected, string actual, StepView view)
    {
        string? kind = view.Do == "madvise" ? "Q10: the invalidation covers objects that are cut through"
            : view.Found("ev").Length > 0 ? "Q4: the invalidation covers everything that was zapped"
            : null;
        return kind is not null && actual.Length > 0
            && TlbRecord.Covers(TlbRecord.Parse(actual), TlbRecord.Parse(expected), [.. Zapped(view, "r"), .. Zapped(view, "vma")])
            ? kind : null;
    }

    /// <summary>The ranges or VMAs that were marked as bound before the step, also if no longer validly (VEC-07), and where they have no
    /// valid entries after it. A fault may have made them anew.</summary>
    private static IEnumerable<TlbRecord> Zapped(StepView view, string state)
    {
        TlbRecord[] valid = TlbRecord.ParseValid(view.IsFault ? "" : view.Found(state));
        foreach (TlbRecord record in TlbRecord.ParsePresent(view.Before(state)))
        {
            uint left = valid.FirstOrDefault(item => item.Start == record.Start && item.End == record.End).Tiles;
            yield return record with { Tiles = record.Tiles & ~left };
        }
    }
}
