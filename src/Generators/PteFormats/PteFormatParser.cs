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
    private const string EntryAttribute = SpecNames.Namespace + "PteEntryAttribute";
    private const string FieldAttribute = SpecNames.Namespace + "PteFieldAttribute";
    private const string FormatIdType = "XePt.Uapi.Formats.PteFormatId";

    public static ModelOrDiagnostics<PteFormatModel> ParseFormat(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        var type = (INamedTypeSymbol)context.TargetSymbol;
        if (!IsTopLevelPartial(context))
            return ModelOrDiagnostics<PteFormatModel>.Of(DiagnosticInfo.At(type, PteFormatDiagnostics.NotPartialStruct, type.Name));

        var diagnostics = new List<DiagnosticInfo>();
        var entries = new List<PteEntryModel>();
        foreach (var property in type.GetMembers().OfType<IPropertySymbol>())
        {
            cancellation.ThrowIfCancellationRequested();
            if (property.AttributeOf(EntryAttribute) is { } attribute && ParseEntry(property, attribute, diagnostics) is { } entry)
                entries.Add(entry);
        }

        var id = EnumMemberName(context.Attributes[0].ConstructorArguments[0]) ?? "";
        var format = new PteFormatModel(
            type.ContainingNamespace.ToDisplayString(), type.Name, id, entries.OrderBy(static entry => entry.Kind).ToEquatableArray());
        if (diagnostics.Count == 0)
            PteFormatChecker.Check(format, LocationInfo.Of(type), diagnostics);
        return ModelOrDiagnostics<PteFormatModel>.Of(diagnostics, () => format);
    }

    public static ModelOrDiagnostics<PteFormatTableModel> ParseTable(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var type = (INamedTypeSymbol)context.TargetSymbol;
        if (!IsTopLevelPartial(context) || !type.IsStatic)
            return ModelOrDiagnostics<PteFormatTableModel>.Of(DiagnosticInfo.At(type, PteFormatDiagnostics.NotStaticPartialClass, type.Name));

        var ids = context.SemanticModel.Compilation.GetTypeByMetadataName(FormatIdType)?.GetMembers().OfType<IFieldSymbol>() ?? [];
        return ModelOrDiagnostics<PteFormatTableModel>.Of(new PteFormatTableModel(
            type.ContainingNamespace.ToDisplayString(), type.Name, ids.Select(static id => id.Name).ToEquatableArray(), LocationInfo.Of(type)));
    }

    private static PteEntryModel? ParseEntry(IPropertySymbol property, AttributeData attribute, List<DiagnosticInfo> diagnostics)
    {
        if (!Enum.TryParse(EnumMemberName(attribute.ConstructorArguments[0]), out PteEntryKind kind))
        {
            diagnostics.Add(DiagnosticInfo.At(property, PteFormatDiagnostics.UnknownKind, property.Name));
            return null;
        }

        var before = diagnostics.Count;
        var fields = new List<LocatedField>();
        foreach (var declared in property.AttributesOf(FieldAttribute))
        {
            if (ParseField(declared, kind, diagnostics) is { } field)
                fields.Add(new LocatedField(field, LocationInfo.Of(declared)));
        }

        if (diagnostics.Count == before)
            PteEntryChecker.Check(property.Name, kind, fields, LocationInfo.Of(property), diagnostics);
        if (diagnostics.Count != before)
            return null;
        var lowestFirst = fields.Select(static field => field.Field).OrderBy(static field => field.Low);
        return new PteEntryModel(property.Name, kind, lowestFirst.ToEquatableArray());
    }

    /// <summary>Reads <c>(name, bit, role, rule)</c> or <c>(name, low, high, role, rule)</c>.</summary>
    private static PteFieldModel? ParseField(AttributeData attribute, PteEntryKind kind, List<DiagnosticInfo> diagnostics)
    {
        var last = attribute.ConstructorArguments.Length - 1;
        var name = attribute.Positional<string>(0) ?? "";
        var low = attribute.Positional<int>(1);
        var high = attribute.Positional<int>(last - 2);
        if (low < 0 || high > 63 || low > high)
            return Fail(PteFormatDiagnostics.BadBitRange, name, $"{low}", $"{high}");
        if (!Enum.TryParse(EnumMemberName(attribute.ConstructorArguments[last - 1]), out PteRole role))
            return Fail(PteFormatDiagnostics.UnknownRole, name);
        if (!PteEntryChecker.IsPossible(role, kind))
            return Fail(PteFormatDiagnostics.ImpossibleRole, name, $"{role}", $"{kind}");
        if ((role.IsFlag() || role.IsPat()) && low != high)
            return Fail(PteFormatDiagnostics.FlagTooWide, name, $"{high - low + 1}");
        return new PteFieldModel(name, low, high, role, attribute.Positional<string>(last) ?? "");

        PteFieldModel? Fail(DiagnosticDescriptor descriptor, params string[] arguments)
        {
            diagnostics.Add(DiagnosticInfo.At(LocationInfo.Of(attribute), descriptor, arguments));
            return null;
        }
    }

    private static bool IsTopLevelPartial(GeneratorAttributeSyntaxContext context) =>
        context.TargetSymbol is INamedTypeSymbol { ContainingType: null, IsGenericType: false } &&
        ((TypeDeclarationSyntax)context.TargetNode).Modifiers.Any(SyntaxKind.PartialKeyword);

    private static string? EnumMemberName(TypedConstant constant) => constant.Type?.GetMembers().OfType<IFieldSymbol>()
        .FirstOrDefault(member => member.HasConstantValue && Equals(member.ConstantValue, constant.Value))?.Name;
}
