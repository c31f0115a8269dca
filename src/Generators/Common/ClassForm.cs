using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace XePt.Generators.Common;

/// <summary>Judges whether a generator can add members to a class.</summary>
internal static class ClassForm
{
    /// <summary>Whether the class is static, partial, not generic, and stands directly in a named namespace.</summary>
    public static bool IsExtensible(INamedTypeSymbol @class) =>
        @class is { IsStatic: true, IsGenericType: false, ContainingType: null, ContainingNamespace.IsGlobalNamespace: false }
        && @class.DeclaringSyntaxReferences.All(static reference =>
            reference.GetSyntax() is ClassDeclarationSyntax syntax && syntax.Modifiers.Any(SyntaxKind.PartialKeyword));

    /// <summary>The C# keyword of an accessibility that a top-level type or its members can have.</summary>
    public static string Keyword(Accessibility accessibility) => accessibility switch
    {
        Accessibility.Public => "public",
        Accessibility.Private => "private",
        _ => "internal",
    };
}
