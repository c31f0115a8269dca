using XePt.Devices;
using XePt.Uapi;

namespace XePt.Tests.Sharing;

/// <summary>Fences that go into shared BOs and come out of them as sync files (DRM-034 to DRM-037).</summary>
public sealed class SyncFileTests : IDisposable
{
    private readonly XeDevice _device = new(XePlatforms.Bmg);
    private readonly XeFile _file;
    private readonly int _bo;

    public SyncFileTests()
    {
        _file = _device.OpenFile();
        var prime = new DrmPrimeHandle { Handle = _file.CreateBo(0x10000).Handle };
        Assert.Equal(Errno.Ok, _file.PrimeHandleToFd(ref prime));
        _bo = prime.Fd;
    }

    public void Dispose() => _device.Dispose();

    [Fact]
    [Rule("DRM-034")]
    [Rule("DRM-035")]
    public void A_writer_s_fence_is_there_for_all_a_reader_s_for_writers_and_none_has_signalled()
    {
        Assert.True(IsSignalled(Export(forWriting: true)));
        (int read, Fence reads) = Pending();
        (int write, Fence writes) = Pending();
        Assert.Equal(Errno.Ok, _device.ImportSyncFile(_bo, read, isWriting: false));
        int before = Export(forWriting: true);
        Assert.Equal((true, false), (IsSignalled(Export(forWriting: false)), IsSignalled(before)));
        Assert.Equal(Errno.Ok, _device.ImportSyncFile(_bo, write, isWriting: true));
        int forReading = Export(forWriting: false), forWriting = Export(forWriting: true);
        Assert.False(IsSignalled(forReading));

        // Each has what was there when it was made.
        reads.TrySignal();
        Assert.Equal((true, false, false), (IsSignalled(before), IsSignalled(forReading), IsSignalled(forWriting)));
        writes.TrySignal();
        Assert.Equal((true, true), (IsSignalled(forReading), IsSignalled(forWriting)));
        Assert.True(IsSignalled(Export(forWriting: true)));
    }

    [Fact]
    [Rule("DRM-036")]
    [Rule("DRM-037")]
    public void What_is_merged_has_signalled_when_both_have()
    {
        (int first, Fence one) = Pending();
        (int second, Fence other) = Pending();
        Assert.Equal(Errno.Ok, _device.MergeSyncFiles(first, second, out int merged));
        Assert.Equal(Errno.Ok, _device.MergeSyncFiles(first, first, out int twice));
        one.TrySignal();
        Assert.Equal((false, true), (IsSignalled(merged), IsSignalled(twice)));
        other.TrySignal(Errno.EIO);
        Assert.True(IsSignalled(merged));
        Assert.Equal((Errno.Ok, Errno.EIO), (_device.FindSyncFile(second, out Fence failed), failed.Error));
    }

    [Fact]
    [Rule("DRM-034")]
    [Rule("DRM-035")]
    [Rule("DRM-036")]
    public void Descriptors_of_other_kinds_and_none_are_told_apart()
    {
        (int sync, _) = Pending();
        int count = _device.Descriptors.Count;
        Assert.Equal((Errno.EINVAL, -1), (_device.ExportSyncFile(sync, forWriting: true, out int none), none));
        Assert.Equal(Errno.EBADF, _device.ExportSyncFile(99, forWriting: true, out _));
        Assert.Equal(Errno.EINVAL, _device.ImportSyncFile(_bo, _bo, isWriting: true));
        Assert.Equal(Errno.EBADF, _device.ImportSyncFile(_bo, 99, isWriting: true));
        Assert.Equal(Errno.EINVAL, _device.ImportSyncFile(sync, sync, isWriting: true));
        Assert.Equal((Errno.EINVAL, -1), (_device.MergeSyncFiles(sync, _bo, out int merged), merged));
        Assert.Equal(Errno.EBADF, _device.MergeSyncFiles(99, sync, out _));
        Assert.Equal(Errno.EINVAL, _device.FindSyncFile(_bo, out _));
        Assert.Equal(count, _device.Descriptors.Count);
        Assert.True(IsSignalled(Export(forWriting: true)));
    }

    private (int Fd, Fence Fence) Pending()
    {
        Fence fence = _device.CreateFence("job");
        uint handle = _file.SyncobjCreate();
        Assert.Equal(Errno.Ok, _file.SyncobjAttach(handle, fence));
        var args = new DrmSyncobjHandle { Handle = handle, Flags = SyncobjFileFlags.SyncFile };
        Assert.Equal(Errno.Ok, _file.SyncobjHandleToFd(ref args));
        return (args.Fd, fence);
    }

    private int Export(bool forWriting)
    {
        Assert.Equal(Errno.Ok, _device.ExportSyncFile(_bo, forWriting, out int fd));
        return fd;
    }

    private bool IsSignalled(int fd)
    {
        Assert.Equal(Errno.Ok, _device.FindSyncFile(fd, out Fence fence));
        return fence.IsSignalled;
    }
}
