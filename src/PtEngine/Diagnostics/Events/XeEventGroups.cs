namespace XePt.Diagnostics;

/// <summary>What events are about: the keywords of the event source, and what a recorder is asked to keep.</summary>
[Flags]
public enum XeEventGroups : long
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Calls of clients, from start to stop.</summary>
    Ioctl = 1,

    /// <summary>The stages of a bind, from start to stop.</summary>
    Stage = 2,

    /// <summary>What happens to VMAs (PT-200).</summary>
    Vma = 4,

    /// <summary>What happens to VMs (PT-201).</summary>
    Vm = 8,

    /// <summary>TLB invalidations (PT-202).</summary>
    Tlb = 0x10,

    /// <summary>What happens to BOs (PT-203).</summary>
    Bo = 0x20,

    /// <summary>Faults of the GPU, from start to stop.</summary>
    Fault = 0x40,

    /// <summary>SVM ranges and the moves of their pages (STA-013).</summary>
    Svm = 0x80,

    /// <summary>Fences that signal, exec queues.</summary>
    Fence = 0x100,

    /// <summary>Everything.</summary>
    All = Ioctl | Stage | Vma | Vm | Tlb | Bo | Fault | Svm | Fence,
}
