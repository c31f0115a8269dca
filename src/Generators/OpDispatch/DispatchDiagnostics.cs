using Microsoft.CodeAnalysis;

namespace XePt.Generators.OpDispatch;

/// <summary>What can be wrong with an op dispatch.</summary>
internal static class DispatchDiagnostics
{
    private const string Category = "XePt.OpDispatch";

    public static readonly DiagnosticDescriptor MethodForm = Error(
        "XEPT0401",
        "Dispatch cannot be written",
        "'{0}' must be a partial method without body that returns no reference; neither it nor its type may be generic, nor its type " +
        "nested");

    public static readonly DiagnosticDescriptor NotAnEnum = Error(
        "XEPT0402", "No ops to dispatch on", "The first parameter of '{0}' must be an enum, by value");

    public static readonly DiagnosticDescriptor MissingHandler = Error(
        "XEPT0403", "Op without handler", "'{0}' has no handler for {1}.{2}: add a method with [HandlesOp({1}.{2})]");

    public static readonly DiagnosticDescriptor DuplicateHandler = Error(
        "XEPT0404", "Op with several handlers", "{0}.{1} is handled by '{2}' and by '{3}'");

    public static readonly DiagnosticDescriptor UnknownOp = Error(
        "XEPT0405", "Handler for an unknown op", "'{0}' handles {1}, which is no member of {2}");

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, Category, DiagnosticSeverity.Error, isEnabledByDefault: true);
}
