using XePt.Tests.Bind;
using XePt.Uapi;
using static XePt.Tests.Fences.FenceTimelineTests;

namespace XePt.Tests.Syncs;

/// <summary>Waits of a queued device block until another thread brings their end about.</summary>
public sealed class QueuedWaitTests : IDisposable
{
    private readonly SyncScene _scene = new(DriveMode.Queued);

    private XeFile File => _scene.File;

    public void Dispose() => _scene.Dispose();

    [Fact]
    [Rule("DRM-014")]
    public void Another_thread_signals()
    {
        for (int round = 0; round < 500; round++)
        {
            uint first = _scene.Pending(out Fence one), second = _scene.Pending(out Fence two);
            Errno error = Errno.EINVAL;
            Both(
                () => error = _scene.Wait(long.MaxValue, SyncobjWaitFlags.All, first, second),
                () =>
                {
                    two.TrySignal();
                    one.TrySignal();
                });
            Assert.Equal(Errno.Ok, error);
            Assert.Equal(Errno.Ok, File.SyncobjDestroy(first));
            Assert.Equal(Errno.Ok, File.SyncobjDestroy(second));
        }
    }

    [Fact]
    [Rule("DRM-015")]
    public void Another_thread_submits_resets_and_signals()
    {
        for (int round = 0; round < 500; round++)
        {
            uint handle = File.SyncobjCreate();
            Fence job = _scene.Device.CreateFence("job");
            Errno error = Errno.EINVAL;
            Both(
                () => error = _scene.WaitPoints(long.MaxValue, SyncobjWaitFlags.ForSubmit, (handle, 3)),
                () =>
                {
                    File.SyncobjAttach(handle, Fence.Signalled, 2);
                    File.SyncobjAttach(handle, job, 3);
                    job.TrySignal();
                });
            Assert.Equal(Errno.Ok, error);
            File.SyncobjDestroy(handle);
        }
    }

    [Fact]
    [Rule("DRM-014")]
    public void Many_waiters_of_one_object_all_wake()
    {
        uint handle = _scene.Pending(out Fence fence);
        Errno[] errors = new Errno[4];
        Thread[] waiters = [.. errors.Select((_, i) => new Thread(() => errors[i] = _scene.Wait(long.MaxValue, 0, handle)))];
        foreach (Thread waiter in waiters)
            waiter.Start();
        fence.TrySignal();
        foreach (Thread waiter in waiters)
            waiter.Join();
        Assert.All(errors, error => Assert.Equal(Errno.Ok, error));
    }

    [Fact]
    [Rule("DRM-017")]
    public void Another_thread_advances_the_virtual_clock()
    {
        for (int round = 0; round < 300; round++)
        {
            uint pending = _scene.Pending(out _);
            long deadline = _scene.Clock.Now + 100;
            Errno error = Errno.Ok;
            Both(() => error = _scene.Wait(deadline, 0, pending), () => _scene.Clock.AdvanceTo(deadline));
            Assert.Equal(Errno.ETIME, error);
        }

        Assert.Equal(long.MaxValue, _scene.Clock.NextDue);
    }

    [Fact]
    [Rule("DRM-017")]
    public void The_system_clock_ends_a_wait()
    {
        using var scene = new SyncScene(DriveMode.Queued, new SystemClock());
        uint pending = scene.Pending(out Fence fence);
        Assert.Equal(Errno.ETIME, scene.Wait(scene.Device.Clock.Now + 2_000_000, 0, pending));
        scene.Device.Clock.At(scene.Device.Clock.Now + 2_000_000, () => fence.TrySignal());
        Assert.Equal(Errno.Ok, scene.Wait(long.MaxValue, 0, pending));
    }

    [Fact]
    [Rule("DRM-017")]
    public void A_sleeper_sees_an_event_that_is_put_on_the_system_clock_meanwhile()
    {
        using var scene = new SyncScene(DriveMode.Queued, new SystemClock());
        uint pending = scene.Pending(out Fence fence);
        scene.Device.Clock.At(long.MaxValue - 1, () => { });
        Errno error = Errno.EINVAL;
        Thread waiter = StartAndFallAsleep(() => error = scene.Wait(long.MaxValue, 0, pending));
        scene.Device.Clock.At(scene.Device.Clock.Now + 1_000_000, () => fence.TrySignal());
        // Without being woken it would sleep for weeks; the limit only keeps the test from doing so, too.
        Assert.True(waiter.Join(TimeSpan.FromMinutes(1)));
        Assert.Equal(Errno.Ok, error);
    }

