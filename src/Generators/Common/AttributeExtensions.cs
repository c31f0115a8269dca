using Microsoft.CodeAnalysis;

namespace XePt.Generators.Common;

/// <summary>Reads attributes by their full name, for example <c>XePt.Uapi.Spec.CNameAttribute</c>.</summary>
internal static class AttributeExtensions
{
    /// <summary>The attributes of this type, in source order.</summary>
    public static IEnumerable<AttributeData> AttributesOf(this ISymbol symbol, string fullName) =>
        symbol.GetAttributes().Where(attribute => attribute.AttributeClass?.ToDisplayString() == fullName);

    /// <summary>The first attribute of this type, or null.</summary>
    public static AttributeData? AttributeOf(this ISymbol symbol, string fullName) => symbol.AttributesOf(fullName).FirstOrDefault();

    /// <summary>The C name that <c>[CName]</c> gives, or null.</summary>
    public static string? CName(this ISymbol symbol) => symbol.AttributeOf(SpecNames.CName)?.Positional<string>(0);

    /// <summary>A constructor argument, or the type's default when it is missing or of another type.</summary>
    public static T? Positional<T>(this AttributeData attribute, int index) =>
        index < attribute.ConstructorArguments.Length
            && attribute.ConstructorArguments[index] is { Kind: not TypedConstantKind.Array, Value: T value } ? value : default;

    /// <summary>A named argument, or the type's default when it is missing or of another type.</summary>
    public static T? Named<T>(this AttributeData attribute, string name)
    {
        foreach (var argument in attribute.NamedArguments)
        {
            if (argument.Key == name && argument.Value is { Kind: not TypedConstantKind.Array, Value: T value })
                return value;
        }

        return default;
    }

    /// <summary>The elements of a <c>params</c> or array constructor argument.</summary>
    public static IEnumerable<T> PositionalArray<T>(this AttributeData attribute, int index) =>
        index < attribute.ConstructorArguments.Length && attribute.ConstructorArguments[index] is { Kind: TypedConstantKind.Array } array
            ? array.Values.Select(static element => element.Value).OfType<T>()
            : [];
}
