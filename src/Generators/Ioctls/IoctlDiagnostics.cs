using Microsoft.CodeAnalysis;

namespace XePt.Generators.Ioctls;

/// <summary>What can be wrong with an ioctl entry.</summary>
internal static class IoctlDiagnostics
{
    public static readonly DiagnosticDescriptor EntryForm = Error(
        "XEPT0601",
        "Ioctl entry cannot be written",
        "'{0}' must be a partial method without body that takes a request code (uint) and an argument (Span<byte>); "
        + "neither it nor its type may be generic, nor its type nested");

    public static readonly DiagnosticDescriptor MissingHandler = Error(
        "XEPT0602",
        "Ioctl without handler",
        "'{0}' has no handler for {1}: add a method {2} or {2}FromUser that takes {3} and spans of the arrays it declares");

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "XePt.Ioctls", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
