namespace XePt.Fences;

/// <summary>A syncobj of a client. Everything the engine submits completes inside the call, so a fence it holds is a signalled one.</summary>
internal sealed class SyncObject
{
    /// <summary>Holds a fence, or has at least one timeline point.</summary>
    public bool HasFence { get; set; }

    /// <summary>It has timeline points.</summary>
    public bool IsTimeline { get; set; }

    /// <summary>Newest timeline point.</summary>
    public ulong LastPoint { get; set; }
}
