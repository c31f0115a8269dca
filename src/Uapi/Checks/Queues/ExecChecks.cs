using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>EXEC, before the look-up of the queue (BIND-108).</summary>
[CheckList(typeof(DrmXeExec))]
[RequireZero(1, "BIND-108", Errno.EINVAL, "must be zero", "extensions", "pad", "reserved")]
[RequireAtMost(2, "BIND-108", Errno.EINVAL, "more sync entries than one call may carry", "num_syncs", XeConstants.MaxSyncs,
    ComparedWith = "limit")]
internal static partial class ExecChecks;
