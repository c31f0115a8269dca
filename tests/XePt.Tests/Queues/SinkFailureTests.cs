using XePt.Tests.Async;
using XePt.Uapi;

namespace XePt.Tests.Queues;

/// <summary>A sink that throws costs its job, nothing else.</summary>
public class SinkFailureTests
{
    [Theory]
    [InlineData(DriveMode.Inline)]
    [InlineData(DriveMode.Queued)]
    public void A_job_that_the_sink_did_not_take_fails_and_the_queue_goes_on(DriveMode drive)
    {
        var sink = new FailingSink { Fails = true };
        using var scene = new AsyncScene(drive: drive, sink: sink);
        ExecQueue queue = scene.File.Queue(scene.Vm.Id);
        (uint handle, Fence fence) = scene.Pending();
        Assert.Equal(Errno.Ok, Exec(scene, queue, handle));
        Fence first = queue.Jobs!.Last;
        Assert.Equal(Errno.Ok, Exec(scene, queue, handle));

        // Other work that waits for the same fence is done, too.
        scene.Do([AsyncScene.In(handle)], AsyncScene.Null(AsyncScene.A, AsyncScene.Page));
        sink.FailsOnce = true;
        Assert.Throws<InvalidOperationException>(() =>
        {
            fence.TrySignal();
            scene.Device.Pump();
        });
        scene.Device.Pump();
        Assert.Equal((Errno.EIO, Errno.Ok), (first.Error, queue.Jobs!.Last.Error));
        Assert.Equal((0, 1), (queue.JobCount, sink.Completed));
        Assert.True(scene.IsMapped(AsyncScene.A));
    }

    private static Errno Exec(AsyncScene scene, ExecQueue queue, uint handle) => scene.File.Exec(
        new DrmXeExec { ExecQueueId = queue.Id, Address = 0x7_0000, NumBatchBuffer = 1, NumSyncs = 1 }, [AsyncScene.In(handle)]);

    private sealed class FailingSink : IJobSink
    {
        public bool Fails { get; set; }

        public bool FailsOnce { get; set; }

        public int Completed { get; private set; }

        public void Submit(XeJob job)
        {
            if (Fails)
            {
                Fails = !FailsOnce;
                throw new InvalidOperationException("not taken");
            }

            Completed++;
            job.Complete();
        }
    }
}
