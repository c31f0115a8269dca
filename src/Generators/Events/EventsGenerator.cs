using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using XePt.Generators.Common;

namespace XePt.Generators.Events;

/// <summary>Writes an event source, what raises its events, and a table of them, from the declarations of the events.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class EventsGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var parsed = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                EventsParser.ClassAttribute, static (node, _) => node is ClassDeclarationSyntax, EventsParser.Parse)
            .WithTrackingName("Events.Parse");
        context.RegisterSourceOutput(context.ReportDiagnostics(parsed, "Events.Models"), static (output, model) =>
        {
            output.AddSource($"{model.Namespace}.{model.Type}.Source.g.cs", EventSourceEmitter.Emit(model));
            output.AddSource($"{model.Namespace}.{model.Type}.Methods.g.cs", EventMethodEmitter.Emit(model));
            output.AddSource($"{model.Namespace}.{model.Type}.Table.g.cs", EventTableEmitter.Emit(model));
        });
    }
}
