using XePt.Uapi;

namespace XePt.Tests.Syncs;

/// <summary>docs/drm-core.md section 5 on an inline device with its virtual clock.</summary>
public sealed class SyncobjWaitTests : IDisposable
{
    private const SyncobjWaitFlags All = SyncobjWaitFlags.All, ForSubmit = SyncobjWaitFlags.ForSubmit,
        Available = SyncobjWaitFlags.Available;

    private readonly SyncScene _scene = new();

    private XeFile File => _scene.File;

    public void Dispose() => _scene.Dispose();

    [Fact]
    [Rule("DRM-012")]
    public void Each_wait_knows_its_flags()
    {
        uint done = File.SyncobjCreate(signalled: true);
        foreach (uint flags in Enumerable.Range(0, 32).Select(flags => (uint)flags))
        {
            Assert.Equal((flags & ~0b1011u) == 0 ? Errno.Ok : Errno.EINVAL, _scene.Wait(0, (SyncobjWaitFlags)flags, done));
            Assert.Equal((flags & ~0b1111u) == 0 ? Errno.Ok : Errno.EINVAL, _scene.WaitPoints(0, (SyncobjWaitFlags)flags, (done, 0)));
        }

        _scene.AssertRefused(Errno.EINVAL, "DRM-012", "flags", _scene.Wait(0, Available, done));
        _scene.AssertRefused(Errno.EINVAL, "DRM-012", "flags", _scene.WaitPoints(0, (SyncobjWaitFlags)16, (done, 0)));
    }

    [Fact]
    [Rule("DRM-013")]
    [Rule("DRM-003")]
    public void Errors_come_in_order()
    {
        uint empty = File.SyncobjCreate(), done = File.SyncobjCreate(signalled: true);
        DrmSyncobjTimelineWait args = SyncScene.WaitArgs(0, (SyncobjWaitFlags)16, (99u, 1ul), (done, 0ul));
        _scene.AssertRefused(Errno.EINVAL, "DRM-012", "flags", File.SyncobjTimelineWait(ref args, [99], []));
        args.Flags = 0;
        _scene.AssertRefused(Errno.EFAULT, "DRM-003", "handles", File.SyncobjTimelineWait(ref args, [99], []));
        _scene.AssertRefused(Errno.ENOENT, "DRM-003", "handles", File.SyncobjTimelineWait(ref args, [empty, 99], []));
        _scene.AssertRefused(Errno.EFAULT, "DRM-013", "points", File.SyncobjTimelineWait(ref args, [empty, done], [0]));
        _scene.AssertRefused(Errno.EINVAL, "DRM-013", "handles", File.SyncobjTimelineWait(ref args, [done, empty], [0, 0]));
        Assert.Equal(1, File.LastRejection.SyncIndex);
        args.CountHandles = 65537;
        _scene.AssertRefused(Errno.ENOMEM, "DRM-003", "count_handles", File.SyncobjTimelineWait(ref args, [done], []));
    }

    [Fact]
    [Rule("DRM-013")]
    public void No_handles_are_a_success_that_writes_nothing()
    {
        Assert.Equal(Errno.Ok, _scene.Wait(out uint first, 0, All));
        Assert.Equal(77u, first);
        Assert.Equal(Errno.Ok, _scene.WaitPoints(out first, 0, 0));
        Assert.Equal(77u, first);
        _scene.AssertRefused(Errno.EINVAL, "DRM-012", "flags", _scene.Wait(0, Available));
    }

    [Fact]
    [Rule("DRM-013")]
    public void A_missing_fence_or_point_is_refused_even_where_another_would_do()
    {
        uint empty = File.SyncobjCreate(), done = File.SyncobjCreate(signalled: true), timeline = File.SyncobjCreate();
        _scene.SignalPoints((timeline, 4));
        Assert.Equal(Errno.EINVAL, _scene.Wait(0, 0, done, empty));
        Assert.Equal(Errno.EINVAL, _scene.WaitPoints(0, 0, (done, 0), (timeline, 5)));
        Assert.Equal(Errno.EINVAL, _scene.WaitPoints(0, 0, (done, 1)));
        Assert.Equal(Errno.Ok, _scene.WaitPoints(0, 0, (timeline, 3), (timeline, 0), (timeline, 4)));
    }

