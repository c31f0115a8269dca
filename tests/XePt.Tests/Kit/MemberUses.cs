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

    private static IEnumerable<SimpleNameSyntax> Uses(CSharpCompilation compilation, string type, string member) =>
        from tree in compilation.SyntaxTrees
        let model = SourceCompilation.ModelOf(compilation, tree)
        from name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>()
        where name.Identifier.Text == member
        let symbol = model.GetSymbolInfo(name).Symbol
        where symbol is { Name: var found, ContainingType.Name: var declaring } && found == member && declaring == type
        select name;
}
