namespace XePt.Streaming;

/// <summary>How an instruction ended, or an access that it made.</summary>
internal enum Step : byte
{
    /// <summary>Done; the next one follows.</summary>
    Next,

    /// <summary>Done; it has set where to go on.</summary>
    Jumped,

    /// <summary>It waits for something that somebody else writes; the same instruction again, later.</summary>
    Polling,

    /// <summary>It waits for a page fault; the same instruction again, later.</summary>
    Faulting,

    /// <summary>It has done a part of its work, and the budget is used up; the same instruction goes on.</summary>
    Unfinished,

    /// <summary>The batch has ended.</summary>
    Over,

    /// <summary>The batch cannot go on; the column knows why.</summary>
    Failed,
}
