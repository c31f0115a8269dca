namespace XePt.Schedules.Exploring;

/// <summary>What a thread is about to do.</summary>
internal enum StepKind
{
    /// <summary>Begin; everything up to the first shared access.</summary>
    Start,

    /// <summary>Read a word.</summary>
    Read,

    /// <summary>Put a store into the thread's buffer.</summary>
    Store,

    /// <summary>An interlocked operation, or a store that is treated as one.</summary>
    Exchange,

    /// <summary>Wait until the thread's own stores have arrived.</summary>
    Barrier,

    /// <summary>Wait until another thread has stored to what was read before.</summary>
    Spin,

    /// <summary>Wait until another thread has stored to what rounds wait for (<see cref="Site.DecidesRounds"/>).</summary>
    Round,

    /// <summary>One of several outcomes that no thread decides, such as a time-out.</summary>
    Choose,
}
