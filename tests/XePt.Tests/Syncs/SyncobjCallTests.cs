using XePt.Uapi;

namespace XePt.Tests.Syncs;

/// <summary>docs/drm-core.md section 3, and queries: calls that do not wait.</summary>
public sealed class SyncobjCallTests : IDisposable
{
    private readonly SyncScene _scene = new();

    private XeFile File => _scene.File;

    public void Dispose() => _scene.Dispose();

    [Fact]
    [Rule("DRM-001")]
    public void Create_gives_the_lowest_free_handle()
    {
        DrmSyncobjCreate first = default, second = new() { Flags = SyncobjCreateFlags.Signaled }, third = default;
        Assert.Equal(Errno.Ok, File.SyncobjCreate(ref first));
        Assert.Equal(Errno.Ok, File.SyncobjCreate(ref second));
        Assert.Equal((1u, 2u), (first.Handle, second.Handle));
        Assert.Equal((false, true), (File.SyncobjHasFence(1), _scene.IsSignalled(2)));
        Assert.Equal(Errno.Ok, File.SyncobjDestroy(1u));
        Assert.Equal(Errno.Ok, File.SyncobjCreate(ref third));
        Assert.Equal(1u, third.Handle);
    }

    [Fact]
    [Rule("DRM-001")]
    public void Create_knows_one_flag()
    {
        var args = new DrmSyncobjCreate { Flags = (SyncobjCreateFlags)2, Handle = 9 };
        _scene.AssertRefused(Errno.EINVAL, "DRM-001", "flags", File.SyncobjCreate(ref args));
        Assert.Equal(9u, args.Handle);
    }

    [Fact]
    [Rule("DRM-002")]
    public void Destroy_refuses_padding_before_the_handle_and_says_EINVAL_for_an_unknown_one()
    {
        _scene.AssertRefused(Errno.EINVAL, "DRM-002", "pad", File.SyncobjDestroy(new DrmSyncobjDestroy { Handle = 1, Pad = 1 }));
        _scene.AssertRefused(Errno.EINVAL, "DRM-002", "handle", File.SyncobjDestroy(new DrmSyncobjDestroy { Handle = 1 }));
        _scene.AssertRefused(Errno.EINVAL, "DRM-002", "handle", File.SyncobjDestroy(0u));
        File.SyncobjCreate();
        Assert.Equal(Errno.Ok, File.SyncobjDestroy(new DrmSyncobjDestroy { Handle = 1 }));
    }

    [Fact]
    [Rule("DRM-003")]
    public void Arrays_are_checked_in_order_and_before_anything_is_done()
    {
        uint known = File.SyncobjCreate();
        foreach (Call call in new Call[] { File.SyncobjSignal, File.SyncobjReset })
        {
            _scene.AssertRefused(Errno.EINVAL, "DRM-003", "pad", call(new DrmSyncobjArray { Pad = 1 }, []));
            _scene.AssertRefused(Errno.EINVAL, "DRM-003", "count_handles", call(new DrmSyncobjArray(), []));
            _scene.AssertRefused(Errno.ENOMEM, "DRM-003", "count_handles", call(new DrmSyncobjArray { CountHandles = 65537 }, [known]));
            _scene.AssertRefused(Errno.EFAULT, "DRM-003", "handles", call(new DrmSyncobjArray { CountHandles = 3 }, [99, known]));
            _scene.AssertRefused(Errno.ENOENT, "DRM-003", "handles", call(new DrmSyncobjArray { CountHandles = 2 }, [known, 99]));
            Assert.Equal((99ul, 1), (File.LastRejection.Value, File.LastRejection.SyncIndex));
        }

        Assert.False(File.SyncobjHasFence(known));
    }

    [Fact]
    [Rule("DRM-004")]
    public void Signal_replaces_whatever_was_there()
    {
        uint empty = File.SyncobjCreate(), pending = _scene.Pending(out Fence fence), timeline = _scene.Pending(out _, point: 4);
        Assert.Equal(Errno.Ok, File.SyncobjSignal(empty, pending, timeline, empty));
        Assert.True(_scene.IsSignalled(empty) && _scene.IsSignalled(pending) && _scene.IsSignalled(timeline));
        Assert.False(fence.IsSignalled);
        Assert.Equal(0ul, _scene.Query(timeline, SyncobjQueryFlags.LastSubmitted));
    }

    [Fact]
    [Rule("DRM-005")]
    public void Reset_leaves_nothing()
    {
        uint binary = File.SyncobjCreate(signalled: true), timeline = _scene.Pending(out _, point: 4);
        Assert.Equal(Errno.Ok, File.SyncobjReset(binary, timeline));
        Assert.False(File.SyncobjHasFence(binary) || File.SyncobjHasFence(timeline));
        Assert.Equal(0ul, _scene.Query(timeline, SyncobjQueryFlags.LastSubmitted));
    }

