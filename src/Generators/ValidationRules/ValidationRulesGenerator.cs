using System.Threading;
using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Turns declared argument checks and refusals into the code that runs them and the data that describes them.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class ValidationRulesGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var lists = Read(context, CheckListParser.AttributeName, CheckListParser.Parse, "CheckLists");
        context.RegisterSourceOutput(lists, static (output, list) =>
            output.AddSource($"{list.Namespace}.{list.ClassName}.Checks.g.cs", CheckListEmitter.Emit(list)));

        var refusals = Read(context, RefusalParser.AttributeName, RefusalParser.Parse, "Refusals")
            .CollectEquatable("AllRefusals")
            .SelectMany(static (all, _) => RefusalClassModel.Group(all))
            .WithTrackingName("RefusalClasses");
        context.RegisterSourceOutput(refusals, static (output, @class) =>
            output.AddSource($"{@class.Namespace}.{@class.ClassName}.Refusals.g.cs", RefusalEmitter.Emit(@class)));

        var listNames = lists.Select(static (list, _) => $"{list.Namespace}.{list.ClassName}").CollectEquatable("CheckListNames");
        var refusalNames = refusals.Select(static (@class, _) => $"{@class.Namespace}.{@class.ClassName}").CollectEquatable("RefusalNames");
        var catalogs = Read(context, CheckCatalogParser.AttributeName, CheckCatalogParser.Parse, "CheckCatalogs")
            .Combine(listNames)
            .Combine(refusalNames);
        context.RegisterSourceOutput(catalogs, static (output, parts) =>
        {
            var ((catalog, checkLists), refusalClasses) = parts;
            var code = CheckCatalogEmitter.Emit(catalog, checkLists.Concat(refusalClasses));
            output.AddSource($"{catalog.Namespace}.{catalog.ClassName}.Catalog.g.cs", code);
        });
    }

    private static IncrementalValuesProvider<T> Read<T>(
        IncrementalGeneratorInitializationContext context,
        string attribute,
        Func<GeneratorAttributeSyntaxContext, CancellationToken, ModelOrDiagnostics<T>> parse,
        string trackingName)
        where T : class, IEquatable<T>
    {
        var results = context.SyntaxProvider.ForAttributeWithMetadataName(attribute, static (_, _) => true, parse);
        return context.ReportDiagnostics(results.WithTrackingName(trackingName + "Results"), trackingName);
    }
}
