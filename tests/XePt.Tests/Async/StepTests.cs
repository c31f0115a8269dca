using XePt.Tests.Queues;
using XePt.Uapi;
using static XePt.Tests.Async.AsyncScene;

namespace XePt.Tests.Async;

/// <summary>The engine finishes what it has begun before the client's code runs, so neither an exception nor a wait in there can leave it
/// halfway.</summary>
public class StepTests
{
    [Fact]
    public void A_callback_that_throws_leaves_no_job_behind_it()
    {
        using var scene = new ExecScene();
        Fence first = scene.Do(1), second = scene.Do(2);
        first.OnSignalled(_ => throw new InvalidOperationException("first"));
        Assert.Throws<InvalidOperationException>(() => scene.Sink.CompleteNext());
        Assert.Equal([2ul], scene.Running);
        scene.Sink.CompleteAll();
        Assert.True(second.IsSignalled);

        Fence third = scene.Do(3), fourth = scene.Do(4);
        third.OnSignalled(_ => throw new InvalidOperationException("third"));
        Assert.Throws<InvalidOperationException>(() => scene.Queue.Reset());
        Assert.Equal((Errno.ETIME, Errno.ECANCELED, 0), (third.Error, fourth.Error, scene.Queue.JobCount));
    }

    [Fact]
    public void A_callback_of_a_job_may_destroy_the_queue_and_wait_for_the_rest()
    {
        using var scene = new ExecScene();
        Fence first = scene.Do(1), second = scene.Do(2);
        bool ended = false;
        first.OnSignalled(_ =>
        {
            scene.File.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = scene.Queue.Id });
            ended = second.Wait(TimeSpan.FromSeconds(30));
        });
        scene.Sink.GetJobs()[0].Complete();
        Assert.True(ended);
        Assert.Equal(Errno.ECANCELED, second.Error);
    }

    [Fact]
    [Rule("BIND-250")]
    public void A_user_fence_after_one_whose_waiter_throws_is_written()
    {
        using var scene = new AsyncScene(drive: DriveMode.Queued);
        (uint handle, Fence fence) = scene.Pending();
        scene.Do([In(handle), UserFence(0x7000, 7)], Null(A, Page));
        scene.Do([In(handle), UserFence(0x7008, 8)], Null(A + Leaf, Page));
        Throw(scene.File.WaitUserFenceAsync(new DrmXeWaitUserFence { Addr = 0x7000, Value = 7, Mask = ulong.MaxValue, Timeout = -1 }));
        fence.TrySignal();
        Assert.Throws<InvalidOperationException>(() =>
        {
            while (scene.Device.Pump() > 0)
            {
            }
        });
        scene.Device.Pump();
        Assert.Equal((7ul, 8ul), (scene.Memory.ReadUInt64(0x7000), scene.Memory.ReadUInt64(0x7008)));
    }

    [Fact]
    [Rule("PT-185")]
    public void Invalidations_time_out_after_a_callback_of_one_has_thrown()
    {
        using var scene = new AsyncScene();
        using TlbRegistration silent = scene.Device.Tlb.Register(0, new SilentClient());
        Fence[] flushes = [UnmapLater(scene, A), UnmapLater(scene, A + Leaf)];
        flushes[0].OnSignalled(_ => throw new InvalidOperationException("late"));
        var clock = (VirtualClock)scene.Device.Clock;
        Assert.Throws<InvalidOperationException>(() => clock.AdvanceTo(clock.Now + TlbHub.TimeoutNs));
        Fence later = UnmapLater(scene, A + (2 * Leaf));
        clock.AdvanceTo(clock.Now + TlbHub.TimeoutNs);
        Assert.True(later.IsSignalled);
    }

    [Fact]
    [Rule("DRM-004")]
    public void Every_syncobj_of_an_array_is_signalled_although_a_waiter_throws()
    {
        using var scene = new AsyncScene();
        uint first = scene.File.SyncobjCreate(), second = scene.File.SyncobjCreate();
        Throw(scene.File.SyncobjWaitAsync(Syncs.SyncScene.WaitArgs(long.MaxValue, SyncobjWaitFlags.ForSubmit, first), [first]));
        Assert.Throws<InvalidOperationException>(() => scene.File.SyncobjSignal(first, second));
        Assert.Equal(Errno.Ok, scene.File.SyncobjFence(second, 0, out Fence held));
        Assert.True(held.IsSignalled);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Closing_ends_everything_although_a_callback_throws(bool device)
    {
        using var scene = new AsyncScene();
        var create = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, scene.File.VmCreate(ref create));
        (uint handle, _) = scene.Pending();
        uint done = scene.File.SyncobjCreate();
        scene.Do([In(handle), Out(done)], Null(A, Page));
        Assert.Equal(Errno.Ok, scene.File.SyncobjFence(done, 0, out Fence bind));
        bind.OnSignalled(_ => throw new InvalidOperationException("closed"));
        Assert.Throws<InvalidOperationException>(() => (device ? (IDisposable)scene.Device : scene.File).Dispose());
        Assert.Equal((true, 0), (bind.IsSignalled, scene.Device.TablesInUse));
    }

    [Fact]
    public void Interfaces_of_the_embedder_that_throw_cost_their_own_call_only()
    {
        var sink = new ThrowingSink();
        using var scene = new AsyncScene(sink: sink, store: new ThrowingStore());
        ExecQueue queue = scene.File.Queue(scene.Vm.Id);
        scene.Do(scene.Map(scene.Bo(Page), A, Page));
        Assert.Equal(Errno.Ok, scene.File.Exec(ExecScene.Args(queue, 1) with { NumSyncs = 1 }, [UserFence(A, 5)]));
        Fence first = queue.Jobs!.Last;
        Assert.Throws<InvalidOperationException>(() => sink.Job!.Complete());
        Assert.True(first.IsSignalled);

        Assert.Equal(Errno.Ok, scene.File.Exec(ExecScene.Args(queue, 2)));
        Assert.Equal(Errno.Ok, scene.File.Exec(ExecScene.Args(queue, 3)));
        Fence last = queue.Jobs!.Last;
        Assert.Throws<InvalidOperationException>(() => queue.Reset());
        Assert.Equal(Errno.ECANCELED, last.Error);
    }

    [Fact]
    public void A_chain_of_callbacks_that_signal_one_another_ends()
    {
        var line = new List<Fence>();
        using var scene = new AsyncScene();
        for (int i = 0; i < 50_000; i++)
            line.Add(scene.Device.CreateFence("chain"));
        for (int i = 0; i + 1 < line.Count; i++)
        {
            Fence next = line[i + 1];
            line[i].OnSignalled(_ => next.TrySignal());
        }

        line[0].TrySignal();
        Assert.True(line[^1].IsSignalled);
    }

    private static Fence UnmapLater(AsyncScene scene, ulong va)
    {
        scene.Do(Null(va, Page));
        var args = new DrmXeVmBind { VmId = scene.Vm.Id, NumBinds = 1, Bind = Unmap(va, Page) };
        Assert.Equal(Errno.Ok, scene.File.VmBind(args, default, default, out Fence done));
        Assert.False(done.IsSignalled);
        return done;
    }

    private static void Throw(ValueTask<Errno> wait)
    {
        Assert.False(wait.IsCompleted);
        wait.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(() => throw new InvalidOperationException("after the wait"));
    }

    private sealed class SilentClient : ITlbClient
    {
        public void Invalidate(in TlbInvalidation invalidation)
        {
        }
    }

    private sealed class ThrowingSink : IJobSink
    {
        public XeJob? Job { get; private set; }

        public void Submit(XeJob job) => Job = job;

        public void Cancelled(XeJob job) => throw new InvalidOperationException("cancelled");
    }

    private sealed class ThrowingStore : IGpuStore
    {
        public bool TryWrite(in Translation where, ReadOnlySpan<byte> value) => throw new InvalidOperationException("store");
    }
}
