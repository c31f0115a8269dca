using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using XePt.Generators.Common;

namespace XePt.Generators.PteFormats;

/// <summary>
/// Generates encoders, decoders and layouts into each <c>[PteFormat]</c> struct, and the switches over all of them into the
/// <c>[PteFormatTable]</c> class.
/// </summary>
[Generator]
public sealed class PteFormatGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var formats = context.ReportDiagnostics(
            context.SyntaxProvider.ForAttributeWithMetadataName(
                PteFormatParser.FormatAttribute, static (node, _) => node is StructDeclarationSyntax, PteFormatParser.ParseFormat)
                .WithTrackingName("PteFormats.ParseFormat"),
            "PteFormats.Format");
        context.RegisterSourceOutput(formats, static (output, format) =>
            output.AddSource($"{format.Namespace}.{format.TypeName}.g.cs", PteFormatEmitter.Emit(format)));

        var tables = context.ReportDiagnostics(
            context.SyntaxProvider.ForAttributeWithMetadataName(
                PteFormatParser.TableAttribute, static (node, _) => node is ClassDeclarationSyntax, PteFormatParser.ParseTable)
                .WithTrackingName("PteFormats.ParseTable"),
            "PteFormats.Table");
        var tablesWithFormats = tables.Combine(formats.CollectEquatable("PteFormats.AllFormats"));
        context.RegisterSourceOutput(tablesWithFormats, static (output, pair) => EmitTable(output, pair.Left, pair.Right));
    }

    private static void EmitTable(SourceProductionContext output, PteFormatTableModel table, EquatableArray<PteFormatModel> formats)
    {
        var diagnostics = new List<DiagnosticInfo>();
        PteFormatChecker.Check(table, formats, diagnostics);
        foreach (var diagnostic in diagnostics)
            output.ReportDiagnostic(diagnostic.ToDiagnostic());
        if (diagnostics.Count == 0)
            output.AddSource($"{table.Namespace}.{table.TypeName}.g.cs", PteFormatTableEmitter.Emit(table, formats));
    }
}
