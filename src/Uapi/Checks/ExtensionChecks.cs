using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>One link of the extension chain of GEM_CREATE (UAPI-004, UAPI-006).</summary>
[CheckList(typeof(DrmXeUserExtension))]
[RequireZero(1, "UAPI-004", Errno.EINVAL, "must be zero", "pad")]
[RequireKnownValue(2, "UAPI-004", Errno.EINVAL, "GEM_CREATE has no such extension", "name", Among = typeof(GemCreateExtension))]
internal static partial class GemCreateExtensionChecks;

/// <summary>One link of the extension chain of EXEC_QUEUE_CREATE (UAPI-004, UAPI-006).</summary>
[CheckList(typeof(DrmXeUserExtension))]
[RequireZero(1, "UAPI-004", Errno.EINVAL, "must be zero", "pad")]
[RequireKnownValue(2, "UAPI-004", Errno.EINVAL, "EXEC_QUEUE_CREATE has no such extension", "name", Among = typeof(ExecQueueExtension))]
internal static partial class ExecQueueExtensionChecks;
