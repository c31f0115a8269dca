using XePt.Uapi;

namespace XePt.Tests.Syncs;

/// <summary>docs/drm-core.md section 6.</summary>
public sealed class SyncobjTransferTests : IDisposable
{
    private readonly SyncScene _scene = new();

    private XeFile File => _scene.File;

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [Rule("DRM-020")]
    public void Errors_come_in_order(ulong point)
    {
        uint empty = File.SyncobjCreate(), done = File.SyncobjCreate(signalled: true);
        var args = new DrmSyncobjTransfer { Pad = 1, DstHandle = 99, DstPoint = point, SrcHandle = 98, Flags = SyncobjWaitFlags.All };
        _scene.AssertRefused(Errno.EINVAL, "DRM-020", "pad", File.SyncobjTransfer(args));
        args.Pad = 0;
        _scene.AssertRefused(Errno.ENOENT, "DRM-020", "dst_handle", File.SyncobjTransfer(args));
        args.DstHandle = done;
        foreach (SyncobjWaitFlags flag in new[] { SyncobjWaitFlags.All, SyncobjWaitFlags.Available,
            SyncobjWaitFlags.ForSubmit | SyncobjWaitFlags.Deadline })
            _scene.AssertRefused(Errno.EINVAL, "DRM-020", "flags", File.SyncobjTransfer(args with { Flags = flag }));
        args.Flags = SyncobjWaitFlags.ForSubmit;
        _scene.AssertRefused(Errno.ENOENT, "DRM-020", "src_handle", File.SyncobjTransfer(args));
        args.Flags = 0;
        _scene.AssertRefused(Errno.ENOENT, "DRM-020", "src_handle", File.SyncobjTransfer(args));
        args.SrcHandle = empty;
        _scene.AssertRefused(Errno.EINVAL, "DRM-020", "src_point", File.SyncobjTransfer(args));
        Assert.Equal(Errno.EINVAL, File.SyncobjTransfer(args with { SrcHandle = done, SrcPoint = 1 }));
        Assert.Equal(Errno.EINVAL, File.SyncobjTransfer(args with { DstPoint = 5 }));
        // Nothing has changed, and the next call goes its way.
        Assert.True(_scene.IsSignalled(done));
        Assert.False(File.SyncobjHasFence(empty));
        Assert.Equal(Errno.Ok, File.SyncobjTransfer(args with { SrcHandle = done, DstHandle = empty }));
        Assert.True(_scene.IsSignalled(empty));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [Rule("DRM-020")]
    public void A_point_to_come_is_waited_for_5_seconds(ulong target)
    {
        uint source = File.SyncobjCreate(), destination = File.SyncobjCreate();
        var args = new DrmSyncobjTransfer
        {
            SrcHandle = source,
            SrcPoint = 3,
            DstHandle = destination,
            DstPoint = target,
            Flags = SyncobjWaitFlags.ForSubmit
        };
        _scene.AssertRefused(Errno.ETIME, "DRM-020", "src_point", File.SyncobjTransfer(args));
        Assert.Equal(5_000_000_000, _scene.Clock.Now);
        Assert.False(File.SyncobjHasFence(destination));

        Fence job = _scene.Device.CreateFence("job");
        _scene.Clock.At(6_000_000_000, () => File.SyncobjAttach(source, job, 3));
        Assert.Equal(Errno.Ok, File.SyncobjTransfer(args));
        Assert.Equal(6_000_000_000, _scene.Clock.Now);
        Assert.False(_scene.IsSignalled(destination, target));
        job.TrySignal();
        Assert.True(_scene.IsSignalled(destination, target));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [Rule("DRM-020")]
    public void A_source_that_came_and_went_counts(ulong target)
    {
        uint source = File.SyncobjCreate(), destination = File.SyncobjCreate();
        Fence job = _scene.Device.CreateFence("job");
        _scene.Clock.At(10, () =>
        {
            File.SyncobjAttach(source, job);
            File.SyncobjReset(source);
        });
        var args =
            new DrmSyncobjTransfer { SrcHandle = source, DstHandle = destination, DstPoint = target, Flags = SyncobjWaitFlags.ForSubmit };
        Assert.Equal(Errno.Ok, File.SyncobjTransfer(args));
        Assert.False(_scene.IsSignalled(destination, target));
        job.TrySignal();
        Assert.True(_scene.IsSignalled(destination, target));
    }

    [Fact]
    [Rule("DRM-021")]
    public void To_a_point_goes_everything_that_is_pending_up_to_the_source_point()
    {
        uint source = _scene.Pending(out Fence one, point: 1);
        Fence two = _scene.Device.CreateFence("job"), three = _scene.Device.CreateFence("job");
        File.SyncobjAttach(source, two, 2);
        File.SyncobjAttach(source, three, 3);
        uint destination = _scene.Pending(out Fence before, point: 10);
        Assert.Equal(Errno.Ok,
            File.SyncobjTransfer(new DrmSyncobjTransfer { SrcHandle = source, SrcPoint = 2, DstHandle = destination, DstPoint = 12 }));
        Assert.Equal(12ul, _scene.Query(destination, SyncobjQueryFlags.LastSubmitted));
        before.TrySignal();
        two.TrySignal();
        Assert.Equal(10ul, _scene.Query(destination));
        one.TrySignal();
        Assert.Equal(12ul, _scene.Query(destination));
        Assert.False(three.IsSignalled);
    }

    [Fact]
    [Rule("DRM-022")]
    public void To_point_0_goes_the_chain_itself()
    {
        uint source = _scene.Pending(out Fence one, point: 1);
        Fence two = _scene.Device.CreateFence("job");
        File.SyncobjAttach(source, two, 2);
        uint destination = File.SyncobjCreate(signalled: true);
        Assert.Equal(Errno.Ok, File.SyncobjTransfer(new DrmSyncobjTransfer { SrcHandle = source, DstHandle = destination }));
        Assert.Equal(2ul, _scene.Query(destination, SyncobjQueryFlags.LastSubmitted));
        File.SyncobjReset(source);
        one.TrySignal();
        Assert.Equal(1ul, _scene.Query(destination));
        two.TrySignal();
        Assert.Equal((2ul, true), (_scene.Query(destination), _scene.IsSignalled(destination)));
    }

    [Fact]
    [Rule("DRM-021")]
    [Rule("DRM-022")]
    public void An_object_may_be_its_own_destination()
    {
        uint handle = _scene.Pending(out Fence fence);
        Assert.Equal(Errno.Ok, File.SyncobjTransfer(new DrmSyncobjTransfer { SrcHandle = handle, DstHandle = handle, DstPoint = 4 }));
        Assert.Equal(4ul, _scene.Query(handle, SyncobjQueryFlags.LastSubmitted));
        Assert.Equal(Errno.Ok, File.SyncobjTransfer(new DrmSyncobjTransfer { SrcHandle = handle, SrcPoint = 4, DstHandle = handle }));
        fence.TrySignal();
        Assert.Equal(4ul, _scene.Query(handle));
    }
}
