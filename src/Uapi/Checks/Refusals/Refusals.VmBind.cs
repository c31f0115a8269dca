using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <content>VM_BIND (specification 02 sections 6.1, 11 and 12).</content>
internal static partial class Refusals
{
    [Refusal("BIND-041", Errno.EINVAL, "vm_id", "no VM with this id in this file")]
    public static partial Rejection VmBindUnknownVm(ulong value);

    [Refusal("BIND-064", Errno.ENOBUFS, "num_binds", "no memory to copy so many ops")]
    public static partial Rejection VmBindVectorIsTooLarge(ulong value);

    [Refusal("BIND-065", Errno.EFAULT, "vector_of_binds", "the ops cannot be read")]
    public static partial Rejection VmBindVectorIsUnreadable(ulong value);

    [Refusal("BIND-043", Errno.ENOENT, "exec_queue_id", "no exec queue with this id in this file")]
    public static partial Rejection VmBindUnknownQueue(ulong value);

    [Refusal("BIND-043", Errno.EINVAL, "exec_queue_id", "not a bind queue")]
    public static partial Rejection VmBindNotABindQueue(ulong value);

    [Refusal("BIND-106", Errno.EINVAL, "exec_queue_id", "a bind queue of another VM")]
    public static partial Rejection VmBindQueueOfOtherVm(ulong value);

    [Refusal("BIND-046", Errno.ENOENT, "vm_id", "the VM is closed or banned")]
    public static partial Rejection VmBindClosedVm(ulong value);

    [Refusal("BIND-048", Errno.ENOMEM, "num_binds", "no memory for the work arrays")]
    public static partial Rejection VmBindNoWorkArrays(ulong value);

    [Refusal("BIND-049", Errno.ENOENT, "obj", "no object with this handle in this file")]
    public static partial Rejection VmBindUnknownBo(ulong value);

    [Refusal("BIND-146", Errno.EINVAL, "addr", "the range does not lie inside the VM", ComparedWith = "size of the VM")]
    public static partial Rejection VmBindRangeIsOutside(ulong value, ulong vmSize);

    [Refusal("BIND-178", Errno.EOVERFLOW, "userptr", "the CPU range wraps around the end of the address space")]
    public static partial Rejection VmBindUserptrWraps(ulong value);

    [Refusal("BIND-178", Errno.EFAULT, "userptr", "the CPU range is not mapped")]
    public static partial Rejection VmBindUserptrIsNotMapped(ulong value);

    [Refusal("BIND-178", Errno.EPERM, "userptr", "the CPU range is not writable and the binding is not read-only")]
    public static partial Rejection VmBindUserptrIsNotWritable(ulong value);

    [Refusal("UPTR-008", Errno.EOPNOTSUPP, "userptr", "the CPU range has pages that cannot be mapped together")]
    public static partial Rejection VmBindUserptrDoesNotMix(ulong value);

    [Refusal("BIND-178", Errno.ENOMEM, "userptr", "the pages of the CPU range cannot be pinned")]
    public static partial Rejection VmBindUserptrIsNotPinned(ulong value);

    [Refusal("BIND-182", Errno.EBUSY, "addr", "splitting this mirror would cut out pages that the GPU uses")]
    public static partial Rejection VmBindMirrorSplitIsBusy(ulong value);

    [Refusal("BIND-183", Errno.EBUSY, "addr", "the GPU uses pages of the mirror that would be removed")]
    public static partial Rejection VmBindMirrorRemovalIsBusy(ulong value);

    [Refusal("BIND-052", Errno.ENOMEM, "addr", "no memory for the VMAs")]
    public static partial Rejection VmBindNoVmas(ulong value);

    [Refusal("BIND-054", Errno.ENOMEM, "num_binds", "no memory for the page-table operations")]
    public static partial Rejection VmBindNoPtOps(ulong value);

    [Refusal("BIND-054", Errno.ENOBUFS, "num_binds", "no memory for the page-table operations of so many ops: split the array")]
    public static partial Rejection VmBindTooManyPtOps(ulong value);

    [Refusal("BIND-194", Errno.ENOMEM, "addr", "no memory to make the object mapped here resident")]
    public static partial Rejection VmBindNoResidency(ulong value);

    [Refusal("BIND-034a", Errno.E2BIG, "addr", "the object mapped here is larger than all the device memory that it could be in",
        ComparedWith = "bytes of that memory")]
    public static partial Rejection VmBindObjectIsTooLarge(ulong value, ulong memoryBytes);

    [Refusal("EVT-003", Errno.EBUSY, "addr", "the object must move, and work that uses it is in flight while a fault-mode VM maps it")]
    public static partial Rejection VmBindBoIsBusy(ulong value);

    [Refusal("BIND-195", Errno.EBUSY, "addr", "a mapping to be removed or split carries an unsignalled user fence")]
    public static partial Rejection VmBindUserFenceIsPending(ulong value);

    [Refusal("BIND-197", Errno.EINVAL, "prefetch_mem_region_instance", "the object may not live in this region")]
    public static partial Rejection VmBindPrefetchIsMisplaced(ulong value);

    [Refusal("BIND-197", Errno.EBUSY, "prefetch_mem_region_instance", "the object is pinned elsewhere")]
    public static partial Rejection VmBindPrefetchIsPinned(ulong value);

    [Refusal("PT-054", Errno.ENOMEM, "addr", "no memory for page tables")]
    public static partial Rejection VmBindNoPageTables(ulong value);

    [Refusal("PT-080", Errno.EINVAL, "addr", "VRAM of this device cannot be mapped in pages of 4 KiB")]
    public static partial Rejection VmBindVramNeeds64K(ulong value);

    [Refusal("BIND-207", Errno.EAGAIN, "addr", "pages changed while they were bound: repeat the call")]
    public static partial Rejection VmBindPagesChanged(ulong value);

    [Refusal("BIND-212", Errno.EOPNOTSUPP, "syncs", "nothing was submitted that could wait for the in-sync; the VMA changes stay")]
    public static partial Rejection VmBindNothingWaits(ulong value);

    [Refusal("BIND-220", Errno.ENOSPC, "flags", "injected failure after locking")]
    public static partial Rejection VmBindInjectedAtLock(ulong value);

    [Refusal("BIND-220", Errno.ENOSPC, "flags", "injected failure while preparing")]
    public static partial Rejection VmBindInjectedAtPrepare(ulong value);

    [Refusal("BIND-220", Errno.ENOSPC, "flags", "injected failure before running")]
    public static partial Rejection VmBindInjectedAtRun(ulong value);

    [Refusal("BIND-223", Errno.ENOSPC, "num_binds", "the embedder armed a failure after locking")]
    public static partial Rejection VmBindArmedAtLock(ulong value);

    [Refusal("BIND-223", Errno.ENOSPC, "tile", "the embedder armed a failure after this tile has prepared")]
    public static partial Rejection VmBindArmedAtPrepare(ulong value);

    [Refusal("BIND-223", Errno.ENOSPC, "tile", "the embedder armed a failure before this tile runs")]
    public static partial Rejection VmBindArmedAtRun(ulong value);
}
