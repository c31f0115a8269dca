using XePt.Devices;
using XePt.Tests.Async;
using XePt.Uapi;

namespace XePt.Tests.Queues;

/// <summary>A device whose jobs run until the test completes them, and short ways to submit them.</summary>
internal sealed class ExecScene : IDisposable
{
    public const ulong Batch = 0x7_0000;

    private readonly AsyncScene _scene;

    public ExecScene(
        uint vmFlags = 0, PlatformInfo? platform = null, DriveMode drive = DriveMode.Inline, XeProfile profile = XeProfile.Final,
        bool canPreempt = false, IGpuStore? store = null)
    {
        Sink = new ManualJobSink { CanPreempt = canPreempt };
        _scene = new AsyncScene(vmFlags, platform, drive, profile, Sink, store);
        Queue = File.Queue(Vm.Id);
    }

    public AsyncScene Binds => _scene;

    public ManualJobSink Sink { get; }

    public XeDevice Device => _scene.Device;

    public XeFile File => _scene.File;

    public XeVm Vm => _scene.Vm;

    /// <summary>A copy queue of the VM.</summary>
    public ExecQueue Queue { get; }

    /// <summary>Batches of the jobs that run.</summary>
    public ulong[] Running => [.. Sink.GetJobs().Select(job => job.Batches[0])];

    public static DrmXeExec Args(ExecQueue queue, ulong batch = Batch) =>
        new() { ExecQueueId = queue.Id, Address = batch, NumBatchBuffer = 1 };

    /// <summary>Submits one batch, which must succeed.</summary>
    /// <returns>The fence of the job.</returns>
    public Fence Do(ulong batch = Batch, params DrmXeSync[] syncs) => Do(Queue, batch, syncs);

    public Fence Do(ExecQueue queue, ulong batch = Batch, params DrmXeSync[] syncs)
    {
        Assert.True(TryDo(queue, batch, syncs) == Errno.Ok, File.LastRejection.ToString());
        return queue.Jobs!.Last;
    }

    public Errno TryDo(ExecQueue queue, ulong batch, params DrmXeSync[] syncs)
    {
        DrmXeExec args = Args(queue, batch);
        args.NumSyncs = (uint)syncs.Length;
        return File.Exec(args, syncs);
    }

    /// <summary>The call must be refused by this rule, and nothing may run because of it.</summary>
    public void Refuses(Errno errno, string rule, DrmXeExec args, params DrmXeSync[] syncs)
    {
        int before = Sink.Count;
        args.NumSyncs = Math.Max(args.NumSyncs, (uint)syncs.Length);
        Assert.Equal((errno, rule), (File.Exec(args, syncs), File.LastRejection.RuleId));
        Assert.Equal(before, Sink.Count);
    }

    public void Dispose() => _scene.Dispose();
}
