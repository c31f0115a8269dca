using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Tests.Sharing;

/// <summary>Syncobjs and sync files through file descriptors (docs/drm-core.md section 9).</summary>
public sealed class SyncobjFileTests : IDisposable
{
    private readonly XeDevice _device = new(XePlatforms.Lnl);
    private readonly XeFile _a, _b;

    public SyncobjFileTests() => (_a, _b) = (_device.OpenFile(), _device.OpenFile());

    public void Dispose() => _device.Dispose();

    [Fact]
    [Rule("DRM-030")]
    public void Arguments_are_looked_at_first_in_both_directions()
    {
        foreach (bool imports in (bool[])[false, true])
        {
            var args = new DrmSyncobjHandle { Handle = 9, Fd = 99, Pad = 1, Flags = (SyncobjFileFlags)4, Point = 5 };
            Refused(imports, args, Errno.EINVAL, "pad");
            Refused(imports, args = args with { Pad = 0 }, Errno.EINVAL, "flags");
            Refused(imports, args with { Flags = 0 }, Errno.EINVAL, "point");
            Refused(imports, args with { Flags = SyncobjFileFlags.Timeline }, Errno.EINVAL, "point");
        }

        var fence = new DrmSyncobjHandle { Handle = 9, Fd = 99, Flags = SyncobjFileFlags.SyncFile, Point = 5 };
        Refused(imports: true, fence, Errno.EINVAL, "fd");
        Refused(imports: false, fence, Errno.ENOENT, "handle");
        Assert.Equal(0, _a.Descriptors.Count);
    }

    [Fact]
    [Rule("DRM-031")]
    public void An_object_is_one_for_all_who_have_it()
    {
        Refused(imports: false, new DrmSyncobjHandle { Handle = 9 }, Errno.EINVAL, "handle");
        uint mine = _a.SyncobjCreate();
        int fd = Export(_a, mine);
        uint its = Import(_b, fd), again = Import(_a, fd);
        Assert.NotEqual(mine, again);
        Assert.False(_b.SyncobjHasFence(its));
        Assert.Equal(Errno.Ok, _a.SyncobjTimelineSignal([mine], [7]));
        var points = new ulong[1];
        Assert.Equal(Errno.Ok, _b.SyncobjQuery([its], points));
        Assert.Equal(7ul, points[0]);

        Assert.Equal(Errno.Ok, _a.SyncobjDestroy(mine));
        Assert.True(_a.Descriptors.Close(fd));
        Assert.Equal(Errno.Ok, _b.SyncobjReset(new DrmSyncobjArray { CountHandles = 1 }, [its]));
        Assert.False(_a.SyncobjHasFence(again));
        Refused(imports: true, new DrmSyncobjHandle { Fd = fd }, Errno.EINVAL, "fd");
    }

    [Fact]
    [Rule("DRM-032")]
    [Rule("DRM-033")]
    public void A_sync_file_is_the_fence_of_a_moment()
    {
        uint mine = _a.SyncobjCreate(), its = _b.SyncobjCreate();
        Refused(imports: false, new DrmSyncobjHandle { Handle = mine, Flags = SyncobjFileFlags.SyncFile }, Errno.EINVAL, "handle");
        Fence source = _device.CreateFence("one");
        Assert.Equal(Errno.Ok, _a.SyncobjAttach(mine, source));
        int fd = Export(_a, mine, SyncobjFileFlags.SyncFile, point: 3);
        Assert.Equal(Errno.Ok, _a.SyncobjReset(new DrmSyncobjArray { CountHandles = 1 }, [mine]));

        Assert.Equal(Errno.Ok, _b.SyncobjFdToHandle(ref Args(its, fd, SyncobjFileFlags.SyncFile)));
        Assert.Equal(Errno.ETIME, _b.SyncobjWait([its], 0));
        Assert.True(source.TrySignal());
        Assert.Equal(Errno.Ok, _b.SyncobjWait([its], 0));
        Assert.False(_a.SyncobjHasFence(mine));
    }

    [Fact]
    [Rule("DRM-032")]
    [Rule("DRM-033")]
    public void Points_go_out_and_in_with_the_timeline_flag()
    {
        const SyncobjFileFlags Point = SyncobjFileFlags.SyncFile | SyncobjFileFlags.Timeline;
        uint mine = _a.SyncobjCreate(), its = _b.SyncobjCreate();
        Fence first = _device.CreateFence("first"), second = _device.CreateFence("second");
        Assert.Equal(Errno.Ok, _a.SyncobjAttach(mine, first, 4));
        Assert.Equal(Errno.Ok, _a.SyncobjAttach(mine, second, 8));
        Refused(imports: false, new DrmSyncobjHandle { Handle = mine, Flags = Point, Point = 9 }, Errno.EINVAL, "point");
        int fd = Export(_a, mine, Point, point: 3);

        Assert.Equal(Errno.Ok, _b.SyncobjFdToHandle(ref Args(its, fd, Point, point: 20)));
        Assert.Equal(Errno.ETIME, _b.SyncobjTimelineWait([its], [20], 0));
        Assert.True(first.TrySignal());
        Assert.Equal(Errno.Ok, _b.SyncobjTimelineWait([its], [20], 0));
        // What the timeline has passed is a signalled fence.
        Assert.Equal(Errno.Ok, _b.SyncobjFdToHandle(ref Args(its, Export(_a, mine, Point, point: 2), SyncobjFileFlags.SyncFile)));
        Assert.Equal(Errno.Ok, _b.SyncobjWait([its], 0));
    }

