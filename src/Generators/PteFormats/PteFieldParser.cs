using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.PteFormats;

/// <summary>A field, the kinds of entries it is declared for, and the place of its attribute.</summary>
internal readonly record struct DeclaredField(PteFieldModel Field, IReadOnlyList<PteEntryKind> Kinds, LocationInfo? Location);

/// <summary>Reads the fields that a type declares, whatever kinds of entries they are for.</summary>
internal static class PteFieldParser
{
    public const string FieldAttribute = SpecNames.Namespace + "PteFieldAttribute";

    /// <summary>The correct fields, in the order of the attributes.</summary>
    public static List<DeclaredField> Parse(ISymbol type, List<DiagnosticInfo> diagnostics)
    {
        var fields = new List<DeclaredField>();
        foreach (var attribute in type.AttributesOf(FieldAttribute))
        {
            if (ParseField(attribute, diagnostics) is { } field)
                fields.Add(field);
        }

        return fields;
    }

    /// <summary>The kinds in a constant of <c>PteEntryKinds</c>, in order, or null when it has bits that stand for none.</summary>
    public static IReadOnlyList<PteEntryKind>? ParseKinds(TypedConstant constant)
    {
        if (constant is not { Kind: TypedConstantKind.Enum, Type: { } type, Value: { } value })
            return null;
        var unknown = ConstantValues.ToUInt64(value);
        var kinds = new List<PteEntryKind>();
        foreach (var member in EnumRef.AllOf(type))
        {
            // The sets of several kinds have names of their own.
            if ((unknown & member.Value) == 0 || !Enum.TryParse(member.Name, out PteEntryKind kind))
                continue;
            unknown &= ~member.Value;
            kinds.Add(kind);
        }

        return unknown == 0 ? kinds : null;
    }

    /// <summary>Reads <c>(kinds, name, bit, role, rule)</c> or <c>(kinds, name, low, high, role, rule)</c>.</summary>
    private static DeclaredField? ParseField(AttributeData attribute, List<DiagnosticInfo> diagnostics)
    {
        // The compiler already refuses an attribute that fits no constructor.
        if (attribute.AttributeConstructor is null)
            return null;
        var last = attribute.ConstructorArguments.Length - 1;
        var name = attribute.Positional<string>(1) ?? "";
        var low = attribute.Positional<int>(2);
        var high = attribute.Positional<int>(last - 2);
        if (ParseKinds(attribute.ConstructorArguments[0]) is not { } kinds)
            return Fail(PteFormatDiagnostics.UnknownKind, name);
        if (low < 0 || high > 63 || low > high)
            return Fail(PteFormatDiagnostics.BadBitRange, name, $"{low}", $"{high}");
        if (!Enum.TryParse(EnumRef.Of(attribute.ConstructorArguments[last - 1])?.Name, out PteRole role))
            return Fail(PteFormatDiagnostics.UnknownRole, name);
        if ((role.IsFlag() || role.IsPat()) && low != high)
            return Fail(PteFormatDiagnostics.FlagTooWide, name, $"{high - low + 1}");
        return new(new(name, low, high, role, attribute.Positional<string>(last) ?? ""), kinds, LocationInfo.Of(attribute));

        DeclaredField? Fail(DiagnosticDescriptor descriptor, params string[] arguments)
        {
            diagnostics.Add(DiagnosticInfo.At(LocationInfo.Of(attribute), descriptor, arguments));
            return null;
        }
    }
}
