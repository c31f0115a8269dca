namespace XePt.Schedules.Exploring;

/// <summary>What a step does to memory.</summary>
internal enum Effect
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Reads a word.</summary>
    Reads,

    /// <summary>Stores to a word.</summary>
    Stores,

    /// <summary>Waits for a store to one of several words.</summary>
    Awaits,
}

/// <summary>Words and what is done to them.</summary>
/// <param name="Effect">What is done.</param>
/// <param name="Address">Where, as of this run.</param>
/// <param name="Awaited">The words waited for.</param>
internal readonly record struct Access(Effect Effect, nint Address, nint[]? Awaited = null)
{
    /// <summary>The order of the two matters.</summary>
    public bool Conflicts(Access other) => (Effect, other.Effect) switch
    {
        (Effect.Stores, Effect.Stores) or (Effect.Stores, Effect.Reads) or (Effect.Reads, Effect.Stores) => Address == other.Address,
        (Effect.Stores, Effect.Awaits) => other.Awaited!.Contains(Address),
        (Effect.Awaits, Effect.Stores) => Awaited!.Contains(other.Address),
        _ => false,
    };
}
