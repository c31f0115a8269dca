using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using XePt.Generators.Common;

namespace XePt.Generators.PteFormats;

/// <summary>Turns a declared format into a model, or says what is wrong with it.</summary>
internal static class PteFormatParser
{
    public const string FormatAttribute = SpecNames.Namespace + "PteFormatAttribute";
    public const string TableAttribute = SpecNames.Namespace + "PteFormatTableAttribute";
    private const string FieldsOfAttribute = SpecNames.Namespace + "PteFieldsOfAttribute";
    private const string FormatIdType = "XePt.Uapi.Formats.PteFormatId";

    public static ModelOrDiagnostics<PteFormatModel> ParseFormat(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        var type = (INamedTypeSymbol)context.TargetSymbol;
        if (!IsTopLevelPartial(context))
            return ModelOrDiagnostics<PteFormatModel>.Of(DiagnosticInfo.At(type, PteFormatDiagnostics.NotPartialStruct, type.Name));

        // The compiler already refuses an attribute that fits no constructor.
        if (context.Attributes[0].AttributeConstructor is null)
            return ModelOrDiagnostics<PteFormatModel>.Of();

        if (PteFieldParser.ParseKinds(context.Attributes[0].ConstructorArguments[1]) is not { } kinds)
            return ModelOrDiagnostics<PteFormatModel>.Of(DiagnosticInfo.At(type, PteFormatDiagnostics.UnknownKind, type.Name));

        var diagnostics = new List<DiagnosticInfo>();
        var own = PteFieldParser.Parse(type, diagnostics);
        var fields = ParseTakenOver(type, diagnostics).Concat(own).ToList();
        cancellation.ThrowIfCancellationRequested();
        var format = diagnostics.Count == 0 ? BuildFormat(context, kinds, fields, diagnostics) : null;
        if (format is not null)
            PteFormatChecker.Check(format, LocationInfo.Of(type), diagnostics);
        if (diagnostics.Count == 0)
            FindFieldsOfNoEntry(type, kinds, own, diagnostics);
        return ModelOrDiagnostics<PteFormatModel>.Of(diagnostics, () => format!);
    }

    public static ModelOrDiagnostics<PteFormatTableModel> ParseTable(
        GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var type = (INamedTypeSymbol)context.TargetSymbol;
        if (!IsTopLevelPartial(context) || !type.IsStatic)
            return ModelOrDiagnostics<PteFormatTableModel>.Of(
                DiagnosticInfo.At(type, PteFormatDiagnostics.NotStaticPartialClass, type.Name));

        var ids = context.SemanticModel.Compilation.GetTypeByMetadataName(FormatIdType)?.GetMembers().OfType<IFieldSymbol>() ?? [];
        return ModelOrDiagnostics<PteFormatTableModel>.Of(new PteFormatTableModel(
            type.ContainingNamespace.ToDisplayString(), type.Name, ids.Select(static id => id.Name).ToEquatableArray(),
            LocationInfo.Of(type)));
    }

    private static List<DeclaredField> ParseTakenOver(INamedTypeSymbol type, List<DiagnosticInfo> diagnostics)
    {
        var fields = new List<DeclaredField>();
        foreach (var attribute in type.AttributesOf(FieldsOfAttribute))
        {
            var other = attribute.Positional<INamedTypeSymbol>(0);
            if (other?.AttributeOf(PteFieldParser.FieldAttribute) is not null)
                fields.AddRange(PteFieldParser.Parse(other, diagnostics));
            else
                diagnostics.Add(
                    DiagnosticInfo.At(LocationInfo.Of(attribute), PteFormatDiagnostics.NoFields, type.Name, other?.Name ?? "null"));
        }

        return fields;
    }

    /// <summary>Fields taken over may be about kinds that only other formats have; the format's own have no such excuse.</summary>
    private static void FindFieldsOfNoEntry(
        INamedTypeSymbol type, IReadOnlyList<PteEntryKind> kinds, List<DeclaredField> own, List<DiagnosticInfo> diagnostics)
    {
        foreach (var (field, _, location) in own.Where(field => !field.Kinds.Intersect(kinds).Any()))
            diagnostics.Add(DiagnosticInfo.At(location, PteFormatDiagnostics.FieldOfNoEntry, field.Name, type.Name));
    }

    /// <summary>Puts the entries together. A mistake in a field shows in every kind that has it, so the first wrong kind says
    /// enough.</summary>
    private static PteFormatModel? BuildFormat(
        GeneratorAttributeSyntaxContext context, IReadOnlyList<PteEntryKind> kinds, List<DeclaredField> fields,
        List<DiagnosticInfo> diagnostics)
    {
        var type = context.TargetSymbol;
        var entries = new List<PteEntryModel>();
        foreach (var kind in kinds)
        {
            var ofKind = fields.Where(field => field.Kinds.Contains(kind)).ToList();
            PteEntryChecker.Check(kind, ofKind, LocationInfo.Of(type), diagnostics);
            if (diagnostics.Count != 0)
                return null;
            var lowestFirst = ofKind.Select(static field => field.Field).OrderBy(static field => field.Low);
            entries.Add(new PteEntryModel(kind, lowestFirst.ToEquatableArray()));
        }

        var id = EnumRef.Of(context.Attributes[0].ConstructorArguments[0])?.Name ?? "";
        return new PteFormatModel(type.ContainingNamespace.ToDisplayString(), type.Name, id, entries.ToEquatableArray());
    }

    private static bool IsTopLevelPartial(GeneratorAttributeSyntaxContext context) =>
        context.TargetSymbol is INamedTypeSymbol { ContainingType: null, IsGenericType: false } &&
        ((TypeDeclarationSyntax)context.TargetNode).Modifiers.Any(SyntaxKind.PartialKeyword);
}
