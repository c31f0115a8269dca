using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.Layouts;

/// <summary>Checks that the fields of a struct cover its bytes exactly once, except for the arms of a union.</summary>
internal static class LayoutChecks
{
    public static IEnumerable<DiagnosticInfo> Run(INamedTypeSymbol type, int size, IEnumerable<FieldModel> fields)
    {
        var covered = new List<FieldModel>();
        var end = 0;
        foreach (var field in fields.Where(static field => !field.IsNested).OrderBy(static field => field.Offset))
        {
            if (covered.FirstOrDefault(other => Collide(other, field)) is { } other)
                yield return At(type, field, LayoutDiagnostics.Overlap, field.Name, other.Name, field.Offset.ToString());
            if (field.Offset > end)
                yield return At(type, field, LayoutDiagnostics.Gap, end.ToString(), field.Offset.ToString(), field.Name);
            end = Math.Max(end, field.End);
            covered.Add(field);
        }

        if (end != size)
            yield return DiagnosticInfo.At(type, LayoutDiagnostics.WrongSize, type.Name, size.ToString(), end.ToString());
    }

    private static bool Collide(FieldModel earlier, FieldModel later) =>
        later.Offset < earlier.End && (earlier.Union is null || earlier.Union != later.Union);

    private static DiagnosticInfo At(INamedTypeSymbol type, FieldModel field, DiagnosticDescriptor descriptor, params string[] arguments) =>
        DiagnosticInfo.At(type.GetMembers(field.Name)[0], descriptor, arguments);
}
