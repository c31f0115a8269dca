using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using XePt.Generators.Common;

namespace XePt.Generators.FlagTables;

/// <summary>
/// Emits, for every enum marked <c>[FlagTable]</c>, a static class with its names, formatting, parsing and masks, and for
/// flags that depend on the profile which one knows them at which bit.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class FlagTablesGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var parsed = context.SyntaxProvider
            .ForAttributeWithMetadataName(SpecNames.FlagTable, static (node, _) => node is EnumDeclarationSyntax, FlagTableParser.Parse)
            .WithTrackingName("FlagTables.Parse");
        var models = context.ReportDiagnostics(parsed, "FlagTables.Models");
        context.RegisterSourceOutput(models, static (output, model) =>
            output.AddSource($"{model.Namespace}.{model.Name}Table.g.cs", FlagTableEmitter.Emit(model)));
    }
}
