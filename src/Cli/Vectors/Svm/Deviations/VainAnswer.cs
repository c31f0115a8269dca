using System.Globalization;
using System.Text.Json;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Svm;

/// <summary>Atomic accesses that the reference acks in vain and XePt nacks. Nothing but <c>err</c> may differ.</summary>
internal static class VainAnswer
{
    /// <summary>Turns after which a fault that needs device memory gives up (CFG-005).</summary>
    private const int Turns = 3;

    public static string? KindOf(string expected, StepView view)
    {
        if (expected != "0" || view.Access != "atomic" || view.Vma is not { } vma)
            return null;
        if (vma.IsMirror)
            return view.NeedsVram && view.Errno is { } error && error == ErrnoOf(view) ? "Q1: nacked instead of acked without a mapping"
                : null;
        bool isRefused = (vma.HasBo || vma.IsUserptr) && view.Found(StepView.PassesAfter) == "0";
        return isRefused && view.Errno == Errno.EACCES ? "FLT-056: nacked instead of acked with an entry that enables no atomics" : null;
    }

    /// <summary>A range that cannot migrate (SVM-046), or pages that could not be collected in the last turn (SVM-100).</summary>
    private static Errno? ErrnoOf(StepView view) => view.Range is not { } range ? null
        : !range.Migrates ? Errno.EACCES
        : !range.HasPages && TurnsOf(view, range) >= Turns ? PageErrors.Of(view)
        : null;

    private static int TurnsOf(StepView view, in RangeView range)
    {
        JsonElement[] tiles = StepView.Records(view.Found("stats"));
        return view.Tile < tiles.Length
            && tiles[view.Tile].TryGetProperty($"svm_{range.SizeName}_pagefault_count", out JsonElement count) ? count.GetInt32() : 0;
    }
}
