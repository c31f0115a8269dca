namespace XePt;

/// <summary>What a fence in a reservation is there for; waiting for one usage waits for all lower ones too, as in the DRM reservation
/// object.</summary>
internal enum FenceUsage : byte
{
    /// <summary>Memory management: moves, clears, rebinds. Everybody waits for these.</summary>
    Kernel,

    /// <summary>Implicitly synchronised writes.</summary>
    Write,

    /// <summary>Implicitly synchronised reads.</summary>
    Read,

    /// <summary>Everything else that keeps memory in use: binds, jobs, preempt fences. Nobody waits for these implicitly.</summary>
    Bookkeep,
}
