using XePt.Devices;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Queues;

/// <summary>
/// The engines a queue may run on: <c>width × placements</c> of them, placement by placement. Batch i of a job goes to column i of the
/// placement that is chosen for the job (BIND-103).
/// </summary>
internal static class EngineList
{
    private const int MaxInstances = 32;

    /// <summary>Judges the engines of a queue that is to be made.</summary>
    /// <param name="platform">The platform.</param>
    /// <param name="device">The same for checks of arguments.</param>
    /// <param name="args">The call.</param>
    /// <param name="given">The engines; fewer than the call says could not be read.</param>
    public static Rejection Check(
        PlatformInfo platform, in DeviceCheckContext device, in DrmXeExecQueueCreate args, ReadOnlySpan<DrmXeEngineClassInstance> given)
    {
        Rejection why = args.RefuseInstances(given.Length);
        if (!why.IsRejected)
            why = EngineInstanceChecks.Validate(given[0], device);
        if (why.IsRejected)
            return why;
        if (given[0].EngineClass == EngineClass.VmBind)
            return BindQueueChecks.Validate(args);
        return IsPossible(platform, given[..(args.Width * args.NumPlacements)], args.Width)
            ? default : Refusals.QueueCreateEnginesAreInvalid(args.Instances);
    }

    /// <summary>True when all engines exist, are of one class on one GT, and the instances of each column are those of the column before
    /// plus one, so that the batches of a job lie side by side wherever it is placed.</summary>
    public static bool IsPossible(PlatformInfo platform, ReadOnlySpan<DrmXeEngineClassInstance> engines, int width)
    {
        foreach (ref readonly DrmXeEngineClassInstance engine in engines)
        {
            if (engine.EngineClass != engines[0].EngineClass || engine.GtId != engines[0].GtId || !Exists(platform, engine))
                return false;
        }

        for (int column = 1; column < width; column++)
        {
            if (Instances(engines, width, column) != Instances(engines, width, column - 1) << 1)
                return false;
        }

        return true;
    }

    private static bool Exists(PlatformInfo platform, in DrmXeEngineClassInstance engine) =>
        engine.EngineInstance < MaxInstances && platform.EnginesOf(engine.GtId) is { } gt
            && engine.EngineInstance < gt.CountOf(engine.EngineClass);

    private static ulong Instances(ReadOnlySpan<DrmXeEngineClassInstance> engines, int width, int column)
    {
        ulong mask = 0;
        for (int i = column; i < engines.Length; i += width)
            mask |= 1UL << engines[i].EngineInstance;
        return mask;
    }
}
