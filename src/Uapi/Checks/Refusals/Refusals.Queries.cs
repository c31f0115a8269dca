using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <content>DEVICE_QUERY, MADVISE, VM_QUERY_MEM_RANGE_ATTRS (specification 01 sections 4 and 11, 02 section 19, 04
/// section 13; docs/uapi-rest.md).</content>
internal static partial class Refusals
{
    [Refusal("UAPI-011", Errno.EINVAL, "size", "neither 0 nor the size of the answer", ComparedWith = "size of the answer")]
    public static partial Rejection QuerySizeDiffers(ulong value, ulong answerBytes);

    [Refusal("UAPI-011", Errno.EFAULT, "data", "the buffer cannot be written")]
    public static partial Rejection QueryBufferIsUnwritable(ulong value);

    [Refusal("UAPI-011", Errno.ENOSPC, "data", "the buffer for the memory regions cannot be written")]
    public static partial Rejection QueryRegionBufferIsUnwritable(ulong value);

    [Refusal("UAPI-011", Errno.EFAULT, "data", "the buffer cannot be read")]
    public static partial Rejection QueryBufferIsUnreadable(ulong value);

    [Refusal("QRY-004", Errno.EINVAL, "eci.gt_id", "no such GT")]
    public static partial Rejection QueryUnknownGt(ulong value);

    [Refusal("QRY-004", Errno.EINVAL, "eci.engine_class", "the GT has no engine of this class")]
    public static partial Rejection QueryUnknownEngineClass(ulong value);

    [Refusal("QRY-004", Errno.EINVAL, "eci.engine_instance", "the GT has no such engine of this class")]
    public static partial Rejection QueryUnknownEngine(ulong value);

    [Refusal("QRY-006", Errno.ENODEV, "uc_type", "no such microcontroller runs on this device")]
    public static partial Rejection QueryFirmwareDoesNotRun(ulong value);

    [Refusal("QRY-007", Errno.ENODEV, "query", "XePt does not offer this query")]
    public static partial Rejection QueryIsNotOffered(ulong value);

    [Refusal("MADV-010", Errno.EINVAL, "vm_id", "no VM with this id in this file")]
    public static partial Rejection MadviseUnknownVm(ulong value);

    [Refusal("MADV-017", Errno.ENOENT, "vm_id", "the VM is closed or banned")]
    public static partial Rejection MadviseClosedVm(ulong value);

    [Refusal("MADV-018", Errno.ENOENT, "preferred_mem_loc.devmem_fd", "not an open file of a device")]
    public static partial Rejection MadviseUnknownFile(ulong value);

    [Refusal("MADV-018", Errno.ENODEV, "preferred_mem_loc.devmem_fd", "the device of this file is gone")]
    public static partial Rejection MadviseFileOfGoneDevice(ulong value);

    [Refusal("MADV-018", Errno.ENOENT, "preferred_mem_loc.region_instance", "the device has no such VRAM region")]
    public static partial Rejection MadviseUnknownRegion(ulong value);

    [Refusal("MADV-018", Errno.ENOLINK, "preferred_mem_loc.devmem_fd", "no fast link leads to the device of this file")]
    public static partial Rejection MadviseNoFastLink(ulong value);

    [Refusal("MADV-019", Errno.EINVAL, "start", "the range does not lie inside the VM", ComparedWith = "size of the VM")]
    public static partial Rejection MadviseRangeIsOutside(ulong value, ulong vmSize);

    [Refusal("MADV-019", Errno.ENOMEM, "range", "no memory for the VMAs")]
    public static partial Rejection MadviseNoVmas(ulong value);

    [Refusal("MADV-035", Errno.EFAULT, "start", "a userptr mapping cannot be split")]
    public static partial Rejection MadviseCutsUserptr(ulong value);

    [Refusal("MADV-021", Errno.EINVAL, "atomic.val", "the placements of an object in the range do not allow it")]
    public static partial Rejection MadviseAtomicIsImpossible(ulong value);

    [Refusal("BIND-275", Errno.EINVAL, "vm_id", "no VM with this id in this file")]
    public static partial Rejection MemRangeAttrsUnknownVm(ulong value);

    [Refusal("BIND-277", Errno.ENOSPC, "num_mem_ranges", "the range has more mappings than the array has room for",
        ComparedWith = "mappings")]
    public static partial Rejection MemRangeAttrsNoRoom(ulong value, ulong mappings);

    [Refusal("BIND-277", Errno.ENOMEM, "num_mem_ranges", "no memory for the record")]
    public static partial Rejection MemRangeAttrsNoMemory(ulong value);

    [Refusal("BIND-277", Errno.ENOBUFS, "num_mem_ranges", "no memory for so many records: ask for fewer")]
    public static partial Rejection MemRangeAttrsNoMemoryForMany(ulong value);

    [Refusal("BIND-277", Errno.EFAULT, "vector_of_mem_attr", "the array cannot be written")]
    public static partial Rejection MemRangeAttrsUnwritable(ulong value);
}
