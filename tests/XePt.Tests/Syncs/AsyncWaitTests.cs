using XePt.Uapi;

namespace XePt.Tests.Syncs;

/// <summary>Waits that are awaited: nothing but fences, words in memory and the clock ends them.</summary>
public sealed class AsyncWaitTests : IDisposable
{
    private readonly SyncScene _scene = new();

    private XeFile File => _scene.File;

    public void Dispose() => _scene.Dispose();

    [Fact]
    [Rule("DRM-013")]
    public async Task What_is_done_or_refused_completes_at_once()
    {
        uint done = File.SyncobjCreate(signalled: true), empty = File.SyncobjCreate(), pending = _scene.Pending(out _);
        Assert.Equal(Errno.Ok, await Wait(long.MaxValue, 0, done));
        Assert.Equal(Errno.EINVAL, await Wait(0, 0, empty));
        Assert.Equal(Errno.EINVAL, await Wait(0, SyncobjWaitFlags.Available, done));
        Assert.Equal(Errno.ENOENT, await Wait(0, 0, 99));
        Assert.Equal(Errno.Ok, await Wait(0, 0));
        Assert.Equal(Errno.ETIME, await Wait(0, 0, pending));
    }

    [Fact]
    [Rule("DRM-014")]
    public async Task Signals_end_it_one_by_one()
    {
        uint first = _scene.Pending(out Fence one), second = _scene.Pending(out Fence two);
        ValueTask<Errno> any = Wait(long.MaxValue, 0, first, second), all = Wait(long.MaxValue, SyncobjWaitFlags.All, first, second);
        two.TrySignal();
        Assert.Equal((true, false), (any.IsCompleted, all.IsCompleted));
        one.TrySignal();
        Assert.True(all.IsCompleted);
        Assert.Equal((Errno.Ok, Errno.Ok), (await any, await all));
    }

    [Fact]
    [Rule("DRM-015")]
    public async Task Submission_and_signal_end_it()
    {
        uint timeline = File.SyncobjCreate();
        DrmSyncobjTimelineWait args = SyncScene.WaitArgs(long.MaxValue, SyncobjWaitFlags.ForSubmit, (timeline, 2ul));
        ValueTask<Errno> wait = File.SyncobjTimelineWaitAsync(args, [timeline], [2]);
        Fence job = _scene.Device.CreateFence("job");
        File.SyncobjAttach(timeline, job, 1);
        File.SyncobjAttach(timeline, Fence.Signalled, 2);
        File.SyncobjReset(timeline);
        Assert.False(wait.IsCompleted);
        job.TrySignal();
        Assert.True(wait.IsCompleted);
        Assert.Equal(Errno.Ok, await wait);
    }

    [Fact]
    [Rule("DRM-017")]
    public async Task The_clock_ends_it_when_it_is_advanced()
    {
        uint pending = _scene.Pending(out Fence fence);
        ValueTask<Errno> early = Wait(100, 0, pending), late = Wait(200, 0, pending);
        Assert.Equal(0, _scene.Clock.Now);
        _scene.Clock.AdvanceTo(99);
        Assert.False(early.IsCompleted);
        _scene.Clock.Advance(1);
        Assert.Equal((true, false), (early.IsCompleted, late.IsCompleted));
        fence.TrySignal();
        Assert.Equal((Errno.ETIME, Errno.Ok), (await early, await late));
        Assert.Equal(long.MaxValue, _scene.Clock.NextDue);
    }

    [Fact]
    public async Task Its_failure_says_why_at_once_or_when_it_ends()
    {
        uint pending = _scene.Pending(out _);
        await Wait(0, 0, pending);
        Assert.Equal("DRM-017", File.LastRejection.RuleId);
        await Wait(0, 0, File.SyncobjCreate(signalled: true));
        Assert.False(File.LastRejection.IsRejected);

        ValueTask<Errno> late = Wait(200, 0, pending);
        Assert.False(File.LastRejection.IsRejected);
        _scene.Clock.AdvanceTo(200);
        await late;
        Assert.Equal("DRM-017", File.LastRejection.RuleId);
    }

