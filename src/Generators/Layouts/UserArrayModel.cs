using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.Layouts;

/// <summary>A field with <c>[UserArray]</c>.</summary>
/// <param name="Name">.NET name of the field.</param>
/// <param name="CName">Its C name.</param>
/// <param name="Element">Full name of the type of one element.</param>
/// <param name="Count">The expression of the number of elements.</param>
/// <param name="CountCName">The same by C names.</param>
/// <param name="Most">Most elements that are read.</param>
/// <param name="OneIsInline">A single element is none of the array.</param>
/// <param name="MayBeAbsent">The address 0 stands for no array.</param>
/// <param name="TooMany">Refusal of more than most, or null.</param>
/// <param name="Unreadable">Refusal of an array that is too short, or null.</param>
internal sealed record UserArrayModel(
    string Name,
    string CName,
    string Element,
    string Count,
    string CountCName,
    uint Most,
    bool OneIsInline,
    bool MayBeAbsent,
    string? TooMany,
    string? Unreadable)
{
    private const string Attribute = SpecNames.Namespace + "UserArrayAttribute";

    /// <summary>The type of the elements that a field holds the address of, or null.</summary>
    public static ITypeSymbol? ElementOf(IFieldSymbol field) => field.AttributeOf(Attribute)?.Positional<ITypeSymbol>(0);

    /// <summary>The arrays of a struct.</summary>
    public static IEnumerable<UserArrayModel> Of(INamedTypeSymbol type)
    {
        var fields = TypeLayout.InstanceFields(type).ToList();
        foreach (var field in fields)
        {
            if (field.AttributeOf(Attribute) is not { } array || ElementOf(field) is not { } element)
                continue;
            var counts = array.PositionalArray<string>(1).OfType<string>().ToList();
            yield return new UserArrayModel(
                field.Name,
                field.CName() ?? field.Name,
                element.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat),
                string.Join(" * ", counts.Select(static name => $"(ulong){name}")),
                string.Join(" × ", counts.Select(name => fields.Find(other => other.Name == name)?.CName() ?? name)),
                array.Named<uint>("Most"),
                array.Named<bool>("OneIsInline"),
                array.Named<bool>("MayBeAbsent"),
                array.Named<string>("TooMany"),
                array.Named<string>("Unreadable"));
        }
    }
}
