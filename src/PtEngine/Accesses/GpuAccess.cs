using XePt.Uapi;

namespace XePt;

/// <summary>How an access to memory through a VM ended.</summary>
public enum GpuAccessStatus : byte
{
    /// <summary>All bytes were read or written.</summary>
    Done,

    /// <summary>Nothing is mapped there, in a VM that is not in fault mode: on hardware the end of the queue.</summary>
    NotPresent,

    /// <summary>The address is beyond the VM.</summary>
    OutOfRange,

    /// <summary>The mapping is read-only and the access was a write or atomic, in a VM that is not in fault mode.</summary>
    ReadOnly,

    /// <summary>The page fault is not answered yet: its bind or its queue waits for fences, or for a pump. Try again later;
    /// <see cref="XeVm.IsIdle"/> tells when nothing is in flight.</summary>
    Pending,

    /// <summary>The mapping leads to memory whose contents nobody keeps: addresses that the embedder has declared, without a store
    /// (<see cref="XeDeviceOptions.GpuStore"/>) or unknown to it.</summary>
    NoMemory,

    /// <summary>All bytes were read or written, some of them in pages without memory: NULL mappings and scratch pages give zero and swallow
    /// writes (<see cref="GpuAccess.ScratchBytes"/>).</summary>
    Scratch,

    /// <summary>The driver has answered the page fault as unsuccessful; <see cref="GpuAccess.Why"/> says why.</summary>
    Nacked,

    /// <summary>The entry does not enable atomics and the access was atomic, in a VM that is not in fault mode (FLT-055,
    /// FLT-056).</summary>
    NoAtomics,

    /// <summary>The driver has answered faults of one page as serviced again and again, and each time the entry did not let the access
    /// pass: hardware would go on for ever.</summary>
    Refaulting,

    /// <summary>The page fault will never be answered: its queue was full (FLT-011), or its GT was reset (FLT-015).</summary>
    Lost,
}

/// <summary>What became of an access to memory through a VM.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Bytes">Bytes that were read or written before it ended: all, or those up to the page that was in the way.</param>
/// <param name="Last">The last translation: of the page that was in the way, if any was.</param>
public readonly record struct GpuAccess(GpuAccessStatus Status, int Bytes, Translation Last)
{
    /// <summary>All bytes were read or written.</summary>
    public bool IsDone => Status is GpuAccessStatus.Done or GpuAccessStatus.Scratch;

    /// <summary>Page faults that were raised.</summary>
    public int Faults { get; init; }

    /// <summary>Of <see cref="Bytes"/>, those in NULL and scratch pages.</summary>
    public int ScratchBytes { get; init; }

    /// <summary>Why a page fault was answered as unsuccessful; not rejected when none was.</summary>
    public Rejection Why { get; init; }

    /// <summary>What the service of the page fault failed with; Ok without one that did.</summary>
    public Errno Error => Why.Errno;

    /// <summary>For example <c>ReadOnly after 8 bytes: 0x1000 -> 0x8000 (…)</c>.</summary>
    public override string ToString() => $"{Status} after {Bytes} byte{(Bytes == 1 ? "" : "s")}{FaultText}: "
        + (Why.IsRejected ? $"{Why}" : $"{Last}");

    private string FaultText => Faults switch { 0 => "", 1 => " and 1 fault", _ => $" and {Faults} faults" };
}

/// <summary>An access to memory through a VM failed (<see cref="XeVm.Read{T}"/>, <see cref="XeVm.Write{T}"/>).</summary>
/// <param name="access">How.</param>
public sealed class GpuAccessException(GpuAccess access) : Exception(access.ToString())
{
    /// <summary>How.</summary>
    public GpuAccess Access { get; } = access;
}
