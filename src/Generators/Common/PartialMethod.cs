using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace XePt.Generators.Common;

/// <summary>A partial method whose body is to be written, in pieces of source code.</summary>
/// <param name="Namespace">Namespace of its type.</param>
/// <param name="Type">Its type, for example <c>class BindStage</c>.</param>
/// <param name="Name">Type and method, for example <c>BindStage.Prepare</c>.</param>
/// <param name="Declaration">Modifiers, result, name and parameters.</param>
/// <param name="Result">The type of its result, or <c>void</c>.</param>
/// <param name="Parameters">Its parameters, as a call passes them on.</param>
internal sealed record PartialMethod(
    string Namespace, string Type, string Name, string Declaration, string Result, EquatableArray<string> Parameters)
{
    public static PartialMethod Of(IMethodSymbol method, SyntaxNode definition) => new(
        method.ContainingNamespace.ToDisplayString(),
        MethodForm.TypeHeader(method),
        $"{method.ContainingType.Name}.{method.Name}",
        MethodForm.Declaration(method, (MethodDeclarationSyntax)definition),
        method.ReturnType.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat),
        method.Parameters.Select(MethodForm.Argument).ToEquatableArray());

    /// <summary>Writes the bodies of the methods that have an attribute, each in a file of its own.</summary>
    /// <param name="context">The generator's context.</param>
    /// <param name="attribute">Full name of the attribute.</param>
    /// <param name="parse">Reads one method.</param>
    /// <param name="file">Names and writes its file.</param>
    /// <param name="results">Name of the step that reads.</param>
    /// <param name="models">Name of the step that holds what was read without error.</param>
    public static void Register<T>(
        IncrementalGeneratorInitializationContext context,
        string attribute,
        Func<GeneratorAttributeSyntaxContext, CancellationToken, ModelOrDiagnostics<T>> parse,
        Func<T, (string Name, string Text)> file,
        string results,
        string models)
        where T : class, IEquatable<T>
    {
        var read = context.SyntaxProvider
            .ForAttributeWithMetadataName(attribute, static (node, _) => node is MethodDeclarationSyntax, parse).WithTrackingName(results);
        context.RegisterSourceOutput(context.ReportDiagnostics(read, models), (output, model) =>
        {
            var (name, text) = file(model);
            output.AddSource(name, text);
        });
    }
}
