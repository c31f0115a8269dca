namespace XePt.Uapi;

/// <summary>How a VM keeps its mappings valid for running jobs (BIND-017).</summary>
public enum VmMode : byte
{
    /// <summary>Jobs carry DMA fences; neither LR_MODE nor FAULT_MODE.</summary>
    DmaFence,

    /// <summary>Long-running jobs that are preempted; LR_MODE without FAULT_MODE.</summary>
    PreemptFence,

    /// <summary>Recoverable page faults; LR_MODE with FAULT_MODE.</summary>
    Fault,
}
