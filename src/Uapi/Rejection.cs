namespace XePt.Uapi;

/// <summary>Why a call was refused: the errno and the one rule that decided it.</summary>
/// <remarks>The default value means "not rejected". Creating one allocates nothing: all strings are literals.</remarks>
/// <param name="Errno">The negative errno the call returns.</param>
/// <param name="RuleId">The rule of the specification that refuses the call, for example <c>BIND-074</c>.</param>
/// <param name="Field">The C name of the offending field.</param>
/// <param name="Value">The offending value as the caller gave it.</param>
/// <param name="Because">A sentence in the terms of the field, without the value.</param>
public readonly record struct Rejection(Errno Errno, string RuleId, string Field, ulong Value, string Because)
{
    /// <summary>Index of the bind op in the array the rejection is about, or -1 for the call as a whole.</summary>
    public int OpIndex { get; init; } = -1;

    /// <summary>Index of the sync entry in the array the rejection is about, or -1 for the call as a whole.</summary>
    public int SyncIndex { get; init; } = -1;

    /// <summary>True when something was rejected.</summary>
    public bool IsRejected => Errno != Errno.Ok;

    /// <summary>The sentence that explains the rejection.</summary>
    public override string ToString() => IsRejected
        ? $"-{Errno}: {Place}{Field} = 0x{Value:x}: {Because} [{RuleId}]"
        : "accepted";

    private string Place => OpIndex >= 0 ? $"op {OpIndex}: " : SyncIndex >= 0 ? $"sync {SyncIndex}: " : "";
}
