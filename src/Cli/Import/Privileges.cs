using XePt.Uapi;

namespace XePt.Cli.Import;

/// <summary>Which clients of a log had CAP_SYS_NICE: the driver has told them of the highest priority, or given it to a queue of
/// theirs.</summary>
internal static class Privileges
{
    // Of the answer to CONFIG, before the values.
    private const int HeadBytes = 8;

    /// <summary>The open files of such clients.</summary>
    public static IReadOnlySet<string> Find(IEnumerable<RecordedCall> calls) =>
        calls.Where(call => call is { Errno: 0, File: not null } && (IsToldSo(call) || HasSuchQueue(call)))
            .Select(call => call.File!).ToHashSet();

    private static bool IsToldSo(RecordedCall call)
    {
        if (CallForm.Find(call.Request)?.Request != XeIoctl.DeviceQuery
            || (DeviceQueryId)UapiBytes.Number("drm_xe_device_query", "query", call.In) != DeviceQueryId.Config
            || !call.Memory.TryGetValue(UapiBytes.Number("drm_xe_device_query", "data", call.In), out byte[]? answer))
            return false;
        int at = HeadBytes + (8 * (int)ConfigIndex.MaxExecQueuePriority);
        return answer.Length >= at + 8 && UapiBytes.Number(answer.AsSpan(at, 8)) >= XeLimits.PriorityHigh;
    }

    private static bool HasSuchQueue(RecordedCall call) =>
        CallForm.Find(call.Request)?.Request == XeIoctl.ExecQueueCreate
        && ExtensionChain.Of(call)?.Priority >= XeLimits.PriorityHigh;
}
