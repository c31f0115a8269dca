using XePt.Uapi;

namespace XePt.Tests.Queues;

/// <summary>Short ways to make exec queues.</summary>
internal static class QueueOps
{
    public static DrmXeEngineClassInstance Engine(EngineClass engineClass, int instance = 0, int gt = 0) =>
        new() { EngineClass = engineClass, EngineInstance = (ushort)instance, GtId = (ushort)gt };

    /// <summary>Arguments of a queue of a VM with one placement per engine.</summary>
    public static DrmXeExecQueueCreate Args(uint vm, int width = 1, int placements = 1) =>
        new() { VmId = vm, Width = (ushort)width, NumPlacements = (ushort)placements };

    /// <summary>A new queue of width 1, which must succeed.</summary>
    public static ExecQueue Queue(this XeFile file, uint vm, EngineClass engineClass = EngineClass.Copy)
    {
        DrmXeExecQueueCreate args = Args(vm);
        Assert.Equal(Errno.Ok, file.ExecQueueCreate(ref args, Engine(engineClass)));
        return file.FindQueue(args.ExecQueueId)!;
    }

    public static ExecQueue BindQueue(this XeFile file, uint vm) => file.Queue(vm, EngineClass.VmBind);
}
