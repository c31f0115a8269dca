using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

// Page-table operations that are no ioctls, and handles of the DRM core.
internal static partial class Refusals
{
    [Refusal("01 section 1", Errno.EINVAL, "handle", "no object with this handle in this file")]
    public static partial Rejection GemCloseUnknownBo(ulong value);

    [Refusal("FLT-031", Errno.EINVAL, "vm_id", "the VM is not in fault mode, so no fault of it is ever answered")]
    public static partial Rejection FaultWithoutFaultMode(ulong value);

    [Refusal("BIND-015", Errno.EINVAL, "addr", "no mapping covers the address")]
    public static partial Rejection FaultOutsideVma(ulong value);

    [Refusal("BIND-262", Errno.EOPNOTSUPP, "addr", "the address is in a mirror, whose pages come from the CPU")]
    public static partial Rejection FaultInMirror(ulong value);

    [Refusal("FLT-046", Errno.EFAULT, "addr", "the CPU range behind the userptr is not mapped any more")]
    public static partial Rejection FaultUserptrIsNotMapped(ulong value);

    [Refusal("BIND-231", Errno.ENOENT, "addr", "no mapping with memory behind it covers the address")]
    public static partial Rejection NothingToZap(ulong value);

    [Refusal("BIND-015", Errno.ENOENT, "vm_id", "the VM is closed")]
    public static partial Rejection VmIsClosed(ulong value);

    [Refusal("CON-004", Errno.EBUSY, "addr", "binds of the VM are still in flight, and this call does not wait")]
    public static partial Rejection ZapWhileBusy(ulong value);

    [Refusal("PT-127", Errno.EINVAL, "start", "the range does not lie inside one mirror")]
    public static partial Rejection RangeIsOutsideMirror(ulong value);

    [Refusal("PT-127", Errno.EINVAL, "start", "another range of the mirror is in the way")]
    public static partial Rejection RangeOverlaps(ulong value);

    [Refusal("EVT-001", Errno.EBUSY, "obj", "the object is pinned where it is")]
    public static partial Rejection BoIsPinned(ulong value);

    [Refusal("EVT-003", Errno.EBUSY, "obj", "the object must move, and work that uses it is in flight while a fault-mode VM maps it")]
    public static partial Rejection BoIsBusy(ulong value);

    [Refusal("EVT-009", Errno.ENOMEM, "obj", "the region that the object is to move to has no room for it")]
    public static partial Rejection BoHasNoRoom(ulong value);

    [Refusal("BIND-197", Errno.EINVAL, "region", "the object may not live in this region")]
    public static partial Rejection BoIsMisplaced(ulong value);
}
