using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <content>VMs and buffer objects (specification 01 sections 3 and 5, 02 sections 3 and 5).</content>
internal static partial class Refusals
{
    [Refusal("BIND-005", Errno.ENOMEM, "flags", "no memory for the VM")]
    public static partial Rejection VmCreateNoMemory(ulong value);

    [Refusal("FLT-039", Errno.EBUSY, "flags", "all address-space ids of the device are in use")]
    public static partial Rejection VmCreateNoAsid(ulong value);

    [Refusal("BIND-009", Errno.ENOENT, "vm_id", "no VM with this id in this file")]
    public static partial Rejection VmDestroyUnknownVm(ulong value);

    [Refusal("BIND-009", Errno.EBUSY, "vm_id", "the VM has exec queues with preempt fences")]
    public static partial Rejection VmDestroyBusyVm(ulong value);

    [Refusal("BIND-032", Errno.ENOENT, "vm_id", "no VM with this id in this file")]
    public static partial Rejection GemCreateUnknownVm(ulong value);

    [Refusal("BIND-034", Errno.ENOSPC, "size", "no mmap offsets are left for an object of this size")]
    public static partial Rejection GemCreateNoOffsets(ulong value);

    [Refusal("BIND-034a", Errno.E2BIG, "size", "more than all the device memory that the object could be in",
        ComparedWith = "bytes of that memory")]
    public static partial Rejection GemCreateTooLarge(ulong value, ulong memoryBytes);

    [Refusal("BIND-034b", Errno.ENOMEM, "size", "no memory for the backing of the object")]
    public static partial Rejection GemCreateNoMemory(ulong value);

    [Refusal("UAPI-020", Errno.ENOENT, "handle", "no object with this handle in this file")]
    public static partial Rejection GemMmapOffsetUnknownBo(ulong value);

    [Refusal("BIND-037", Errno.EPERM, "handle", "an object that is private to a VM cannot be exported")]
    public static partial Rejection GemExportPrivateBo(ulong value);

    [Refusal("DRM-025", Errno.ENOENT, "handle", "no object with this handle in this file")]
    public static partial Rejection PrimeUnknownBo(ulong value);

    [Refusal("DRM-027", Errno.EBADF, "fd", "no open file has this descriptor")]
    public static partial Rejection PrimeFileIsClosed(ulong value);

    [Refusal("DRM-027", Errno.EINVAL, "fd", "the descriptor shares no object")]
    public static partial Rejection PrimeFileIsNoBo(ulong value);

    [Refusal("DRM-028", Errno.ENODEV, "fd", "the device of the shared object is gone")]
    public static partial Rejection PrimeDeviceIsGone(ulong value);

    [Refusal("DRM-028", Errno.EOPNOTSUPP, "fd", "the shared object cannot be in system memory, where devices reach it")]
    public static partial Rejection PrimeBoCannotBeReached(ulong value);

    [Refusal("DRM-028", Errno.EBUSY, "fd", "the shared object cannot move now, or lies beyond what this device can address")]
    public static partial Rejection PrimeBoIsBusy(ulong value);

    [Refusal("DRM-028", Errno.ENOMEM, "fd", "no memory for the shared object")]
    public static partial Rejection PrimeNoMemory(ulong value);

    [Refusal("DRM-029", Errno.EBUSY, "handle", "other devices have imported the object and need it where it is")]
    public static partial Rejection BoIsImported(ulong value);

    [Refusal("UAPI-004", Errno.E2BIG, "extensions", "the chain has more than 16 links")]
    public static partial Rejection ExtensionChainIsTooLong(ulong value);

    [Refusal("UAPI-004", Errno.EFAULT, "extensions", "the link cannot be read")]
    public static partial Rejection ExtensionIsUnreadable(ulong value);

    [Refusal("UAPI-006", Errno.EFAULT, "extensions", "the property cannot be read")]
    public static partial Rejection ExtensionPropertyIsUnreadable(ulong value);
}