    [Fact]
    [Rule("DRM-013")]
    public void A_null_pointer_to_points_means_all_points_0()
    {
        uint done = File.SyncobjCreate(signalled: true);
        var args = new DrmSyncobjTimelineWait { CountHandles = 1 };
        Assert.Equal(Errno.Ok, File.SyncobjTimelineWait(ref args, [done], []));
    }

    [Fact]
    [Rule("DRM-014")]
    public void Any_gives_the_lowest_index_that_is_done()
    {
        uint pending = _scene.Pending(out _), done = File.SyncobjCreate(signalled: true);
        Assert.Equal(Errno.Ok, _scene.Wait(out uint first, 0, 0, pending, done, done));
        Assert.Equal(1u, first);
        _scene.AssertRefused(Errno.ETIME, "DRM-017", "timeout_nsec", _scene.Wait(out first, 0, 0, pending, pending));
        Assert.Equal(77u, first);
    }

    [Fact]
    [Rule("DRM-014")]
    public void All_gives_the_lowest_index_that_was_done_at_the_start_or_none()
    {
        uint first = _scene.Pending(out Fence one), second = _scene.Pending(out Fence two), done = File.SyncobjCreate(signalled: true);
        Assert.Equal(Errno.ETIME, _scene.Wait(out uint index, 0, All, done, first));
        Assert.Equal(77u, index);
        _scene.Clock.At(10, () => one.TrySignal());
        _scene.Clock.At(20, () => two.TrySignal());
        Assert.Equal(Errno.Ok, _scene.Wait(out index, 100, All, first, second));
        Assert.Equal((uint.MaxValue, 20L), (index, _scene.Clock.Now));

        uint third = _scene.Pending(out Fence three);
        _scene.Clock.At(30, () => three.TrySignal());
        Assert.Equal(Errno.Ok, _scene.Wait(out index, 100, All, third, first, done));
        Assert.Equal((1u, 30L), (index, _scene.Clock.Now));
    }

    [Fact]
    [Rule("DRM-015")]
    public void Waiting_for_submission_takes_the_fence_that_came_whatever_follows()
    {
        uint handle = File.SyncobjCreate();
        Fence job = _scene.Device.CreateFence("job");
        _scene.Clock.At(10, () =>
        {
            File.SyncobjAttach(handle, job);
            File.SyncobjReset(handle);
            File.SyncobjDestroy(handle);
        });
        _scene.Clock.At(20, () => job.TrySignal());
        Assert.Equal(Errno.Ok, _scene.Wait(out uint first, 100, ForSubmit, handle));
        Assert.Equal((0u, 20L), (first, _scene.Clock.Now));
        Assert.Equal(Errno.ENOENT, _scene.Wait(0, ForSubmit, handle));
    }

    [Fact]
    [Rule("DRM-015")]
    public void A_wait_goes_on_with_the_fence_that_was_there_at_its_start()
    {
        uint handle = _scene.Pending(out Fence first);
        _scene.Clock.At(10, () => File.SyncobjSignal(handle));
        _scene.Clock.At(20, () => first.TrySignal());
        Assert.Equal(Errno.Ok, _scene.Wait(100, 0, handle));
        Assert.Equal(20L, _scene.Clock.Now);
    }

    [Fact]
    [Rule("DRM-015")]
    public void A_point_to_come_is_waited_for_and_so_is_its_fence()
    {
        uint timeline = File.SyncobjCreate();
        Fence job = _scene.Device.CreateFence("job");
        _scene.Clock.At(10, () => File.SyncobjAttach(timeline, job, 1));
        _scene.Clock.At(20, () => File.SyncobjAttach(timeline, Fence.Signalled, 8));
        _scene.Clock.At(30, () => job.TrySignal());
        Assert.Equal(Errno.Ok, _scene.WaitPoints(100, ForSubmit, (timeline, 5)));
        Assert.Equal(30L, _scene.Clock.Now);
    }

    [Fact]
    [Rule("DRM-016")]
    public void Available_is_enough_when_asked_for()
    {
        uint timeline = _scene.Pending(out _, point: 3);
        Assert.Equal(Errno.Ok, _scene.WaitPoints(out uint first, 0, Available, (timeline, 4), (timeline, 2)));
        Assert.Equal(1u, first);
        Assert.Equal(Errno.ETIME, _scene.WaitPoints(5, Available | All, (timeline, 4), (timeline, 2)));
        _scene.Clock.At(10, () => File.SyncobjAttach(timeline, _scene.Device.CreateFence("job"), 4));
        Assert.Equal(Errno.Ok, _scene.WaitPoints(20, Available | All, (timeline, 4), (timeline, 2)));
        Assert.Equal(10L, _scene.Clock.Now);
    }

