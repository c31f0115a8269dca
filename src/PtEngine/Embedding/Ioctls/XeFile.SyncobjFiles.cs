using XePt.Fences;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// Sharing syncobjs and their fences through file descriptors (docs/drm-core.md section 9).
public sealed partial class XeFile
{
    /// <summary>DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD (DRM-030 to DRM-032): exports a syncobj, or its fence as a sync file.</summary>
    /// <param name="args">In: handle, flags, point. Out: <c>fd</c>, a new descriptor in <see cref="Descriptors"/>.</param>
    /// <returns>Ok; -EINVAL, also for an unknown handle and for a sync file of what has no such fence; -ENOENT for a sync file of an
    /// unknown handle.</returns>
    public Errno SyncobjHandleToFd(ref DrmSyncobjHandle args)
    {
        using CallScope scope = BeginIoctl(DrmIoctl.SyncobjHandleToFd);
        Rejection why = SyncobjFileChecks.Validate(args);
        if (why.IsRejected)
            return Finish(why);
        SyncObject? sync = FindSyncobj(args.Handle);
        if ((args.Flags & SyncobjFileFlags.SyncFile) == 0)
        {
            if (sync is null)
                return Finish(Refusals.SyncobjExportUnknown(args.Handle));
            args.Fd = Descriptors.Add(new SyncobjFile(sync));
            return Finish(default);
        }

        if (sync is null)
            return Finish(Refusals.SyncFileUnknownObject(args.Handle));
        ulong point = PointOf(args);
        if (!sync.TryGetPoint(point, out Fence fence))
        {
            return Finish(point == 0
                ? Refusals.SyncFileHasNoFence(args.Handle) : Refusals.SyncFileHasNoPoint(point, sync.Query(submitted: true)));
        }

        args.Fd = Descriptors.Add(new SyncFile(fence));
        return Finish(default);
    }

    /// <summary>DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE (DRM-030 to DRM-033): imports a syncobj under a new handle, or puts the fence of a sync
    /// file into one.</summary>
    /// <param name="args">In: <c>fd</c>, of <see cref="Descriptors"/>, and flags; with a sync file handle and point. Out: <c>handle</c> of
    /// an object.</param>
    /// <returns>Ok; -EINVAL, also for a descriptor that is not open or of another kind; -ENOENT for an unknown handle.</returns>
    public Errno SyncobjFdToHandle(ref DrmSyncobjHandle args)
    {
        using CallScope scope = BeginIoctl(DrmIoctl.SyncobjFdToHandle);
        Rejection why = SyncobjFileChecks.Validate(args);
        if (why.IsRejected)
            return Finish(why);
        SharedFile? file = Descriptors.Find(args.Fd);
        if ((args.Flags & SyncobjFileFlags.SyncFile) == 0)
        {
            if (file is not SyncobjFile { Object: var shared })
                return Finish(Refusals.FileIsNoSyncobj((uint)args.Fd));
            args.Handle = _syncObjects.Add(shared);
            return Finish(default);
        }

        if (file is not SyncFile { Fence: var fence })
            return Finish(Refusals.FileIsNoSyncFile((uint)args.Fd));
        if (FindSyncobj(args.Handle) is not { } sync)
            return Finish(Refusals.SyncFileUnknownObject(args.Handle));
        sync.Put(PointOf(args), fence);
        return Finish(default);
    }

    private static ulong PointOf(in DrmSyncobjHandle args) => (args.Flags & SyncobjFileFlags.Timeline) != 0 ? args.Point : 0;
}
