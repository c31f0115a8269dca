using XePt.Generators.Common;

namespace XePt.Generators.PteFormats;

/// <summary>Checks the entry kinds of a format against each other, and the formats against each other.</summary>
internal static class PteFormatChecker
{
    private static readonly PteEntryKind[] RequiredKinds =
        [PteEntryKind.Leaf4K, PteEntryKind.Leaf2M, PteEntryKind.Leaf1G, PteEntryKind.DirectoryL1, PteEntryKind.Directory];

    private static readonly PteRole[] Flags =
        Enum.GetValues(typeof(PteRole)).Cast<PteRole>().Where(static role => role.IsFlag()).ToArray();

    /// <summary>Adds the first thing that is wrong with a format whose entry kinds are each correct.</summary>
    public static void Check(PteFormatModel format, LocationInfo? location, List<DiagnosticInfo> diagnostics)
    {
        var diagnostic = FindMissingKind(format, location)
            ?? FindCompactMismatch(format, location)
            ?? FindMovingFlag(format, location)
            ?? FindPatMismatch(format, location);
        if (diagnostic is not null)
            diagnostics.Add(diagnostic);
    }

    /// <summary>Adds everything that is wrong with the formats as a set.</summary>
    public static void Check(PteFormatTableModel table, IReadOnlyList<PteFormatModel> formats, List<DiagnosticInfo> diagnostics)
    {
        foreach (var sameId in formats.GroupBy(static format => format.Id).Where(static group => group.Count() > 1))
        {
            diagnostics.Add(DiagnosticInfo.At(
                table.Location, PteFormatDiagnostics.IdTwice, sameId.First().TypeName, sameId.ElementAt(1).TypeName, sameId.Key));
        }

        foreach (var id in table.Ids.Except(formats.Select(static format => format.Id)))
            diagnostics.Add(DiagnosticInfo.At(table.Location, PteFormatDiagnostics.MissingFormat, id));

        foreach (var role in Flags)
        {
            var having = formats.Where(format => format.MaskOf(role) != 0).ToList();
            if (having.Find(format => format.MaskOf(role) != having[0].MaskOf(role)) is { } other)
            {
                diagnostics.Add(DiagnosticInfo.At(
                    table.Location, PteFormatDiagnostics.FormatsDisagree, $"{role}", other.TypeName, having[0].TypeName));
            }
        }
    }

    private static DiagnosticInfo? FindMissingKind(PteFormatModel format, LocationInfo? location)
    {
        var missing = RequiredKinds.Where(kind => format.Find(kind) is null).ToList();
        return missing.Count == 0
            ? null
            : DiagnosticInfo.At(location, PteFormatDiagnostics.MissingKind, format.TypeName, string.Join(", ", missing));
    }

    private static DiagnosticInfo? FindCompactMismatch(PteFormatModel format, LocationInfo? location) =>
        format.HasCompactTables == format[PteEntryKind.DirectoryL1].Has(PteRole.Pde64K)
            ? null
            : DiagnosticInfo.At(location, PteFormatDiagnostics.CompactMismatch, format.TypeName);

    private static DiagnosticInfo? FindMovingFlag(PteFormatModel format, LocationInfo? location)
    {
        foreach (var role in Flags)
        {
            var having = format.Entries.Where(entry => entry.Has(role)).ToList();
            if (having.Find(entry => entry.MaskOf(role) != having[0].MaskOf(role)) is { } other)
                return DiagnosticInfo.At(location, PteFormatDiagnostics.FlagMoves, $"{role}", $"{other.Kind}", $"{having[0].Kind}");
        }

        return null;
    }

    /// <summary>Encoders know a leaf only by its level, and a directory entry not even by that.</summary>
    private static DiagnosticInfo? FindPatMismatch(PteFormatModel format, LocationInfo? location)
    {
        return Compare(PteEntryKind.Leaf4K, PteEntryKind.Leaf64K, SamePositions)
            ?? Compare(PteEntryKind.Leaf4K, PteEntryKind.Leaf2M, SameCount)
            ?? Compare(PteEntryKind.Leaf2M, PteEntryKind.Leaf1G, SameCount)
            ?? Compare(PteEntryKind.DirectoryL1, PteEntryKind.Directory, SamePositions);

        DiagnosticInfo? Compare(PteEntryKind first, PteEntryKind second, Func<PteEntryModel, PteEntryModel, bool> match) =>
            format.Find(first) is { } one && format.Find(second) is { } other && !match(one, other)
                ? DiagnosticInfo.At(location, PteFormatDiagnostics.PatMismatch, $"{second}", $"{first}")
                : null;
    }

    private static bool SamePositions(PteEntryModel one, PteEntryModel other) => one.PatPositions.SequenceEqual(other.PatPositions);

    private static bool SameCount(PteEntryModel one, PteEntryModel other) => one.PatPositions.Count == other.PatPositions.Count;
}
