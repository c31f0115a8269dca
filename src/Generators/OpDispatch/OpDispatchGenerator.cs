using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using XePt.Generators.Common;

namespace XePt.Generators.OpDispatch;

/// <summary>Writes direct switches from op enums to their handlers and refuses an op that nobody handles.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class OpDispatchGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var dispatches = context.ReportDiagnostics(
            context.SyntaxProvider.ForAttributeWithMetadataName(
                OpDispatchParser.AttributeName, static (node, _) => node is MethodDeclarationSyntax, OpDispatchParser.Parse)
                .WithTrackingName("OpDispatchResults"),
            "OpDispatches");
        context.RegisterSourceOutput(dispatches, static (output, dispatch) =>
            output.AddSource($"{dispatch.Namespace}.{dispatch.Name}.Dispatch.g.cs", OpDispatchEmitter.Emit(dispatch)));
    }
}
