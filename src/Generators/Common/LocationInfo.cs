using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace XePt.Generators.Common;

/// <summary>A source location that compares by value and keeps no syntax tree alive.</summary>
internal sealed record LocationInfo(string FilePath, TextSpan Span, LinePositionSpan Lines)
{
    /// <summary>The first source location of a symbol, or null when it has none.</summary>
    public static LocationInfo? Of(ISymbol symbol) => From(symbol.Locations.FirstOrDefault());

    /// <summary>The location of an attribute as written, or null.</summary>
    public static LocationInfo? Of(AttributeData attribute) =>
        attribute.ApplicationSyntaxReference is { } reference ? From(Location.Create(reference.SyntaxTree, reference.Span)) : null;

    public static LocationInfo? From(Location? location) =>
        location?.SourceTree is { } tree ? new(tree.FilePath, location.SourceSpan, location.GetLineSpan().Span) : null;

    public Location ToLocation() => Location.Create(FilePath, Span, Lines);
}