    [Fact]
    [Rule("DRM-031")]
    [Rule("DRM-032")]
    public void Files_of_another_kind_are_refused_and_the_fence_is_asked_for_before_the_handle()
    {
        uint mine = _a.SyncobjCreate(signalled: true);
        int syncFile = Export(_a, mine, SyncobjFileFlags.SyncFile), file = Export(_a, mine);
        Refused(imports: true, new DrmSyncobjHandle { Fd = syncFile }, Errno.EINVAL, "fd");
        var fence = new DrmSyncobjHandle { Handle = 99, Fd = file, Flags = SyncobjFileFlags.SyncFile };
        Refused(imports: true, fence, Errno.EINVAL, "fd");
        Refused(imports: true, fence with { Fd = syncFile }, Errno.ENOENT, "handle");
    }

    /// <summary>A bind of one device waits for a fence of another.</summary>
    [Fact]
    [Rule("DRM-033")]
    public void Fences_of_one_device_hold_back_work_of_another()
    {
        using var other = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { Descriptors = _device.Descriptors });
        XeFile file = other.OpenFile();
        uint sync = _a.SyncobjCreate();
        Fence source = _device.CreateFence("one");
        Assert.Equal(Errno.Ok, _a.SyncobjAttach(sync, source));
        uint imported = file.SyncobjCreate();
        int fd = Export(_a, sync, SyncobjFileFlags.SyncFile);
        Assert.Equal(Errno.Ok, file.SyncobjFdToHandle(ref Args(imported, fd, SyncobjFileFlags.SyncFile)));

        var create = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, file.VmCreate(ref create));
        var op = new DrmXeVmBindOp { Op = VmBindOp.Map, Flags = VmBindFlags.Null, Range = 0x1000 };
        Assert.Equal(Errno.Ok, file.VmBind(create.VmId, [op], [new DrmXeSync { Handle = imported }], 0, out Fence done));
        Assert.False(done.IsSignalled);
        Assert.True(source.TrySignal());
        Assert.True(done.IsSignalled);
    }

    [Fact]
    [Rule("DRM-030")]
    public void The_raw_requests_take_the_struct_of_older_clients()
    {
        uint mine = _a.SyncobjCreate();
        Span<uint> old = [mine, 0, 0, 0];
        Assert.Equal(Errno.Ok, _a.Ioctl(0xc01064c1, MemoryMarshal.AsBytes(old)));
        Assert.Equal(3u, old[2]);
        Span<uint> import = [0, 0, old[2], 0];
        Assert.Equal(Errno.Ok, _b.Ioctl(DrmIoctl.SyncobjFdToHandle, MemoryMarshal.AsBytes(import)));
        Assert.Equal(1u, import[0]);
        Span<uint> prime = [1, 0, 0];
        Assert.Equal(Errno.ENOENT, _a.Ioctl(DrmIoctl.PrimeHandleToFd, MemoryMarshal.AsBytes(prime)));
        Span<uint> close = [1, 77];
        Assert.Equal(Errno.EINVAL, _a.Ioctl(DrmIoctl.GemClose, MemoryMarshal.AsBytes(close)));
    }

    private static ref DrmSyncobjHandle Args(uint handle, int fd, SyncobjFileFlags flags, ulong point = 0) =>
        ref (new DrmSyncobjHandle[] { new() { Handle = handle, Fd = fd, Flags = flags, Point = point } })[0];

    private static int Export(XeFile file, uint handle, SyncobjFileFlags flags = 0, ulong point = 0)
    {
        ref DrmSyncobjHandle args = ref Args(handle, 0, flags, point);
        Assert.Equal(Errno.Ok, file.SyncobjHandleToFd(ref args));
        return args.Fd;
    }

    private static uint Import(XeFile file, int fd)
    {
        ref DrmSyncobjHandle args = ref Args(0, fd, 0);
        Assert.Equal(Errno.Ok, file.SyncobjFdToHandle(ref args));
        return args.Handle;
    }

    private void Refused(bool imports, DrmSyncobjHandle args, Errno errno, string field)
    {
        DrmSyncobjHandle before = args;
        Assert.Equal(errno, imports ? _a.SyncobjFdToHandle(ref args) : _a.SyncobjHandleToFd(ref args));
        Assert.Equal((field, before.Handle, before.Fd), (_a.LastRejection.Field, args.Handle, args.Fd));
    }
}
