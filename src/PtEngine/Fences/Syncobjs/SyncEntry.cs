namespace XePt.Fences;

/// <summary>One parsed sync entry of a call (specification 02 section 8).</summary>
internal struct SyncEntry
{
    /// <summary>Syncobj handle, or 0 for a user fence.</summary>
    public uint Handle;

    /// <summary>The syncobj of an out-sync; null for all else.</summary>
    public SyncObject? Signals;

    /// <summary>Timeline point for a timeline syncobj, or the value a user fence writes.</summary>
    public ulong Value;

    /// <summary>CPU address a user fence writes to.</summary>
    public ulong Address;

    /// <summary>Out-sync.</summary>
    public bool IsSignal;

    /// <summary>An in-sync that still holds a fence, signalled or not (BIND-127).</summary>
    public bool HoldsFence;
}
