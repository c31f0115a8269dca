namespace XePt;

/// <summary>How an access to memory through a VM ended.</summary>
public enum GpuAccessStatus : byte
{
    /// <summary>All bytes were read or written.</summary>
    Done,

    /// <summary>Nothing is mapped there: a page fault. In a VM in fault mode the driver had no answer to it either.</summary>
    NotPresent,

    /// <summary>The address is beyond the VM: a page fault.</summary>
    OutOfRange,

    /// <summary>The mapping is read-only, and the access was a write: a page fault.</summary>
    ReadOnly,

    /// <summary>The bind that brings the page, for this page fault or for an earlier call, still waits for fences (BIND-243). Try again
    /// when they have signalled; <see cref="XeVm.IsIdle"/> tells.</summary>
    Pending,

    /// <summary>The mapping leads to memory that the device's store does not have, or the device has no store
    /// (<see cref="XeDeviceOptions.GpuStore"/>).</summary>
    NoMemory,
}

/// <summary>What became of an access to memory through a VM.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Bytes">Bytes that were read or written before it ended: all, or those up to the page that was in the way.</param>
/// <param name="Last">The last translation: of the page that was in the way, if any was.</param>
public readonly record struct GpuAccess(GpuAccessStatus Status, int Bytes, Translation Last)
{
    /// <summary>All bytes were read or written.</summary>
    public bool IsDone => Status == GpuAccessStatus.Done;

    /// <summary>For example <c>ReadOnly after 8 bytes: 0x1000 -> 0x8000 (…)</c>.</summary>
    public override string ToString() => $"{Status} after {Bytes} bytes: {Last}";
}

/// <summary>An access to memory through a VM failed (<see cref="XeVm.Read{T}"/>, <see cref="XeVm.Write{T}"/>).</summary>
/// <param name="access">How.</param>
public sealed class GpuAccessException(GpuAccess access) : Exception(access.ToString())
{
    /// <summary>How.</summary>
    public GpuAccess Access { get; } = access;
}
