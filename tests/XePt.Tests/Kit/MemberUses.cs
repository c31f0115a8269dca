using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace XePt.Tests.Kit;

/// <summary>Where sources use a member, seen as the compiler sees them.</summary>
internal static class MemberUses
{
    /// <summary>The files, each once.</summary>
    /// <param name="compilation">The sources.</param>
    /// <param name="type">The type that declares the member.</param>
    /// <param name="member">The member, with all its overloads.</param>
    public static IEnumerable<string> Files(CSharpCompilation compilation, string type, string member) =>
        Uses(compilation, type, member).Select(use => use.SyntaxTree.FilePath).Distinct();

    /// <summary>The methods by name, each once.</summary>
    /// <param name="compilation">As there.</param>
    /// <param name="type">As there.</param>
    /// <param name="member">As there.</param>
    public static IEnumerable<string> Methods(CSharpCompilation compilation, string type, string member) =>
        Uses(compilation, type, member).Select(use => use.FirstAncestorOrSelf<MethodDeclarationSyntax>()?.Identifier.Text ?? "")
            .Distinct().Order(StringComparer.Ordinal);

    /// <summary>The types that keep a value of a type in a field or property.</summary>
    /// <param name="compilation">The sources.</param>
    /// <param name="kept">Name of the type of the values.</param>
    /// <param name="among">Which files count.</param>
    public static IEnumerable<string> Keepers(CSharpCompilation compilation, string kept, Func<string, bool> among) =>
        from type in Types(compilation)
        where type.DeclaringSyntaxReferences.Any(part => among(part.SyntaxTree.FilePath))
        where type.GetMembers().Any(member =>
            (member is IFieldSymbol { Type.Name: var field } && field == kept)
            || (member is IPropertySymbol { IsStatic: false, SetMethod: not null, Type.Name: var property } && property == kept))
        orderby type.Name
        select type.Name;

    /// <summary>The methods that others can call, take a value of one type and return one of another.</summary>
    /// <param name="compilation">The sources.</param>
    /// <param name="taken">Name of the type that they take.</param>
    /// <param name="returned">Name of the type that they return.</param>
    public static IEnumerable<string> Converters(CSharpCompilation compilation, string taken, string returned) =>
        from type in Types(compilation)
        from method in type.GetMembers().OfType<IMethodSymbol>()
        where method.DeclaredAccessibility != Accessibility.Private && method.ReturnType.Name == returned
            && method.Parameters.Any(parameter => parameter.RefKind != RefKind.Out && parameter.Type.Name == taken)
        select $"{type.Name}.{method.Name}";

    private static IEnumerable<INamedTypeSymbol> Types(CSharpCompilation compilation) =>
        from tree in compilation.SyntaxTrees
        let model = SourceCompilation.ModelOf(compilation, tree)
        from declaration in tree.GetRoot().DescendantNodes().OfType<TypeDeclarationSyntax>()
        select (INamedTypeSymbol)model.GetDeclaredSymbol(declaration)! into type
        group type by type.ToDisplayString() into parts
        select parts.First();

    private static IEnumerable<SimpleNameSyntax> Uses(CSharpCompilation compilation, string type, string member) =>
        from tree in compilation.SyntaxTrees
        let model = SourceCompilation.ModelOf(compilation, tree)
        from name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>()
        where name.Identifier.Text == member
        let symbol = model.GetSymbolInfo(name).Symbol
        where symbol is { Name: var found, ContainingType.Name: var declaring } && found == member && declaring == type
        select name;
}
