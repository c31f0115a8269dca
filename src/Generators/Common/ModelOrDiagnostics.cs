namespace XePt.Generators.Common;

/// <summary>What a parser returns: a model, or the diagnostics that say why there is none.</summary>
/// <remarks>Warnings may come together with a model.</remarks>
internal readonly record struct ModelOrDiagnostics<T>(T? Model, EquatableArray<DiagnosticInfo> Diagnostics)
    where T : class, IEquatable<T>
{
    public static ModelOrDiagnostics<T> Of(T model) => new(model, default);

    public static ModelOrDiagnostics<T> Of(params DiagnosticInfo[] diagnostics) => new(null, diagnostics.ToEquatableArray());

    /// <summary>The model when <paramref name="diagnostics"/> is empty, else only the diagnostics.</summary>
    public static ModelOrDiagnostics<T> Of(IReadOnlyCollection<DiagnosticInfo> diagnostics, Func<T> model) =>
        diagnostics.Count == 0 ? Of(model()) : new(null, diagnostics.ToEquatableArray());
}
