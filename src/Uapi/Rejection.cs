namespace XePt.Uapi;

/// <summary>Why a call was refused: the errno and the one rule that decided it.</summary>
/// <remarks>The default value means "not rejected"; its texts are null. It is short, because every check of an accepted call returns one:
/// what a refusal says stands in a <see cref="RejectionReason"/> that exists once.</remarks>
/// <param name="reason">What was refused and by which rule.</param>
/// <param name="value">The offending value as the caller gave it.</param>
public readonly struct Rejection(RejectionReason reason, ulong value) : IEquatable<Rejection>
{
    private readonly RejectionReason? _reason = reason;

    // Indices are kept one higher, so that the default value says -1.
    private readonly int _op;
    private readonly int _sync;

    /// <summary>Makes the reason, too; for who has none ready.</summary>
    /// <param name="errno">The errno the call returns.</param>
    /// <param name="ruleId">The rule of the specification that refuses the call.</param>
    /// <param name="field">The C name of the offending field.</param>
    /// <param name="value">The offending value as the caller gave it.</param>
    /// <param name="because">A sentence in the terms of the field, without the value.</param>
    public Rejection(Errno errno, string ruleId, string field, ulong value, string because)
        : this(new RejectionReason(errno, ruleId, field, because), value)
    {
    }

    /// <summary>The offending value as the caller gave it.</summary>
    public ulong Value { get; } = value;

    /// <summary>The negative errno the call returns.</summary>
    public Errno Errno => _reason?.Errno ?? Errno.Ok;

    /// <summary>The rule of the specification that refuses the call, for example <c>BIND-074</c>.</summary>
    public string RuleId => _reason?.RuleId!;

    /// <summary>The C name of the offending field.</summary>
    public string Field => _reason?.Field!;

    /// <summary>A sentence in the terms of the field, without the value.</summary>
    public string Because => _reason?.Because!;

    /// <summary>What the offending value was compared with; null when the sentence names all there is to know.</summary>
    public Comparand? ComparedWith => _reason?.ComparedWith;

    /// <summary>Index of the bind op in the array the rejection is about, or -1 for the call as a whole.</summary>
    public int OpIndex
    {
        get => _op - 1;
        init => _op = value + 1;
    }

    /// <summary>Index of the sync entry in the array the rejection is about, or -1 for the call as a whole.</summary>
    public int SyncIndex
    {
        get => _sync - 1;
        init => _sync = value + 1;
    }

    /// <summary>True when something was rejected.</summary>
    public bool IsRejected => _reason is not null;

    /// <summary>The same reason, value and place.</summary>
    public static bool operator ==(Rejection left, Rejection right) => left.Equals(right);

    /// <summary>Another reason, value or place.</summary>
    public static bool operator !=(Rejection left, Rejection right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(Rejection other) =>
        Equals(_reason, other._reason) && Value == other.Value && _op == other._op && _sync == other._sync;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Rejection other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_reason, Value, _op, _sync);

    /// <summary>The same rejection, which names what the value was compared with.</summary>
    internal Rejection With(Comparand comparand) =>
        new(_reason! with { ComparedWith = comparand }, Value) { OpIndex = OpIndex, SyncIndex = SyncIndex };

    /// <summary>The sentence that explains the rejection.</summary>
    public override string ToString() => IsRejected
        ? $"-{Errno}: {Place}{Field} = 0x{Value:x}: {Because}{Compared} [{RuleId}]"
        : "accepted";

    private string Compared => ComparedWith is { } with ? $" ({with})" : "";

    private string Place => OpIndex >= 0 ? $"op {OpIndex}: " : SyncIndex >= 0 ? $"sync {SyncIndex}: " : "";
}
