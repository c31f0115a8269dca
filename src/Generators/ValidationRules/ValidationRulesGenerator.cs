using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Turns declared argument checks and refusals into the code that runs them and the data that describes them.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class ValidationRulesGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var lists = context.ReportDiagnostics(
            context.SyntaxProvider.ForAttributeWithMetadataName(
                CheckListParser.AttributeName, static (node, _) => node is ClassDeclarationSyntax, CheckListParser.Parse)
                .WithTrackingName("CheckListResults"),
            "CheckLists");
        context.RegisterSourceOutput(lists, static (output, list) =>
            output.AddSource($"{list.Namespace}.{list.ClassName}.Checks.g.cs", CheckListEmitter.Emit(list)));

        var refusals = context.ReportDiagnostics(
            context.SyntaxProvider.ForAttributeWithMetadataName(
                RefusalParser.AttributeName, static (node, _) => node is MethodDeclarationSyntax, RefusalParser.Parse)
                .WithTrackingName("RefusalResults"),
            "Refusals");
        var classes = refusals.CollectEquatable("AllRefusals")
            .SelectMany(static (all, _) => RefusalClassModel.Group(all))
            .WithTrackingName("RefusalClasses");
        context.RegisterSourceOutput(classes, static (output, refusalClass) =>
            output.AddSource($"{refusalClass.Namespace}.{refusalClass.ClassName}.Refusals.g.cs", RefusalEmitter.Emit(refusalClass)));
    }
}
