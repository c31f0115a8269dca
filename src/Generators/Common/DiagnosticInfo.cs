using Microsoft.CodeAnalysis;

namespace XePt.Generators.Common;

/// <summary>A diagnostic as an equatable value, turned into a real one only when it is reported.</summary>
internal sealed record DiagnosticInfo(DiagnosticDescriptor Descriptor, LocationInfo? Location, EquatableArray<string> Arguments)
{
    public static DiagnosticInfo At(LocationInfo? location, DiagnosticDescriptor descriptor, params string[] arguments) =>
        new(descriptor, location, arguments.ToEquatableArray());

    /// <summary>A diagnostic at the symbol's own declaration.</summary>
    public static DiagnosticInfo At(ISymbol symbol, DiagnosticDescriptor descriptor, params string[] arguments) =>
        At(LocationInfo.Of(symbol), descriptor, arguments);

    public Diagnostic ToDiagnostic() =>
        Diagnostic.Create(Descriptor, Location?.ToLocation() ?? Microsoft.CodeAnalysis.Location.None, [.. Arguments]);
}