    [Theory]
    [InlineData(0, 500)]
    [InlineData(-1, 500)]
    [InlineData(long.MinValue, 500)]
    [InlineData(499, 500)]
    [InlineData(500, 500)]
    [InlineData(501, 501)]
    [InlineData(10_000, 10_000)]
    [Rule("DRM-017")]
    public void The_timeout_is_a_point_in_time(long timeout, long end)
    {
        uint pending = _scene.Pending(out _);
        _scene.Clock.AdvanceTo(500);
        _scene.AssertRefused(Errno.ETIME, "DRM-017", "timeout_nsec", _scene.Wait(timeout, 0, pending));
        Assert.Equal(end, _scene.Clock.Now);
    }

    [Fact]
    [Rule("DRM-017")]
    public void What_happens_at_the_very_deadline_counts()
    {
        uint pending = _scene.Pending(out Fence fence);
        _scene.Clock.At(100, () => fence.TrySignal());
        Assert.Equal(Errno.Ok, _scene.Wait(100, 0, pending));
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(1L << 62)]
    [Rule("DRM-017")]
    public void An_endless_wait_that_nothing_can_end_is_refused_at_once(long timeout)
    {
        uint pending = _scene.Pending(out Fence fence);
        _scene.AssertRefused(Errno.EDEADLK, "DRM-017", "timeout_nsec", _scene.Wait(timeout, 0, pending));
        Assert.Equal(0L, _scene.Clock.Now);
        _scene.Clock.At(1000, () => fence.TrySignal());
        Assert.Equal(Errno.Ok, _scene.Wait(timeout, 0, pending));
        Assert.Equal(1000L, _scene.Clock.Now);
    }

    [Fact]
    [Rule("DRM-017")]
    public void An_endless_wait_does_not_go_on_for_ever_with_events_that_renew_themselves()
    {
        uint pending = _scene.Pending(out _);
        Renew();
        Assert.Equal(Errno.EDEADLK, _scene.Wait(long.MaxValue, 0, pending));

        void Renew() => _scene.Clock.At(_scene.Clock.Now + 1, Renew);
    }

    [Fact]
    [Rule("DRM-017")]
    public void The_system_clock_ends_a_wait_too()
    {
        using var scene = new SyncScene(clock: new SystemClock());
        uint pending = scene.Pending(out Fence fence);
        Assert.Equal(Errno.ETIME, scene.Wait(scene.Device.Clock.Now + 1_000_000, 0, pending));
        Assert.Equal(Errno.EDEADLK, scene.Wait(long.MaxValue, 0, pending));
        scene.Device.Clock.At(scene.Device.Clock.Now + 1_000_000, () => fence.TrySignal());
        Assert.Equal(Errno.Ok, scene.Wait(long.MaxValue, 0, pending));
    }

    [Fact]
    [Rule("DRM-018")]
    public void Errors_of_fences_are_ignored()
    {
        uint failed = _scene.Pending(out Fence fence);
        fence.TrySignal(Errno.ECANCELED);
        Assert.Equal(Errno.Ok, _scene.Wait(0, All, failed));
        Assert.Equal(Errno.Ok, File.SyncobjFence(failed, 0, out Fence found));
        Assert.Equal(Errno.ECANCELED, found.Error);
    }

    [Fact]
    [Rule("DRM-019")]
    public void A_deadline_is_taken_and_changes_nothing()
    {
        uint pending = _scene.Pending(out _);
        DrmSyncobjWait args = SyncScene.WaitArgs(50, SyncobjWaitFlags.Deadline, pending) with { DeadlineNsec = 10 };
        Assert.Equal(Errno.ETIME, File.SyncobjWait(ref args, [pending]));
        Assert.Equal(50L, _scene.Clock.Now);
    }

    [Fact]
    [Rule("DRM-014")]
    public void The_same_object_may_be_waited_for_many_times()
    {
        uint pending = _scene.Pending(out Fence fence);
        uint[] handles = [.. Enumerable.Repeat(pending, 500)];
        _scene.Clock.At(5, () => fence.TrySignal());
        Assert.Equal(Errno.Ok, _scene.Wait(10, All, handles));
    }
}
