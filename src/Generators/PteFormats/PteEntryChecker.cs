using XePt.Generators.Common;

namespace XePt.Generators.PteFormats;

/// <summary>Checks one entry kind by itself.</summary>
internal static class PteEntryChecker
{
    private static readonly PteRole[] RequiredEverywhere = [PteRole.Present, PteRole.Writable, PteRole.Pat0, PteRole.Address];

    /// <summary>Adds the first thing that is wrong.</summary>
    public static void Check(
        PteEntryKind kind, IReadOnlyList<DeclaredField> fields, LocationInfo? location, List<DiagnosticInfo> diagnostics)
    {
        var diagnostic = FindImpossibleRole(kind, fields)
            ?? FindRoleTwice(kind, fields)
            ?? FindOverlap(kind, fields)
            ?? FindMissingBits(kind, fields, location)
            ?? FindMissingRole(kind, fields, location)
            ?? FindMisalignedAddress(kind, fields)
            ?? FindPatHole(kind, fields, location);
        if (diagnostic is not null)
            diagnostics.Add(diagnostic);
    }

    private static DiagnosticInfo? FindImpossibleRole(PteEntryKind kind, IReadOnlyList<DeclaredField> fields) => fields
        .Where(field => !IsPossible(field.Field.Role, kind))
        .Select(field => DiagnosticInfo.At(
            field.Location, PteFormatDiagnostics.ImpossibleRole, field.Field.Name, $"{field.Field.Role}", $"{kind}"))
        .FirstOrDefault();

    /// <summary>Which roles exist in which kinds (the table of PT-016, and PT-018 for directories).</summary>
    private static bool IsPossible(PteRole role, PteEntryKind kind) => role switch
    {
        PteRole.Pat2 or PteRole.Pat3 or PteRole.Pat4 or PteRole.Null or PteRole.AtomicEnable or PteRole.DeviceMemory => IsLeaf(kind),
        PteRole.Pde64K => kind is PteEntryKind.DirectoryL1,
        PteRole.PageSize => IsHugeLeaf(kind),
        PteRole.Ps64 => kind is PteEntryKind.Leaf4K,
        _ => true,
    };

    private static DiagnosticInfo? FindRoleTwice(PteEntryKind kind, IReadOnlyList<DeclaredField> fields) => fields
        .Where(static field => field.Field.Role != PteRole.MustBeZero)
        .GroupBy(static field => field.Field.Role)
        .Where(static group => group.Count() > 1)
        .Select(group => DiagnosticInfo.At(group.ElementAt(1).Location, PteFormatDiagnostics.RoleTwice, $"{kind}", $"{group.Key}"))
        .FirstOrDefault();

    private static DiagnosticInfo? FindOverlap(PteEntryKind kind, IReadOnlyList<DeclaredField> fields)
    {
        for (var later = 1; later < fields.Count; later++)
        {
            var (field, _, location) = fields[later];
            var earlier = fields.Take(later).FirstOrDefault(other => (other.Field.Mask & field.Mask) != 0).Field;
            if (earlier is not null)
                return DiagnosticInfo.At(location, PteFormatDiagnostics.Overlap, field.Name, earlier.Name, $"{kind}");
        }

        return null;
    }

    private static DiagnosticInfo? FindMissingBits(PteEntryKind kind, IReadOnlyList<DeclaredField> fields, LocationInfo? location)
    {
        var declared = fields.Aggregate(0UL, static (mask, field) => mask | field.Field.Mask);
        var missing = Enumerable.Range(0, 64).Where(bit => (declared >> bit & 1) == 0).ToList();
        return missing.Count == 0
            ? null
            : DiagnosticInfo.At(location, PteFormatDiagnostics.MissingBits, $"{kind}", $"{64 - missing.Count}", string.Join(", ", missing));
    }

    private static DiagnosticInfo? FindMissingRole(
        PteEntryKind kind, IReadOnlyList<DeclaredField> fields, LocationInfo? location)
    {
        IEnumerable<PteRole> required = RequiredEverywhere;
        if (IsLeaf(kind))
            required = required.Append(PteRole.Null);
        if (IsHugeLeaf(kind))
            required = required.Append(PteRole.PageSize);
        var missing = required.Except(fields.Select(static field => field.Field.Role)).ToList();
        return missing.Count == 0
            ? null
            : DiagnosticInfo.At(location, PteFormatDiagnostics.MissingRole, $"{kind}", string.Join(", ", missing));
    }

    private static DiagnosticInfo? FindMisalignedAddress(PteEntryKind kind, IReadOnlyList<DeclaredField> fields)
    {
        var shift = kind switch
        {
            PteEntryKind.Leaf64K => 16,
            PteEntryKind.Leaf2M => 21,
            PteEntryKind.Leaf1G => 30,
            _ => 12,
        };
        var (address, _, location) = fields.First(static field => field.Field.Role == PteRole.Address);
        return address.Low == shift
            ? null
            : DiagnosticInfo.At(location, PteFormatDiagnostics.MisalignedAddress, $"{kind}", $"{shift}", $"{address.Low}");
    }

    private static DiagnosticInfo? FindPatHole(PteEntryKind kind, IReadOnlyList<DeclaredField> fields, LocationInfo? location)
    {
        var declared = fields.Select(static field => field.Field.Role).Where(static role => role.IsPat()).ToList();
        var highest = declared.Max();
        for (var role = PteRole.Pat0; role < highest; role++)
        {
            if (!declared.Contains(role))
                return DiagnosticInfo.At(location, PteFormatDiagnostics.PatHole, $"{kind}", $"{highest}", $"{role}");
        }

        return null;
    }

    private static bool IsLeaf(PteEntryKind kind) => kind <= PteEntryKind.Leaf1G;

    private static bool IsHugeLeaf(PteEntryKind kind) => kind is PteEntryKind.Leaf2M or PteEntryKind.Leaf1G;
}