    [Fact]
    [Rule("DRM-006")]
    public void Timeline_signal_checks_flags_then_the_array_then_the_points()
    {
        uint known = File.SyncobjCreate();
        var args = new DrmSyncobjTimelineArray { Flags = (SyncobjQueryFlags)1 };
        _scene.AssertRefused(Errno.EINVAL, "DRM-006", "flags", File.SyncobjTimelineSignal(args, [], []));
        args.Flags = 0;
        _scene.AssertRefused(Errno.EINVAL, "DRM-003", "count_handles", File.SyncobjTimelineSignal(args, [], []));
        args = new DrmSyncobjTimelineArray { CountHandles = 2, Points = 0x1000 };
        _scene.AssertRefused(Errno.EFAULT, "DRM-003", "handles", File.SyncobjTimelineSignal(args, [known], [1, 2]));
        _scene.AssertRefused(Errno.ENOENT, "DRM-003", "handles", File.SyncobjTimelineSignal(args, [known, 99], [1]));
        _scene.AssertRefused(Errno.EFAULT, "DRM-006", "points", File.SyncobjTimelineSignal(args, [known, known], [1]));
        Assert.False(File.SyncobjHasFence(known));
    }

    [Fact]
    [Rule("DRM-006")]
    public void Timeline_signal_adds_points_in_array_order_and_without_points_adds_0()
    {
        uint first = File.SyncobjCreate(), second = File.SyncobjCreate();
        Assert.Equal(Errno.Ok, _scene.SignalPoints((first, 3), (second, 7), (first, 5)));
        Assert.Equal((5ul, 7ul), (_scene.Query(first), _scene.Query(second)));
        uint third = File.SyncobjCreate();
        Assert.Equal(Errno.Ok, File.SyncobjTimelineSignal(new DrmSyncobjTimelineArray { CountHandles = 1 }, [third], []));
        Assert.True(File.SyncobjHasFence(third));
        Assert.Equal(0ul, _scene.Query(third, SyncobjQueryFlags.LastSubmitted));
    }

    [Fact]
    [Rule("DRM-010")]
    [Rule("DRM-003")]
    public void Query_checks_in_order_and_keeps_what_it_could_write()
    {
        uint timeline = File.SyncobjCreate();
        _scene.SignalPoints((timeline, 6));
        var points = new ulong[2];
        _scene.AssertRefused(
            Errno.EINVAL, "DRM-010", "flags", File.SyncobjQuery(new DrmSyncobjTimelineArray { Flags = (SyncobjQueryFlags)2 }, [], points));
        _scene.AssertRefused(Errno.EINVAL, "DRM-003", "count_handles", File.SyncobjQuery(default, [], points));
        var args = new DrmSyncobjTimelineArray { CountHandles = 3, Points = 0x1000 };
        _scene.AssertRefused(Errno.EFAULT, "DRM-003", "handles", File.SyncobjQuery(args, [timeline], points));
        _scene.AssertRefused(Errno.ENOENT, "DRM-003", "handles", File.SyncobjQuery(args, [timeline, 99, timeline], points));
        Assert.Equal(0ul, points[0]);
        _scene.AssertRefused(Errno.EFAULT, "DRM-010", "points", File.SyncobjQuery(args, [timeline, timeline, timeline], points));
        Assert.Equal(0x1010ul, File.LastRejection.Value);
        Assert.Equal([6ul, 6ul], points);
    }

    [Fact]
    [Rule("DRM-010")]
    [Rule("DRM-011")]
    public void Query_gives_the_newest_signalled_or_submitted_point()
    {
        uint timeline = _scene.Pending(out Fence two, point: 2);
        File.SyncobjAttach(timeline, Fence.Signalled, 3);
        Fence nine = _scene.Device.CreateFence("job");
        File.SyncobjAttach(timeline, nine, 9);
        Assert.Equal((0ul, 9ul), (_scene.Query(timeline), _scene.Query(timeline, SyncobjQueryFlags.LastSubmitted)));
        two.TrySignal();
        Assert.Equal(3ul, _scene.Query(timeline));
        nine.TrySignal();
        Assert.Equal(9ul, _scene.Query(timeline));
        Assert.Equal((0ul, 0ul),
            (_scene.Query(File.SyncobjCreate()), _scene.Query(File.SyncobjCreate(signalled: true), SyncobjQueryFlags.LastSubmitted)));
    }

    [Fact]
    [Rule("DRM-024")]
    public void The_embedder_puts_fences_in_and_takes_them_out()
    {
        uint handle = _scene.Pending(out Fence fence);
        Assert.Equal(Errno.Ok, File.SyncobjFence(handle, 0, out Fence found));
        Assert.Equal(fence, found);
        _scene.AssertRefused(Errno.EINVAL, "DRM-024", "point", File.SyncobjFence(handle, 1, out _));
        _scene.AssertRefused(Errno.ENOENT, "DRM-024", "handle", File.SyncobjFence(99, 0, out _));
        _scene.AssertRefused(Errno.ENOENT, "DRM-024", "handle", File.SyncobjAttach(99, fence));
    }

    [Fact]
    [Rule("DRM-002")]
    public void Destroying_an_object_does_nothing_to_the_fence_it_held()
    {
        uint handle = _scene.Pending(out Fence fence);
        Assert.Equal(Errno.Ok, File.SyncobjDestroy(handle));
        Assert.Equal(Errno.ENOENT, File.SyncobjFence(handle, 0, out _));
        Assert.False(fence.IsSignalled);
        Assert.True(fence.TrySignal());
    }

    private delegate Errno Call(in DrmSyncobjArray args, ReadOnlySpan<uint> handles);
}
