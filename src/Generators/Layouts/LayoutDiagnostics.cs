using Microsoft.CodeAnalysis;

namespace XePt.Generators.Layouts;

/// <summary>What the Layouts generator can object to.</summary>
internal static class LayoutDiagnostics
{
    public static readonly DiagnosticDescriptor NotExplicit = Error(
        "XEPT0101",
        "uAPI struct without explicit layout",
        "'{0}' must be a struct that is neither nested nor generic, with [StructLayout(LayoutKind.Explicit, Size = {1})]");

    public static readonly DiagnosticDescriptor NoOffset = Error(
        "XEPT0102", "uAPI field without offset", "Field '{0}' has no [FieldOffset]");

    public static readonly DiagnosticDescriptor NoCName = Error(
        "XEPT0103", "uAPI field without C name", "Field '{0}' has no [CName]");

    public static readonly DiagnosticDescriptor WrongSize = Error(
        "XEPT0104", "uAPI struct of wrong size", "'{0}' declares {1} bytes but its fields end at {2}");

    public static readonly DiagnosticDescriptor Overlap = Error(
        "XEPT0105", "uAPI fields overlap", "'{0}' overlaps '{1}' at byte {2}; arms of one union need the same [Union] name");

    public static readonly DiagnosticDescriptor Gap = Error(
        "XEPT0106", "Gap in uAPI struct", "No field covers the bytes [{0}, {1}) before '{2}'");

    public static readonly DiagnosticDescriptor NotBlittable = Error(
        "XEPT0107", "uAPI field is not blittable", "'{0}' has type '{1}', which has no fixed layout in C");

    public static readonly DiagnosticDescriptor IoctlRange = Error(
        "XEPT0108", "ioctl does not fit its request code", "'{0}': {1} is {2}, the request code takes {3}");

    public static readonly DiagnosticDescriptor DuplicateName = Error(
        "XEPT0109", "C name declared twice", "'{0}' is already declared");

    public static readonly DiagnosticDescriptor DuplicateNumber = Error(
        "XEPT0110", "ioctl number used twice", "ioctl number {0} already belongs to '{1}'");

    public static readonly DiagnosticDescriptor Misaligned = Error(
        "XEPT0111", "uAPI field is not naturally aligned", "'{0}' at byte {1} is not aligned to {2} bytes, a C compiler would move it");

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "XePt.Layouts", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
