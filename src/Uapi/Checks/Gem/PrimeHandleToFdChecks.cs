using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>PRIME_HANDLE_TO_FD, before the look-up (DRM-025).</summary>
[CheckList(typeof(DrmPrimeHandle))]
[RequireKnownFlags(1, "DRM-025", Errno.EINVAL, "carries a flag that the core does not know", "flags")]
internal static partial class PrimeHandleToFdChecks;