    /// <summary>Such waits sleep until they are woken: no number of milliseconds that the runtime blocks for reaches their
    /// deadline.</summary>
    [Theory]
    [Rule("DRM-017")]
    [InlineData(long.MaxValue)]
    [InlineData(1L << 61)]
    public void A_far_deadline_of_the_system_clock_is_waited_for(long deadline)
    {
        using var scene = new SyncScene(DriveMode.Queued, new SystemClock());
        uint pending = scene.Pending(out Fence fence);
        Exception? failure = null;
        Errno error = Errno.EINVAL;
        Thread waiter = StartAndFallAsleep(() => failure = Record.Exception(() => error = scene.Wait(deadline, 0, pending)));
        fence.TrySignal();
        waiter.Join();
        Assert.Null(failure);
        Assert.Equal(Errno.Ok, error);
    }

    [Fact]
    [Rule("BIND-255")]
    public void Another_thread_writes_a_user_fence()
    {
        for (ulong round = 1; round <= 500; round++)
        {
            ulong value = round;
            Errno error = Errno.EINVAL;
            Both(
                () =>
                {
                    var args = new DrmXeWaitUserFence { Addr = 0x8000, Value = value, Mask = ulong.MaxValue, Timeout = -1 };
                    error = File.WaitUserFence(ref args);
                },
                () =>
                {
                    File.UserMemory.TryWrite(0x8000, BitConverter.GetBytes(value));
                    File.NotifyUserFences();
                });
            Assert.Equal(Errno.Ok, error);
        }
    }

    [Fact]
    [Rule("BIND-250")]
    public void A_waiter_runs_the_work_that_another_thread_makes_ready()
    {
        var create = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, File.VmCreate(ref create));
        for (int round = 0; round < 100; round++)
        {
            uint job = _scene.Pending(out Fence fence), done = File.SyncobjCreate();
            DrmXeSync[] syncs = [Op.In(job), Op.Out(done)];
            var bind =
                new DrmXeVmBind { VmId = create.VmId, NumBinds = 1, NumSyncs = 2, Bind = Op.Null(0x1000, 0x1000, VmBindFlags.Immediate) };
            Assert.Equal(Errno.Ok, File.VmBind(bind, syncs: syncs));
            Errno error = Errno.EINVAL;
            Both(() => error = _scene.Wait(long.MaxValue, 0, done), () => fence.TrySignal());
            Assert.Equal(Errno.Ok, error);
            File.SyncobjDestroy(job);
            File.SyncobjDestroy(done);
        }
    }

    [Fact]
    [Rule("DRM-009")]
    public void Points_are_added_signalled_and_waited_for_at_the_same_time()
    {
        const ulong Points = 2000;
        uint timeline = File.SyncobjCreate();
        var fences = new Fence[Points];
        for (int i = 0; i < fences.Length; i++)
            fences[i] = _scene.Device.CreateFence("job");
        ulong failures = 0, falls = 0, last = 0;
        Both(
            () =>
            {
                for (ulong point = 1; point <= Points; point++)
                {
                    if (_scene.WaitPoints(long.MaxValue, SyncobjWaitFlags.ForSubmit, (timeline, point)) != Errno.Ok
                        || !fences[point - 1].IsSignalled)
                        failures++;
                    ulong reached = _scene.Query(timeline);
                    falls += reached < last || reached < point ? 1u : 0;
                    last = reached;
                }
            },
            () =>
            {
                for (ulong point = 1; point <= Points; point++)
                {
                    File.SyncobjAttach(timeline, fences[point - 1], point);
                    if (point >= 4)
                        fences[point - 4].TrySignal();
                }

                foreach (Fence fence in fences.Reverse())
                    fence.TrySignal();
            });
        Assert.Equal((0ul, 0ul, Points), (failures, falls, last));
    }

    [Fact]
    [Rule("DRM-002")]
    public void Handles_are_made_and_destroyed_on_several_threads()
    {
        int failures = 0;
        Both(Work, Work);
        Assert.Equal(0, failures);
        Assert.Equal(1u, File.SyncobjCreate());

        void Work()
        {
            for (int i = 0; i < 5000; i++)
            {
                uint handle = File.SyncobjCreate();
                if (!(File.SyncobjAttach(handle, Fence.Signalled) == Errno.Ok && _scene.IsSignalled(handle)
                    && File.SyncobjDestroy(handle) == Errno.Ok))
                    Interlocked.Increment(ref failures);
            }
        }
    }

    private static Thread StartAndFallAsleep(Action wait)
    {
        var thread = new Thread(() => wait()) { IsBackground = true };
        thread.Start();
        while ((thread.ThreadState & (ThreadState.WaitSleepJoin | ThreadState.Stopped)) == 0)
            Thread.Yield();
        return thread;
    }
}