    [Fact]
    public async Task A_failure_in_the_middle_of_a_call_of_another_client_is_not_its_reason()
    {
        using XeFile other = _scene.Device.OpenFile();
        uint pending = _scene.Pending(out _);
        ValueTask<Errno> wait = Wait(long.MaxValue, 0, pending);
        File.Dispose();
        Assert.Equal(Errno.ECANCELED, await wait);
        Assert.Equal(Errno.ECANCELED, File.LastRejection.Errno);
        Assert.False(other.LastRejection.IsRejected);
    }

    [Fact]
    [Rule("BIND-255")]
    public async Task A_word_ends_it_when_its_writer_says_so()
    {
        DrmXeWaitUserFence args =
            new() { Addr = 0x5000, Value = 3, Mask = ulong.MaxValue, Op = UserFenceWaitOp.GreaterOrEqual, Timeout = -1 };
        ValueTask<Errno> wait = File.WaitUserFenceAsync(args);
        for (ulong value = 1; value <= 3; value++)
        {
            File.UserMemory.TryWrite(0x5000, BitConverter.GetBytes(value));
            Assert.False(wait.IsCompleted);
            File.NotifyUserFences();
        }

        Assert.True(wait.IsCompleted);
        Assert.Equal(Errno.Ok, await wait);
        Assert.Equal(Errno.EINVAL, await File.WaitUserFenceAsync(args with { Addr = 1 }));
        Assert.Equal(Errno.ETIME, await File.WaitUserFenceAsync(args with { Value = 4, Timeout = 0 }));
    }

    [Fact]
    [Rule("DRM-014")]
    public async Task A_continuation_may_wait_again_at_once()
    {
        uint[] handles = new uint[50];
        var fences = new Fence[50];
        for (int i = 0; i < 50; i++)
            handles[i] = _scene.Pending(out fences[i]);
        Task<int> chain = Chain();
        foreach (Fence fence in fences)
            fence.TrySignal();
        Assert.Equal(50, await chain);

        async Task<int> Chain()
        {
            int done = 0;
            foreach (uint handle in handles)
            {
                if (await Wait(long.MaxValue, 0, handle) == Errno.Ok)
                    done++;
            }

            return done;
        }
    }

    [Fact]
    [Rule("DRM-004")]
    public async Task A_continuation_may_make_calls_inside_the_call_that_ended_its_wait()
    {
        uint[] handles = [File.SyncobjCreate(), File.SyncobjCreate(), File.SyncobjCreate()];
        uint other = File.SyncobjCreate();
        Task<Errno> continuation = Continue();
        Assert.Equal(Errno.Ok, File.SyncobjSignal(handles));
        Assert.Equal(Errno.Ok, await continuation);
        Assert.All([.. handles, other], handle => Assert.True(_scene.IsSignalled(handle)));

        async Task<Errno> Continue()
        {
            await Wait(long.MaxValue, SyncobjWaitFlags.ForSubmit, handles[0]);
            return File.SyncobjSignal(other);
        }
    }

    [Fact]
    [Rule("DRM-017")]
    public async Task Signal_and_deadline_race_to_one_end()
    {
        for (int round = 0; round < 500; round++)
        {
            uint pending = _scene.Pending(out Fence fence);
            long deadline = _scene.Clock.Now + 10;
            ValueTask<Errno> wait = Wait(deadline, 0, pending);
            Fences.FenceTimelineTests.Both(() => fence.TrySignal(), () => _scene.Clock.AdvanceTo(deadline));
            Assert.True(wait.IsCompleted);
            Assert.True(await wait is Errno.Ok or Errno.ETIME);
            File.SyncobjDestroy(pending);
        }
    }

    private ValueTask<Errno> Wait(long timeout, SyncobjWaitFlags flags, params uint[] handles) =>
        File.SyncobjWaitAsync(SyncScene.WaitArgs(timeout, flags, handles), handles);
}
