namespace XePt.Stage;

/// <summary>What became of the page reclaim list of a tile update.</summary>
internal enum ReclaimState : byte
{
    /// <summary>Nothing asked for one.</summary>
    None,

    /// <summary>It holds every page that the unbinds so far take away.</summary>
    Complete,

    /// <summary>It does not, and stays unusable for this update: the invalidation flushes everything.</summary>
    Aborted,
}
