using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>One class with <c>[CheckList]</c>.</summary>
/// <param name="Namespace">Namespace of the class; empty for the global one.</param>
/// <param name="ClassName">Name of the class.</param>
/// <param name="Accessibility">C# accessibility keyword of the class.</param>
/// <param name="ArgumentType">Fully qualified name of the checked struct.</param>
/// <param name="ArgumentCName">C name of the checked struct.</param>
/// <param name="ContextType">Fully qualified name of the context struct, or null.</param>
/// <param name="Selector">The field by whose value rows are picked, or null.</param>
/// <param name="Facts">What conditions share.</param>
/// <param name="Checks">The rows in order.</param>
internal sealed record CheckListModel(
    string Namespace,
    string ClassName,
    string Accessibility,
    string ArgumentType,
    string ArgumentCName,
    string? ContextType,
    SelectorModel? Selector,
    EquatableArray<FactModel> Facts,
    EquatableArray<CheckModel> Checks);

/// <summary>A field by whose value rows are picked.</summary>
/// <param name="Path">C# path of the field.</param>
/// <param name="Type">Fully qualified name of its enum.</param>
/// <param name="Members">The members of the enum, one for each value.</param>
internal sealed record SelectorModel(string Path, string Cast, string Type, EquatableArray<SelectorMember> Members);

/// <summary>A member of a selector's enum.</summary>
internal sealed record SelectorMember(string Name, ulong Value);

/// <summary>A value that conditions share.</summary>
/// <param name="Name">Name of the local that holds it.</param>
/// <param name="Call">The call that computes it.</param>
internal sealed record FactModel(string Name, string Call);

/// <summary>A call of a condition.</summary>
/// <param name="Call">The call.</param>
/// <param name="Facts">Names of the facts that it passes.</param>
internal sealed record ConditionModel(string Call, EquatableArray<string> Facts);

/// <summary>One row of a check list.</summary>
/// <param name="Order">Position in the reference order, from 1.</param>
/// <param name="Rule">Rule id and errno.</param>
/// <param name="Because">The sentence of the refusal.</param>
/// <param name="When">The condition under which the row applies, or null.</param>
/// <param name="Test">What is tested.</param>
internal sealed record CheckModel(int Order, RuleHead Rule, string Because, ConditionModel? When, TestModel Test)
{
    /// <summary>What the field is compared with, or null when the sentence says it.</summary>
    public ComparandModel? Comparand { get; init; }

    /// <summary>The one selector value to which the row applies, or null.</summary>
    public ulong? Only { get; init; }

    /// <summary>The one selector value to which the row does not apply, or null.</summary>
    public ulong? Except { get; init; }

    /// <summary>Whether the row can refuse an argument with this selector value; null stands for all values that are no member.</summary>
    public bool AppliesTo(ulong? value, SelectorModel selector)
    {
        var isSettled = value is not null && Test.Kind == CheckKind.KnownValue && Test.Fields[0].Path == selector.Path;
        return !isSettled && (Only is null || Only == value) && (Except is null || Except != value);
    }

    /// <summary>Names of the facts that the row needs.</summary>
    public IEnumerable<string> Facts =>
        new[] { When, Test.Condition }.OfType<ConditionModel>().SelectMany(static condition => condition.Facts);
}

/// <summary>What a refused value was compared with.</summary>
/// <param name="Name">In words.</param>
/// <param name="Value">C# expression of its value.</param>
internal sealed record ComparandModel(string Name, string Value);

/// <summary>What a row tests.</summary>
/// <param name="Kind">The kind of test.</param>
/// <param name="Fields">The tested fields; the reported one for <see cref="CheckKind.RefuseIf"/>.</param>
internal sealed record TestModel(CheckKind Kind, EquatableArray<FieldModel> Fields)
{
    /// <summary>The refusing condition for <see cref="CheckKind.RefuseIf"/>, else null.</summary>
    public ConditionModel? Condition { get; init; }

    /// <summary>Alignment, maximum or mask, as <see cref="Kind"/> says.</summary>
    public ulong Operand { get; init; }

    /// <summary>The accepted values of <see cref="CheckKind.KnownValue"/>, ascending.</summary>
    public EquatableArray<ulong> Values { get; init; }
}

/// <summary>The kinds of tests.</summary>
internal enum CheckKind
{
    /// <summary>A condition of the class refuses.</summary>
    RefuseIf,

    /// <summary>Fields must be zero.</summary>
    Zero,

    /// <summary>Fields must be a multiple of the operand, a power of two.</summary>
    Aligned,

    /// <summary>The field must not exceed the operand.</summary>
    AtMost,

    /// <summary>The field must be one of the values.</summary>
    KnownValue,

    /// <summary>The field must have no bit outside the operand.</summary>
    KnownFlags,
}

/// <summary>A field of the checked struct.</summary>
/// <param name="CName">C name, dotted for a member of a nested struct.</param>
/// <param name="Path">C# path from the struct, for example <c>Atomic.Val</c>.</param>
/// <param name="Length">Number of elements of an inline array, or 0 for a number or enum.</param>
internal sealed record FieldModel(string CName, string Path, int Length);
