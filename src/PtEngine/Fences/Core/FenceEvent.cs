namespace XePt;

/// <summary>What happened to a piece of work that could not complete inside its call.</summary>
public enum FenceEventKind
{
    /// <summary>A bind was submitted and waits, or an engine job was submitted.</summary>
    Submitted,

    /// <summary>Its entries were written.</summary>
    Written,

    /// <summary>Every TLB has acknowledged its flush.</summary>
    Flushed,

    /// <summary>An engine job was handed to the job sink.</summary>
    Started,

    /// <summary>An engine job is complete.</summary>
    Completed,

    /// <summary>A user fence was written.</summary>
    UserFence,

    /// <summary>A queue stopped because of a preempt fence, or went on.</summary>
    Preempted,
}

/// <summary>One event of the fence timeline, for tools that show it.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Vm">Device-wide number of the VM.</param>
/// <param name="Tile">Tile, or 0.</param>
/// <param name="Fence">The fence that stands for it.</param>
public readonly record struct FenceEvent(FenceEventKind Kind, int Vm, int Tile, Fence Fence)
{
    /// <summary>Id of the exec queue that it is about, inside its file; 0 for a VM's own queues.</summary>
    public uint Queue { get; init; } = Fence.Timeline?.Queue ?? 0;
}
