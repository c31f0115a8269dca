using XePt.Fences;
using XePt.Uapi;

namespace XePt;

// Fences of shared BOs and of sync files, by their descriptors (docs/drm-core.md section 10).
public sealed partial class XeDevice
{
    /// <summary>DMA_BUF_IOCTL_EXPORT_SYNC_FILE (DRM-034): a sync file with the fences that a BO has now.</summary>
    /// <param name="fd">Descriptor of the BO, of <see cref="Descriptors"/>.</param>
    /// <param name="forWriting">All that a writer would have to wait for, or only what a reader would.</param>
    /// <param name="syncFile">Receives the descriptor of the sync file.</param>
    /// <returns>Ok; -EBADF for a descriptor that is not open; -EINVAL for one that is no BO.</returns>
    public Errno ExportSyncFile(int fd, bool forWriting, out int syncFile)
    {
        syncFile = -1;
        Errno error = FindShared(fd, out SharedBo? shared);
        if (error != Errno.Ok)
            return error;
        using ScratchFences scratch = ScratchFences.Take();
        shared!.Device.ReservationOf(shared.Bo)?.Collect(forWriting ? FenceUsage.Read : FenceUsage.Write, scratch.Set);
        syncFile = Descriptors.Add(new SyncFile(Points.Of(scratch.Set)));
        return Errno.Ok;
    }

    /// <summary>DMA_BUF_IOCTL_IMPORT_SYNC_FILE (DRM-035): the fence of a sync file is among those of a BO from now on.</summary>
    /// <param name="fd">Descriptor of the BO, of <see cref="Descriptors"/>.</param>
    /// <param name="syncFile">Descriptor of the sync file.</param>
    /// <param name="isWriting">Who reads has to wait for it, too.</param>
    /// <returns>Ok; -EBADF for a descriptor that is not open; -EINVAL for one of another kind.</returns>
    public Errno ImportSyncFile(int fd, int syncFile, bool isWriting)
    {
        Errno error = FindShared(fd, out SharedBo? shared);
        if (error != Errno.Ok)
            return error;
        error = FindSyncFile(syncFile, out Fence fence);
        if (error == Errno.Ok)
            shared!.Device.MakeReservationOf(shared.Bo).Add(fence, isWriting ? FenceUsage.Write : FenceUsage.Read);
        return error;
    }

    /// <summary>SYNC_IOC_MERGE (DRM-036): a sync file that has signalled when two others have.</summary>
    /// <param name="first">Descriptor of a sync file, of <see cref="Descriptors"/>.</param>
    /// <param name="second">That of another one, or the same.</param>
    /// <param name="merged">Receives the descriptor of the new one.</param>
    /// <returns>Ok; -EBADF for a descriptor that is not open; -EINVAL for one that is no sync file.</returns>
    public Errno MergeSyncFiles(int first, int second, out int merged)
    {
        merged = -1;
        Errno error = FindSyncFile(first, out Fence one);
        if (error != Errno.Ok)
            return error;
        error = FindSyncFile(second, out Fence other);
        if (error != Errno.Ok)
            return error;
        using ScratchFences scratch = ScratchFences.Take();
        scratch.Set.AddNewest(one);
        scratch.Set.AddNewest(other);
        merged = Descriptors.Add(new SyncFile(Points.Of(scratch.Set)));
        return Errno.Ok;
    }

    /// <summary>The fence of a sync file (DRM-037).</summary>
    /// <param name="fd">Its descriptor, of <see cref="Descriptors"/>.</param>
    /// <param name="fence">Receives the fence.</param>
    /// <returns>Ok; -EBADF for a descriptor that is not open; -EINVAL for one that is no sync file.</returns>
    public Errno FindSyncFile(int fd, out Fence fence)
    {
        fence = default;
        switch (Descriptors.Find(fd))
        {
            case null:
                return Errno.EBADF;
            case SyncFile file:
                fence = file.Fence;
                return Errno.Ok;
            default:
                return Errno.EINVAL;
        }
    }

    /// <summary>A sync file that stands for one of another process.</summary>
    /// <returns>Its descriptor, of <see cref="Descriptors"/>.</returns>
    internal int OpenForeignSyncFile() => Descriptors.Add(new SyncFile(CreateFence("another process"), isForeign: true));

    /// <summary>The other process's has signalled.</summary>
    /// <returns>Ok; -EBADF for a descriptor that is not open; -EINVAL for one that is no such sync file.</returns>
    internal Errno SignalForeignSyncFile(int fd, Errno error)
    {
        if (Descriptors.Find(fd) is not { } file)
            return Errno.EBADF;
        if (file is not SyncFile { IsForeign: true } foreign)
            return Errno.EINVAL;
        foreign.Fence.TrySignal(error);
        return Errno.Ok;
    }

    private Errno FindShared(int fd, out SharedBo? shared)
    {
        SharedFile? file = Descriptors.Find(fd);
        shared = (file as BoFile)?.Shared;
        return file is null ? Errno.EBADF : shared is null ? Errno.EINVAL : Errno.Ok;
    }
}
