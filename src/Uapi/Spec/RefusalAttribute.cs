namespace XePt.Uapi.Spec;

/// <summary>Declares a refusal that the engine decides, where no look at the argument alone would do.</summary>
/// <remarks>
/// Put it on a static partial method that returns <see cref="Rejection"/> and takes the offending value as one <c>ulong</c>, or nothing.
/// With <see cref="ComparedWith"/> it takes a second one, what the value was compared with. The generator writes the body.
/// </remarks>
/// <param name="ruleId">The rule of the specification, for example <c>BIND-041</c>.</param>
/// <param name="errno">The errno of the refused call.</param>
/// <param name="field">C name of the field to report.</param>
/// <param name="because">The sentence that explains the refusal, without field name and value.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RefusalAttribute(string ruleId, Errno errno, string field, string because) : Attribute
{
    /// <summary>The rule of the specification.</summary>
    public string RuleId { get; } = ruleId;

    /// <summary>The errno of the refused call.</summary>
    public Errno Errno { get; } = errno;

    /// <summary>C name of the field to report.</summary>
    public string Field { get; } = field;

    /// <summary>The sentence that explains the refusal.</summary>
    public string Because { get; } = because;

    /// <summary>In words what the value is compared with: the second parameter.</summary>
    public string? ComparedWith { get; init; }
}
