namespace XePt.Uapi;

/// <summary>What refusals by one rule for one field have in common.</summary>
/// <param name="Errno">The negative errno the call returns.</param>
/// <param name="RuleId">The rule of the specification that refuses the call, for example <c>BIND-074</c>.</param>
/// <param name="Field">The C name of the offending field.</param>
/// <param name="Because">A sentence in the terms of the field, without the value.</param>
public sealed record RejectionReason(Errno Errno, string RuleId, string Field, string Because)
{
    /// <summary>What the offending value was compared with; null when the sentence names all there is to know.</summary>
    public Comparand? ComparedWith { get; init; }
}
