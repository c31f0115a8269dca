using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Svm;

/// <summary>
/// A range is marked as valid and its entries, made for a read-only mirror that has been replaced (SVM-120), refuse the write or atomic.
/// The reference answers without doing anything. XePt takes the entries away and makes them anew: one flush, one bind, and the counter of
/// valid faults becomes one of invalidations. Pages stay where they are.
/// </summary>
internal static class RefusingEntry
{
    public static string? KindOf(string key, string expected, string actual, StepView view)
    {
        if (view.Access is not ("write" or "atomic") || view.Errno is not null || view.Found(StepView.PassedBefore) != "0"
            || view.Vma is not { IsMirror: true, IsReadOnly: false } vma || view.Range is not { } range)
            return null;
        uint valid = ValidTiles(view, range);
        if ((valid >> view.Tile & 1) == 0)
            return null;
        bool isKnown = key switch
        {
            "tlb" => expected.Length == 0
                && actual == Text.List(Text.List(Text.Hex(range.Start), Text.Hex(range.End), Text.Number(valid))),
            "pt" => expected.Length == 0 && actual == Bind(view, vma, range),
            "stats" => expected == Counts(view, $"svm_{range.SizeName}_valid_pagefault_count", range, counted: 1u << view.Tile)
                && actual == Counts(view, "svm_tlb_inval_count", range, counted: valid),
            _ => false,
        };
        return isKnown ? "SVM-120: entries of a replaced read-only mirror are made anew for a write" : null;
    }

    /// <summary>Where the range was valid before the step.</summary>
    private static uint ValidTiles(StepView view, in RangeView range)
    {
        foreach (JsonElement record in StepView.Records(view.Before("r")))
        {
            if (record[0].ToUInt64("r") == range.Start && record[1].ToUInt64("r") == range.End)
                return record[5].GetUInt32() & ~record[6].GetUInt32();
        }

        return 0;
    }

    private static string Bind(StepView view, in VmaView vma, in RangeView range) => Text.List(Text.List(
        Text.Word("bind"), Text.Hex(range.Start), Text.Hex(range.End), Text.Number(1u << view.Tile), "0", Text.Number(vma.Pat),
        Text.Number((uint)vma.Atomic)));

    /// <summary>The counters of a fault with one turn, and one more on some tiles.</summary>
    private static string Counts(StepView view, string name, RangeView range, uint counted)
    {
        var tiles = new List<string>();
        for (int tile = 0; tile <= view.Tile || counted >> tile != 0; tile++)
        {
            string[] counters = [
                .. tile == view.Tile ? ["svm_pagefault_count", $"svm_{range.SizeName}_pagefault_count"] : Array.Empty<string>(),
                .. (counted >> tile & 1) != 0 ? [name] : Array.Empty<string>()];
            tiles.Add($"{{{string.Join(',', counters.Order(StringComparer.Ordinal).Select(counter => $"{Text.Word(counter)}:1"))}}}");
        }

        return Text.List(tiles);
    }
}
