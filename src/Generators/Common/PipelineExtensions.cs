using Microsoft.CodeAnalysis;

namespace XePt.Generators.Common;

internal static class PipelineExtensions
{
    /// <summary>Reports the diagnostics of a parse step and passes on its models.</summary>
    /// <param name="context">The generator's context.</param>
    /// <param name="results">The parse step.</param>
    /// <param name="trackingName">Name of the step that holds the models only.</param>
    public static IncrementalValuesProvider<T> ReportDiagnostics<T>(
        this IncrementalGeneratorInitializationContext context,
        IncrementalValuesProvider<ModelOrDiagnostics<T>> results,
        string trackingName)
        where T : class, IEquatable<T>
    {
        var diagnostics = results.SelectMany(static (result, _) => result.Diagnostics);
        context.RegisterSourceOutput(diagnostics, static (output, diagnostic) => output.ReportDiagnostic(diagnostic.ToDiagnostic()));
        return results.Where(static result => result.Model is not null)
            .Select(static (result, _) => result.Model!)
            .WithTrackingName(trackingName);
    }

    /// <summary>Collects all values into one that compares by its elements.</summary>
    public static IncrementalValueProvider<EquatableArray<T>> CollectEquatable<T>(
        this IncrementalValuesProvider<T> values, string trackingName)
        where T : IEquatable<T> =>
        values.Collect().Select(static (items, _) => items.ToEquatableArray()).WithTrackingName(trackingName);
}
