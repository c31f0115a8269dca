namespace XePt;

/// <summary>Why a TLB invalidation was issued (PT-176, PT-183).</summary>
public enum TlbInvalidationCause : byte
{
    /// <summary>A tile update of a bind or unbind; part of its fence (BIND-248).</summary>
    Bind,

    /// <summary>A VMA was zapped (BIND-267); the caller waits.</summary>
    Zap,

    /// <summary>An SVM range was zapped (PT-118); the caller waits.</summary>
    Range,

    /// <summary>A batch flushes its VM before it starts (PT-176); the batch does it itself, so no message is counted.</summary>
    Exec,

    /// <summary>A VM is being closed (PT-183); the memory of its tables waits.</summary>
    Close,
}
