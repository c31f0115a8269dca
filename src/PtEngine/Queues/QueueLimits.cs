using XePt.Devices;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Queues;

/// <summary>What the extensions of a queue may ask for (UAPI-008, GRP-001 to GRP-005).</summary>
internal static class QueueLimits
{
    // What the driver, configured as by default, enforces for all callers, privileged or not, in microseconds.
    private const ulong ShortestTimeslice = 1, LongestTimeslice = 10_000_000;

    public static ExecQueuePropertyCheckContext Of(PlatformInfo platform, ExecQueue queue, bool isPrivileged) => new()
    {
        MaxPriority = isPrivileged ? XeLimits.PriorityHigh : XeLimits.PriorityNormal,
        MinTimeslice = ShortestTimeslice,
        MaxTimeslice = LongestTimeslice,
        // A bind queue is one of copy engines to the driver.
        CanGroup = platform.MultiQueueClasses.Contains(queue.IsBindQueue ? EngineClass.Copy : queue.EngineClass),
        IsBindQueue = queue.IsBindQueue,
        IsParallel = queue.Width > 1,
        ReplayStateBytes = ReplayStateBytes(queue.EngineClass, platform.GraphicsVerx100),
    };

    /// <summary>Bytes of the hardware context that a state to replay stands for (GRP-005).</summary>
    private static int ReplayStateBytes(EngineClass engineClass, int version) => (int)XeLimits.PageSize * engineClass switch
    {
        EngineClass.Render => version >= 2000 ? 3 : 13,
        EngineClass.Compute => version >= 2000 ? 2 : 13,
        _ => 1,
    };
}
