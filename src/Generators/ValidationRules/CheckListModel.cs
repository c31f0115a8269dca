using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>One class with <c>[CheckList]</c>.</summary>
/// <param name="Namespace">Namespace of the class; empty for the global one.</param>
/// <param name="ClassName">Name of the class.</param>
/// <param name="Accessibility">C# accessibility keyword of the class.</param>
/// <param name="ArgumentType">Fully qualified name of the checked struct.</param>
/// <param name="ArgumentCName">C name of the checked struct.</param>
/// <param name="ContextType">Fully qualified name of the context struct, or null.</param>
/// <param name="Checks">The rows in order.</param>
internal sealed record CheckListModel(
    string Namespace,
    string ClassName,
    string Accessibility,
    string ArgumentType,
    string ArgumentCName,
    string? ContextType,
    EquatableArray<CheckModel> Checks);

/// <summary>One row of a check list.</summary>
/// <param name="Order">Position in the reference order, from 1.</param>
/// <param name="Rule">Rule id and errno.</param>
/// <param name="Because">The sentence of the refusal.</param>
/// <param name="When">Call of the condition under which the row applies, or null.</param>
/// <param name="Test">What is tested.</param>
internal sealed record CheckModel(int Order, RuleHead Rule, string Because, string? When, TestModel Test);

/// <summary>What a row tests.</summary>
/// <param name="Kind">The kind of test.</param>
/// <param name="Fields">The tested fields; the reported one for <see cref="CheckKind.RefuseIf"/>.</param>
internal sealed record TestModel(CheckKind Kind, EquatableArray<FieldModel> Fields)
{
    /// <summary>Call of the refusing condition for <see cref="CheckKind.RefuseIf"/>, else null.</summary>
    public string? Condition { get; init; }

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
