using System.Runtime.InteropServices;
using XePt.Tests.Bind;
using XePt.Uapi;

namespace XePt.Tests.Syncs;

/// <summary>The same calls by request code, with their arrays in user memory.</summary>
public sealed class RawSyncobjTests : IDisposable
{
    private const ulong Handles = 0x10_0000, Points = 0x20_0000, Hole = 0xdead_0000;

    private readonly SyncScene _scene = new();

    private XeFile File => _scene.File;

    public void Dispose() => _scene.Dispose();

    [Fact]
    [Rule("DRM-001")]
    [Rule("DRM-002")]
    public void Create_and_destroy()
    {
        var create = new DrmSyncobjCreate { Flags = SyncobjCreateFlags.Signaled };
        Assert.Equal(Errno.Ok, Call(DrmIoctl.SyncobjCreate, ref create));
        Assert.True(_scene.IsSignalled(create.Handle));
        var destroy = new DrmSyncobjDestroy { Handle = create.Handle };
        Assert.Equal(Errno.Ok, Call(DrmIoctl.SyncobjDestroy, ref destroy));
        Assert.Equal(Errno.EINVAL, Call(DrmIoctl.SyncobjDestroy, ref destroy));
    }

    [Fact]
    [Rule("DRM-003")]
    public void Signal_and_reset_read_their_handles()
    {
        uint first = File.SyncobjCreate(), second = File.SyncobjCreate();
        Put(Handles, first, second);
        var args = new DrmSyncobjArray { Handles = Handles, CountHandles = 2 };
        Assert.Equal(Errno.Ok, Call(DrmIoctl.SyncobjSignal, ref args));
        Assert.True(File.SyncobjHasFence(first) && File.SyncobjHasFence(second));
        Assert.Equal(Errno.Ok, Call(DrmIoctl.SyncobjReset, ref args));
        Assert.False(File.SyncobjHasFence(first) || File.SyncobjHasFence(second));
        File.UserMemory = new MemoryWithHole(_scene.Memory);
        args.Handles = Hole - 4;
        Put(args.Handles, first);
        _scene.AssertRefused(Errno.EFAULT, "DRM-003", "handles", Call(DrmIoctl.SyncobjSignal, ref args));
        args.CountHandles = uint.MaxValue;
        _scene.AssertRefused(Errno.ENOMEM, "DRM-003", "count_handles", Call(DrmIoctl.SyncobjSignal, ref args));
        Assert.False(File.SyncobjHasFence(first));
    }

    [Fact]
    [Rule("DRM-006")]
    [Rule("DRM-010")]
    public void Timeline_signal_and_query_read_and_write_points()
    {
        uint first = File.SyncobjCreate(), second = File.SyncobjCreate();
        Put(Handles, first, second);
        Put(Points, 5ul, 7ul);
        var args = new DrmSyncobjTimelineArray { Handles = Handles, Points = Points, CountHandles = 2 };
        Assert.Equal(Errno.Ok, Call(DrmIoctl.SyncobjTimelineSignal, ref args));
        args.Points = 0x30_0000;
        Assert.Equal(Errno.Ok, Call(DrmIoctl.SyncobjQuery, ref args));
        Assert.Equal((5ul, 7ul), (_scene.Memory.ReadUInt64(0x30_0000), _scene.Memory.ReadUInt64(0x30_0008)));

        File.UserMemory = new MemoryWithHole(_scene.Memory);
        args.Points = Hole - 8;
        _scene.AssertRefused(Errno.EFAULT, "DRM-010", "points", Call(DrmIoctl.SyncobjQuery, ref args));
        Assert.Equal((5ul, Hole), (_scene.Memory.ReadUInt64(Hole - 8), File.LastRejection.Value));
        _scene.AssertRefused(Errno.EFAULT, "DRM-006", "points", Call(DrmIoctl.SyncobjTimelineSignal, ref args));
    }

    [Fact]
    [Rule("DRM-013")]
    [Rule("DRM-014")]
    public void Waits_read_their_arrays_and_write_the_index_back()
    {
        uint pending = _scene.Pending(out _), timeline = File.SyncobjCreate();
        _scene.SignalPoints((timeline, 4));
        Put(Handles, pending, timeline);
        Put(Points, 0ul, 3ul);
        var wait = new DrmSyncobjTimelineWait { Handles = Handles, Points = Points, CountHandles = 2 };
        Assert.Equal(Errno.Ok, Call(DrmIoctl.SyncobjTimelineWait, ref wait));
        Assert.Equal(1u, wait.FirstSignaled);
        var binary = new DrmSyncobjWait { Handles = Handles + 4, CountHandles = 1, FirstSignaled = 9 };
        Assert.Equal(Errno.Ok, Call(DrmIoctl.SyncobjWait, ref binary));
        Assert.Equal(0u, binary.FirstSignaled);
        wait.Points = Hole;
        File.UserMemory = new MemoryWithHole(_scene.Memory);
        _scene.AssertRefused(Errno.EFAULT, "DRM-013", "points", Call(DrmIoctl.SyncobjTimelineWait, ref wait));
    }

    [Fact]
    [Rule("DRM-012")]
    public void The_struct_of_older_clients_ends_before_the_deadline()
    {
        Put(Handles, File.SyncobjCreate(signalled: true));
        var wait = new DrmSyncobjWait { Handles = Handles, CountHandles = 1, FirstSignaled = 9 };
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<DrmSyncobjWait>(ref wait));
        Assert.Equal(Errno.Ok, File.Ioctl(0xc02064c3, bytes[..32]));
        Assert.Equal(0u, wait.FirstSignaled);
    }

    [Fact]
    [Rule("DRM-020")]
    public void Transfer()
    {
        uint source = File.SyncobjCreate(signalled: true), destination = File.SyncobjCreate();
        var args = new DrmSyncobjTransfer { SrcHandle = source, DstHandle = destination, DstPoint = 8 };
        Assert.Equal(Errno.Ok, Call(DrmIoctl.SyncobjTransfer, ref args));
        Assert.Equal(8ul, _scene.Query(destination));
    }

    [Fact]
    [Rule("BIND-257")]
    public void Wait_user_fence_writes_the_time_left_back()
    {
        Put(0x7000, 1ul);
        var args = new DrmXeWaitUserFence { Addr = 0x7000, Value = 1, Mask = 1, Timeout = -1 };
        Assert.Equal(Errno.Ok, Call(XeIoctl.WaitUserFence, ref args));
        Assert.Equal(long.MaxValue, args.Timeout);
    }

    [Theory]
    [InlineData(0xc01864cfu)]
    [InlineData(0xc008640au)]
    [Rule("DRM-023")]
    public void Other_requests_of_the_core_are_not_there(uint request) =>
        _scene.AssertRefused(Errno.EINVAL, "01 section 1", "request", File.Ioctl(request, new byte[24]));

    private Errno Call<T>(uint request, ref T args)
        where T : unmanaged => File.Ioctl(request, MemoryMarshal.AsBytes(new Span<T>(ref args)));

    private void Put<T>(ulong address, params T[] items)
        where T : unmanaged => _scene.Memory.TryWrite(address, MemoryMarshal.AsBytes<T>(items));
}
