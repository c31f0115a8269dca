using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>EXEC_QUEUE_SET_PROPERTY, before the look-up of the queue.</summary>
[CheckList(typeof(DrmXeExecQueueSetProperty), Selector = "property")]
[RequireZero(1, "01 section 9", Errno.EINVAL, "must be zero", "reserved")]
[RefuseIf(2, "01 section 9", Errno.EINVAL, "only the multi-queue priority can be set later", "property", nameof(IsFixed),
    Except = ExecQueueProperty.MultiQueuePriority)]
internal static partial class ExecQueueSetPropertyChecks
{
    private static bool IsFixed() => true;
}
