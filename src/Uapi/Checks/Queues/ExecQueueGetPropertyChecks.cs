using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>EXEC_QUEUE_GET_PROPERTY, before the look-up of the queue (BIND-105).</summary>
[CheckList(typeof(DrmXeExecQueueGetProperty))]
[RequireZero(1, "BIND-105", Errno.EINVAL, "must be zero", "reserved")]
internal static partial class ExecQueueGetPropertyChecks;
