using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>One method with <c>[Refusal]</c>.</summary>
/// <param name="Namespace">Namespace of the class.</param>
/// <param name="ClassName">Name of the class.</param>
/// <param name="Accessibility">C# accessibility keyword of the method.</param>
/// <param name="Method">Name of the method.</param>
/// <param name="ValueParameter">Name of the parameter with the offending value, or null.</param>
/// <param name="Rule">Rule id and errno.</param>
/// <param name="Field">C name of the reported field.</param>
/// <param name="Because">The sentence of the refusal.</param>
internal sealed record RefusalModel(
    string Namespace,
    string ClassName,
    string Accessibility,
    string Method,
    string? ValueParameter,
    RuleHead Rule,
    string Field,
    string Because)
{
    /// <summary>What the value is compared with, or null; its value is the name of the second parameter.</summary>
    public ComparandModel? Comparand { get; init; }
}

/// <summary>All refusals of one class.</summary>
internal sealed record RefusalClassModel(string Namespace, string ClassName, EquatableArray<RefusalModel> Refusals)
{
    public static IEnumerable<RefusalClassModel> Group(IEnumerable<RefusalModel> refusals) => refusals
        .GroupBy(static refusal => (refusal.Namespace, refusal.ClassName))
        .Select(static group => new RefusalClassModel(group.Key.Namespace, group.Key.ClassName, group.ToEquatableArray()));
}
