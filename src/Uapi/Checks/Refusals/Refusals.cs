using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>Refusals that need more than a look at the argument: the engine decides, this table says errno, rule, field and why.</summary>
/// <remarks>This part holds what is common to all calls (specification 01 section 1).</remarks>
internal static partial class Refusals
{
    [Refusal("01 section 1", Errno.ENOTTY, "request", "the type byte of the request is not 'd'")]
    public static partial Rejection RequestIsNotDrm(ulong value);

    [Refusal("01 section 1", Errno.EINVAL, "request", "the driver has no ioctl of this number")]
    public static partial Rejection RequestIsUnknown(ulong value);

    [Refusal("01 section 1", Errno.EFAULT, "arg", "the argument struct cannot be read")]
    public static partial Rejection ArgumentIsUnreadable(ulong value);

    [Refusal("01 section 1", Errno.EFAULT, "arg", "the argument struct cannot be written back; the call has been carried out")]
    public static partial Rejection ArgumentIsUnwritable(ulong value);

    [Refusal("OBS-001", Errno.ENODEV, "observation_type", "the device has no observation units")]
    public static partial Rejection ObservationIsAbsent(ulong value);
}
