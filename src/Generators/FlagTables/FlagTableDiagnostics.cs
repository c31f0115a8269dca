using Microsoft.CodeAnalysis;

namespace XePt.Generators.FlagTables;

/// <summary>What the FlagTables generator can object to.</summary>
internal static class FlagTableDiagnostics
{
    public static readonly DiagnosticDescriptor PrefixUnused = Error(
        "XEPT0201", "Prefix fits no C name", "No C name of '{0}' starts with '{1}'");

    public static readonly DiagnosticDescriptor NotOneBit = Error(
        "XEPT0202", "Flag is not one bit", "'{0}' = 0x{1} is not exactly one bit");

    public static readonly DiagnosticDescriptor NoCName = Error(
        "XEPT0203", "Enum member without C name", "'{0}' has no [CName]");

    public static readonly DiagnosticDescriptor AmbiguousName = Error(
        "XEPT0204", "Ambiguous name", "The name '{0}' already stands for '{1}'");

    public static readonly DiagnosticDescriptor DuplicateValue = Error(
        "XEPT0205", "Value used twice", "'{0}' and '{1}' share the value 0x{2}{3}");

    public static readonly DiagnosticDescriptor NotFlags = Error(
        "XEPT0206", "Profile of something that is no flag", "'{0}' depends on the profile, but its enum has no [Flags]");

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "XePt.FlagTables", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
