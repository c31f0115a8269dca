using Microsoft.CodeAnalysis;

namespace XePt.Generators.OpDispatch;

/// <summary>What can be wrong with an op dispatch.</summary>
internal static class DispatchDiagnostics
{
    private const string Category = "XePt.OpDispatch";

    public static readonly DiagnosticDescriptor ClassForm = Error(
        "XEPT0401", "Dispatch class cannot be extended", "'{0}' must be a static partial class in a namespace, neither nested nor generic");

    public static readonly DiagnosticDescriptor NotAnEnum = Error(
        "XEPT0402", "Ops are no enum", "'{0}' dispatches on '{1}', which is no enum");

    public static readonly DiagnosticDescriptor MissingHandler = Error(
        "XEPT0403", "Op without handler", "'{0}' has no handler for {1}.{2}: add a method with [HandlesOp({1}.{2})]");

    public static readonly DiagnosticDescriptor DuplicateHandler = Error(
        "XEPT0404", "Op with several handlers", "{0}.{1} is handled by '{2}' and by '{3}'");

    public static readonly DiagnosticDescriptor SignatureDiffers = Error(
        "XEPT0405", "Handler signature differs", "'{0}' must have the result and the parameters of the first handler, '{1}'");

    public static readonly DiagnosticDescriptor HandlerForm = Error(
        "XEPT0406", "Handler cannot be called directly", "'{0}' must be static, not generic, and must not return a reference");

    public static readonly DiagnosticDescriptor UnknownOp = Error(
        "XEPT0407", "Handler for an unknown op", "'{0}' handles {1}, which is no member of {2}");

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, Category, DiagnosticSeverity.Error, isEnabledByDefault: true);
}
