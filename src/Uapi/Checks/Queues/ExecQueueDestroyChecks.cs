using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>EXEC_QUEUE_DESTROY, before the look-up of the queue (BIND-105).</summary>
[CheckList(typeof(DrmXeExecQueueDestroy))]
[RequireZero(1, "BIND-105", Errno.EINVAL, "must be zero", "pad", "reserved")]
internal static partial class ExecQueueDestroyChecks;
