using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace XePt.Generators.Common;

/// <summary>Writes the implementing part of a partial method.</summary>
internal static class MethodForm
{
    private static readonly SymbolDisplayFormat Format = SymbolDisplayFormat.FullyQualifiedFormat
        .WithMemberOptions(SymbolDisplayMemberOptions.IncludeType | SymbolDisplayMemberOptions.IncludeParameters)
        .WithParameterOptions(
            SymbolDisplayParameterOptions.IncludeModifiers | SymbolDisplayParameterOptions.IncludeType
                | SymbolDisplayParameterOptions.IncludeName)
        .AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    /// <summary>Whether the method and its type can be written once more: neither generic nor nested, and no reference is
    /// returned.</summary>
    public static bool IsExtensible(IMethodSymbol method) =>
        method is { IsGenericMethod: false, RefKind: RefKind.None, ContainingNamespace.IsGlobalNamespace: false }
        && method.ContainingType is { IsGenericType: false, ContainingType: null };

    /// <summary>For example <c>class BindStage</c>.</summary>
    public static string TypeHeader(IMethodSymbol method) =>
        $"{(method.ContainingType.IsValueType ? "struct" : "class")} {method.ContainingType.Name}";

    /// <summary>The method as its defining part declares it, with full names.</summary>
    public static string Declaration(IMethodSymbol method, MethodDeclarationSyntax syntax) =>
        $"{string.Join(" ", syntax.Modifiers.Select(static modifier => modifier.Text))} {method.ToDisplayString(Format)}";

    /// <summary>A parameter as a call passes it on.</summary>
    public static string Argument(IParameterSymbol parameter) => parameter.RefKind switch
    {
        RefKind.Ref => "ref ",
        RefKind.Out => "out ",
        RefKind.In or RefKind.RefReadOnlyParameter => "in ",
        _ => "",
    } + Escaped(parameter.Name);

    /// <summary>The name as source code writes it.</summary>
    public static string Escaped(string name) => SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None ? name : "@" + name;
}
