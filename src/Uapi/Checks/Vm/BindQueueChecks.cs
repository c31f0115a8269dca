using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>EXEC_QUEUE_CREATE of a bind queue: its first instance is of class VM_BIND (BIND-103).</summary>
[CheckList(typeof(DrmXeExecQueueCreate))]
[RequireAtMost(1, "BIND-103", Errno.EINVAL, "a bind queue has width 1", "width", 1)]
[RequireAtMost(2, "BIND-103", Errno.EINVAL, "a bind queue has one placement", "num_placements", 1)]
internal static partial class BindQueueChecks;
