using System.Globalization;

namespace XePt;

/// <summary>What was wrong with a use of a translation.</summary>
public enum CoherenceViolationKind : byte
{
    /// <summary>The translation was read from the tables before an invalidation that covers it and used after that was
    /// acknowledged.</summary>
    NotFlushed,

    /// <summary>An invalidation that covers the translation was acknowledged while an access that uses it was in progress.</summary>
    AcknowledgedInUse,

    /// <summary>The address had this translation once, but an acknowledged flush has ended that before the access began.</summary>
    OldMapping,

    /// <summary>The address never had this translation.</summary>
    UnknownMapping,
}

/// <summary>One use of a translation that must not have happened.</summary>
/// <param name="Kind">What was wrong.</param>
/// <param name="Who">Name of the unit or walker.</param>
/// <param name="Gt">Its GT; -1 for a walker that has none.</param>
/// <param name="Vm">Number of the VM.</param>
/// <param name="Seen">What was used; its <see cref="Translation.Va"/> is the address.</param>
/// <param name="Seqno">The invalidation that should have dropped it, on <paramref name="Gt"/>; 0 where a mapping was compared.</param>
/// <param name="Change">The change, of <see cref="ExpectedMap"/>, that replaced the mapping, or the newest one of the page; 0 where an
/// invalidation tells.</param>
public readonly record struct CoherenceViolation(
    CoherenceViolationKind Kind, string Who, int Gt, int Vm, Translation Seen, ulong Seqno, long Change)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Kind}: {Who} used {Seen.Status} 0x{Seen.Address:x} for 0x{Seen.Va:x} of " +
        $"vm {Vm}, {(Seqno != 0 ? $"gt{Gt} invalidation {Seqno}" : $"change {Change}")}");
}
