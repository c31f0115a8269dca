using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using XePt.Generators.Common;

namespace XePt.Generators.FlagTables;

/// <summary>
/// Emits, for every enum marked <c>[FlagTable]</c>, a static class with its names, formatting, parsing and masks, and for
/// flags with legality attributes which combination of operation, VM mode and profile accepts them.
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
