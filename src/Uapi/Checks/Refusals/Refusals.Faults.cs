using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

// Faults of the GPU and what they need (specification 04 chapters 3 to 5).
internal static partial class Refusals
{
    [Refusal("FLT-030", Errno.EFAULT, "fault_level", "the fault is one that is never serviced")]
    public static partial Rejection FaultIsNotServiced(ulong value);

    [Refusal("FLT-031", Errno.EINVAL, "asid", "no VM in fault mode has this address-space id")]
    public static partial Rejection FaultOfUnknownVm(ulong value);

    [Refusal("FLT-032", Errno.ENOENT, "asid", "the VM is closed")]
    public static partial Rejection FaultInClosedVm(ulong value);

    [Refusal("FLT-035", Errno.EPERM, "access_type", "the mapping is READONLY")]
    public static partial Rejection FaultWritesReadOnly(ulong value);

    [Refusal("FLT-052", Errno.EACCES, "access_type", "atomics on this memory are the CPU's")]
    public static partial Rejection FaultAtomicIsOfCpu(ulong value);

    [Refusal("FLT-040", Errno.EACCES, "access_type", "the atomic needs device memory, and a userptr has none")]
    public static partial Rejection FaultAtomicOnUserptr(ulong value);

    [Refusal("FLT-045", Errno.EINVAL, "access_type", "the atomic needs device memory, and the object may not be there")]
    public static partial Rejection FaultAtomicIsMisplaced(ulong value);

    [Refusal("FLT-045", Errno.EBUSY, "access_type", "the atomic needs device memory, and the object is pinned elsewhere")]
    public static partial Rejection FaultAtomicIsPinned(ulong value);

    [Refusal("SVM-041", Errno.ENOENT, "asid", "the VM is banned")]
    public static partial Rejection FaultInBannedVm(ulong value);

    [Refusal("SVM-046", Errno.EACCES, "access_type", "the atomic needs device memory, and this memory cannot move there")]
    public static partial Rejection FaultAtomicCannotMigrate(ulong value);

    [Refusal("SVM-050", Errno.EINVAL, "addr", "the address is outside the VM", ComparedWith = "size of the VM")]
    public static partial Rejection FaultOutsideVm(ulong value, ulong vmSize);

    [Refusal("SVM-051", Errno.EFAULT, "addr", "the process is gone")]
    public static partial Rejection FaultProcessIsGone(ulong value);

    [Refusal("SVM-053", Errno.ENOENT, "addr", "the process has no mapping there")]
    public static partial Rejection FaultWithoutCpuMapping(ulong value);

    [Refusal("SVM-054", Errno.EPERM, "addr", "the process may not write there, and the mirror is not READONLY")]
    public static partial Rejection FaultOnReadOnlyCpuMapping(ulong value);

    [Refusal("SVM-105", Errno.EAGAIN, "addr", "pages of the range have changed meanwhile")]
    public static partial Rejection RangePagesChanged(ulong value);

    [Refusal("SVM-109", Errno.ENOMEM, "addr", "there is no memory for the range")]
    public static partial Rejection FaultHasNoMemory(ulong value);

    [Refusal("SVM-165", Errno.ENOMEM, "addr", "unmapped memory could not be unbound, so the VM is banned")]
    public static partial Rejection GarbageIsStuck(ulong value);

    [Refusal("SVM-166", Errno.EINVAL, "addr", "no mirror is where memory was unmapped")]
    public static partial Rejection GarbageHasNoMirror(ulong value);

    /// <summary>The pages of a userptr cannot be collected anew, after they have changed (FLT-046, UPTR-035).</summary>
    /// <param name="errno">Why.</param>
    /// <param name="value">The address.</param>
    public static Rejection UserptrIsNotPinned(Errno errno, ulong value) => new(errno, "FLT-046", "userptr", value, errno switch
    {
        Errno.EPERM => "the CPU memory of the userptr is not writable any more, and the binding is not read-only",
        Errno.EOPNOTSUPP => "the CPU memory of the userptr has pages that cannot be mapped together",
        _ => "the pages of the userptr cannot be pinned",
    });

    /// <summary>A PREFETCH of a mirror fails with what looking for ranges or pages gave.</summary>
    /// <param name="errno">The errno.</param>
    /// <param name="value">The address.</param>
    public static Rejection PrefetchFails(Errno errno, ulong value) =>
        new(errno, "PFT-008", "addr", value, "memory of the process that is to be prefetched is not as it must be");

    /// <summary>A fault ends with the errno that one of its steps gave.</summary>
    /// <param name="step">What went wrong.</param>
    /// <param name="errno">The errno.</param>
    /// <param name="value">The address.</param>
    public static Rejection FaultStepFails(FaultStep step, Errno errno, ulong value) => step switch
    {
        FaultStep.Migration => new(errno, "SVM-083", "addr", value, "the memory could not be brought into device memory, which it needs"),
        FaultStep.Pages => new(errno, "SVM-100", "addr", value, "the pages of the process could not be collected"),
        _ => new(errno, "SVM-109", "addr", value, "the range could not be bound"),
    };
}

/// <summary>Steps of a mirror fault that may fail with several errnos.</summary>
internal enum FaultStep
{
    /// <summary>Moving the memory.</summary>
    Migration,

    /// <summary>Collecting pages.</summary>
    Pages,

    /// <summary>Binding.</summary>
    Bind,
}
