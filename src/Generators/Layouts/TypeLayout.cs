using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.Layouts;

/// <summary>Size and alignment that C gives to a type.</summary>
internal readonly record struct TypeLayout(int Size, int Alignment)
{
    /// <summary>The layout of a type, or null when C has no equal of it.</summary>
    public static TypeLayout? Of(ITypeSymbol type) => type switch
    {
        INamedTypeSymbol { EnumUnderlyingType: { } underlying } => Of(underlying),
        INamedTypeSymbol named when named.AttributeOf(InlineArray) is { } array => OfInlineArray(named, array),
        INamedTypeSymbol named when named.AttributeOf(SpecNames.UapiStruct) is { } declared => OfStruct(named, declared),
        _ => OfNumber(type.SpecialType),
    };

    private const string InlineArray = "System.Runtime.CompilerServices.InlineArrayAttribute";

    private static TypeLayout? OfNumber(SpecialType type) => type switch
    {
        SpecialType.System_Byte or SpecialType.System_SByte => new(1, 1),
        SpecialType.System_UInt16 or SpecialType.System_Int16 => new(2, 2),
        SpecialType.System_UInt32 or SpecialType.System_Int32 => new(4, 4),
        SpecialType.System_UInt64 or SpecialType.System_Int64 => new(8, 8),
        _ => null,
    };

    private static TypeLayout? OfInlineArray(INamedTypeSymbol type, AttributeData array) =>
        InstanceFields(type).FirstOrDefault() is { } element && Of(element.Type) is { } layout
            ? layout with { Size = layout.Size * array.Positional<int>(0) }
            : null;

    private static TypeLayout OfStruct(INamedTypeSymbol type, AttributeData declared)
    {
        var alignment = InstanceFields(type).Select(static field => Of(field.Type)?.Alignment ?? 1).DefaultIfEmpty(1).Max();
        return new(declared.Named<int>("Size"), alignment);
    }

    /// <summary>The fields that take up bytes, in declaration order.</summary>
    public static IEnumerable<IFieldSymbol> InstanceFields(INamedTypeSymbol type) =>
        type.GetMembers().OfType<IFieldSymbol>().Where(static field => !field.IsStatic);
}
