using Microsoft.CodeAnalysis;

namespace XePt.Generators.ValidationRules;

/// <summary>What can be wrong with declared checks and refusals.</summary>
internal static class CheckDiagnostics
{
    private const string Category = "XePt.ValidationRules";

    public static readonly DiagnosticDescriptor ClassForm = Error(
        "XEPT0301", "Check class cannot be extended", "'{0}' must be a top-level, non-generic static partial class");

    public static readonly DiagnosticDescriptor UnknownField = Error(
        "XEPT0302", "Unknown field", "'{0}' has no field with the C name '{1}'");

    public static readonly DiagnosticDescriptor OrderGap = Error(
        "XEPT0303", "Check order has a gap or a duplicate", "The checks of '{0}' must be numbered 1 to {1}; number {2} {3}");

    public static readonly DiagnosticDescriptor ConditionForm = Error(
        "XEPT0304", "Condition cannot be called",
        "'{0}' must be one static method of '{1}' that returns bool and takes any of: argument and context by 'in', facts by value");

    public static readonly DiagnosticDescriptor FieldKind = Error(
        "XEPT0305", "Field does not fit the check", "Field '{0}' cannot be checked with {1}: it must be {2}");

    public static readonly DiagnosticDescriptor RefusalForm = Error(
        "XEPT0306", "Refusal cannot be written",
        "'{0}' must be a static partial method without body that returns Rejection and takes one ulong or nothing, with ComparedWith two");

    public static readonly DiagnosticDescriptor RuleId = Error(
        "XEPT0307", "Malformed rule id", "'{0}' is neither a rule id such as BIND-074 nor a section such as '01 section 9'");

    public static readonly DiagnosticDescriptor NoErrno = Error(
        "XEPT0308", "Check refuses with success", "Rule {0} must name an errno of XePt.Uapi.Errno other than Ok");

    public static readonly DiagnosticDescriptor Alignment = Error(
        "XEPT0309", "Alignment is no power of two", "Rule {0} asks for an alignment of {1}, which is no power of two");

    public static readonly DiagnosticDescriptor Argument = Error(
        "XEPT0310", "Checked type has no C name", "'{0}' must be a struct with [CName]");

    public static readonly DiagnosticDescriptor Selection = Error(
        "XEPT0311", "Row is picked by no member of the selector",
        "Rule {0} is picked by {1}, which is no member of the enum of the list's Selector");

    public static readonly DiagnosticDescriptor FactForm = Error(
        "XEPT0312", "Fact cannot be computed",
        "'{0}' must be a static method that takes any of argument and context by 'in' and returns what no other fact of '{1}' returns");

    public static readonly DiagnosticDescriptor ComparandForm = Error(
        "XEPT0313", "Comparand cannot be computed",
        "'{0}' must be one static method of '{1}' that returns ulong and takes any of argument and context by 'in', beside ComparedWith");

    public static readonly DiagnosticDescriptor NotNamed = Error(
        "XEPT0314", "Member of the selector is named by no row",
        "'{0}' names each member of its selector, but no row has {1} as its Only or Except");

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, Category, DiagnosticSeverity.Error, isEnabledByDefault: true);
}
