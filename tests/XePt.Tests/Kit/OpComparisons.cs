using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace XePt.Tests.Kit;

/// <summary>Where sources tell the members of an enum apart by hand: comparisons, patterns, switches, look-ups.</summary>
internal static class OpComparisons
{
    /// <summary>The enums that a method with <c>[OpDispatch]</c> dispatches on.</summary>
    public static string[] Dispatched(CSharpCompilation compilation) => [.. (
        from tree in compilation.SyntaxTrees
        from method in tree.GetRoot().DescendantNodes().OfType<MethodDeclarationSyntax>()
        where method.AttributeLists.SelectMany(list => list.Attributes).Any(attribute => attribute.Name.ToString() == "OpDispatch")
        let model = SourceCompilation.ModelOf(compilation, tree)
        select model.GetDeclaredSymbol(method)!.Parameters[0].Type.Name).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The places, as file and line.</summary>
    /// <param name="compilation">The sources.</param>
    /// <param name="enums">The enums, by name.</param>
    public static IEnumerable<string> ByHand(CSharpCompilation compilation, string[] enums) =>
        from tree in compilation.SyntaxTrees
        let model = SourceCompilation.ModelOf(compilation, tree)
        from node in tree.GetRoot().DescendantNodes()
        where Compared(node).Any(expression => TypeOf(model, expression) is { TypeKind: TypeKind.Enum } type && enums.Contains(type.Name))
        select $"{tree.FilePath}:{tree.GetLineSpan(node.Span).StartLinePosition.Line + 1}";

    private static IEnumerable<ExpressionSyntax> Compared(SyntaxNode node) => node switch
    {
        BinaryExpressionSyntax binary when IsComparison(binary.Kind()) => [binary.Left, binary.Right],
        IsPatternExpressionSyntax pattern => [pattern.Expression],
        SwitchStatementSyntax statement => [statement.Expression],
        SwitchExpressionSyntax expression => [expression.GoverningExpression],
        SubpatternSyntax { ExpressionColon.Expression: { } member } => [member],
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "Equals" or "HasFlag" } call } =>
            [call.Expression],
        _ => [],
    };

    // The name of a member in a pattern is no expression with a type.
    private static ITypeSymbol? TypeOf(SemanticModel model, ExpressionSyntax expression) => model.GetSymbolInfo(expression).Symbol switch
    {
        IFieldSymbol field => field.Type,
        IPropertySymbol property => property.Type,
        _ => model.GetTypeInfo(expression).Type,
    };

    private static bool IsComparison(SyntaxKind kind) => kind is SyntaxKind.EqualsExpression or SyntaxKind.NotEqualsExpression
        or SyntaxKind.LessThanExpression or SyntaxKind.LessThanOrEqualExpression
        or SyntaxKind.GreaterThanExpression or SyntaxKind.GreaterThanOrEqualExpression;
}
