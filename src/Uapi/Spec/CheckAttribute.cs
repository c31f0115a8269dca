namespace XePt.Uapi.Spec;

/// <summary>One row of a <see cref="CheckListAttribute"/> table.</summary>
/// <param name="order">Position in the reference order, from 1 without gaps.</param>
/// <param name="ruleId">The rule of the specification, for example <c>BIND-074</c>.</param>
/// <param name="errno">The errno of a call this row refuses.</param>
/// <param name="because">The sentence that explains the refusal, without field name and value.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
internal abstract class CheckAttribute(int order, string ruleId, Errno errno, string because) : Attribute
{
    /// <summary>Position in the reference order, from 1.</summary>
    public int Order { get; } = order;

    /// <summary>The rule of the specification.</summary>
    public string RuleId { get; } = ruleId;

    /// <summary>The errno of a call this row refuses.</summary>
    public Errno Errno { get; } = errno;

    /// <summary>The sentence that explains the refusal.</summary>
    public string Because { get; } = because;

    /// <summary>
    /// Name of a condition of the annotated class: the row applies only when it is true. A condition is a static method that returns
    /// bool and takes any of: the argument and the context (each by <c>in</c>), and facts (by value, see <see cref="CheckFactAttribute"/>).
    /// </summary>
    public string? When { get; init; }

    /// <summary>In words what the field is compared with, when the sentence does not give its value; <see cref="Comparand"/>
    /// does.</summary>
    public string? ComparedWith { get; init; }

    /// <summary>Name of a static method of the annotated class that returns what the field is compared with as a <c>ulong</c> and takes
    /// any of argument and context, each by <c>in</c>. Asked only when the call is refused.
    /// A row with a limit compares with that unless this says otherwise.</summary>
    public string? Comparand { get; init; }

    /// <summary>The one value of the list's selector to which the row applies.</summary>
    public object? Only { get; init; }

    /// <summary>The one value of the list's selector to which the row does not apply.</summary>
    public object? Except { get; init; }
}

/// <summary>Refuses the argument when a condition of the annotated class is true.</summary>
/// <param name="order">Position in the reference order, from 1 without gaps.</param>
/// <param name="ruleId">The rule of the specification.</param>
/// <param name="errno">The errno of a refused call.</param>
/// <param name="because">The sentence that explains the refusal.</param>
/// <param name="field">C name of the field to report.</param>
/// <param name="condition">Name of the condition; see <see cref="CheckAttribute.When"/> for its form.</param>
internal sealed class RefuseIfAttribute(int order, string ruleId, Errno errno, string because, string field, string condition)
    : CheckAttribute(order, ruleId, errno, because)
{
    /// <summary>C name of the field to report.</summary>
    public string Field { get; } = field;

    /// <summary>Name of the condition.</summary>
    public string Condition { get; } = condition;
}

/// <summary>Requires fields to be zero and reports the first one that is not.</summary>
/// <param name="order">Position in the reference order, from 1 without gaps.</param>
/// <param name="ruleId">The rule of the specification.</param>
/// <param name="errno">The errno of a refused call.</param>
/// <param name="because">The sentence that explains the refusal.</param>
/// <param name="fields">C names of the fields; an array field is reported with its first non-zero element.</param>
internal sealed class RequireZeroAttribute(int order, string ruleId, Errno errno, string because, params string[] fields)
    : CheckAttribute(order, ruleId, errno, because)
{
    /// <summary>C names of the fields.</summary>
    public string[] Fields { get; } = fields;
}

/// <summary>Requires fields to be a multiple of a power of two and reports the first one that is not.</summary>
/// <param name="order">Position in the reference order, from 1 without gaps.</param>
/// <param name="ruleId">The rule of the specification.</param>
/// <param name="errno">The errno of a refused call.</param>
/// <param name="because">The sentence that explains the refusal.</param>
/// <param name="alignment">The power of two, in bytes.</param>
/// <param name="fields">C names of the fields.</param>
internal sealed class RequireAlignedAttribute(
    int order, string ruleId, Errno errno, string because, ulong alignment, params string[] fields)
    : CheckAttribute(order, ruleId, errno, because)
{
    /// <summary>The power of two, in bytes.</summary>
    public ulong Alignment { get; } = alignment;

    /// <summary>C names of the fields.</summary>
    public string[] Fields { get; } = fields;
}

/// <summary>Requires an unsigned field not to exceed a limit.</summary>
/// <param name="order">Position in the reference order, from 1 without gaps.</param>
/// <param name="ruleId">The rule of the specification.</param>
/// <param name="errno">The errno of a refused call.</param>
/// <param name="because">The sentence that explains the refusal.</param>
/// <param name="field">C name of the field.</param>
/// <param name="maximum">The largest accepted value.</param>
internal sealed class RequireAtMostAttribute(int order, string ruleId, Errno errno, string because, string field, ulong maximum)
    : CheckAttribute(order, ruleId, errno, because)
{
    /// <summary>C name of the field.</summary>
    public string Field { get; } = field;

    /// <summary>The largest accepted value.</summary>
    public ulong Maximum { get; } = maximum;
}

/// <summary>Requires a field to hold a declared member of an enum.</summary>
/// <param name="order">Position in the reference order, from 1 without gaps.</param>
/// <param name="ruleId">The rule of the specification.</param>
/// <param name="errno">The errno of a refused call.</param>
/// <param name="because">The sentence that explains the refusal.</param>
/// <param name="field">C name of the field.</param>
internal sealed class RequireKnownValueAttribute(int order, string ruleId, Errno errno, string because, string field)
    : CheckAttribute(order, ruleId, errno, because)
{
    /// <summary>C name of the field.</summary>
    public string Field { get; } = field;

    /// <summary>The enum, for a field that is declared as a plain number because its meaning depends on the call.</summary>
    public Type? Among { get; init; }
}

/// <summary>Requires a flags field to hold no bit outside the declared members of its enum.</summary>
/// <param name="order">Position in the reference order, from 1 without gaps.</param>
/// <param name="ruleId">The rule of the specification.</param>
/// <param name="errno">The errno of a refused call.</param>
/// <param name="because">The sentence that explains the refusal.</param>
/// <param name="field">C name of the field, whose type is a <c>[Flags]</c> enum.</param>
internal sealed class RequireKnownFlagsAttribute(int order, string ruleId, Errno errno, string because, string field)
    : CheckAttribute(order, ruleId, errno, because)
{
    /// <summary>C name of the field.</summary>
    public string Field { get; } = field;
}
