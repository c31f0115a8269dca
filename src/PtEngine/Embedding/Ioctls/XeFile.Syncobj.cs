using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// Syncobjs of the client: making, destroying, looking at (docs/drm-core.md).
public sealed partial class XeFile
{
    private readonly HandleTable<SyncObject> _syncObjects = new();

    /// <summary>The syncobjs by handle.</summary>
    internal HandleTable<SyncObject> Syncobjs => _syncObjects;

    /// <summary>DRM_IOCTL_SYNCOBJ_CREATE (DRM-001).</summary>
    /// <param name="args">In: flags. Out: <c>handle</c>.</param>
    /// <returns>Ok or -EINVAL.</returns>
    public Errno SyncobjCreate(ref DrmSyncobjCreate args)
    {
        using CallScope scope = BeginIoctl(DrmIoctl.SyncobjCreate);
        Rejection why = SyncobjCreateChecks.Validate(args);
        if (!why.IsRejected)
            args.Handle = SyncobjCreate((args.Flags & SyncobjCreateFlags.Signaled) != 0);
        return Finish(why);
    }

    /// <summary>Makes a syncobj.</summary>
    /// <param name="signalled">It holds a signalled fence from the start.</param>
    /// <returns>Its handle: the lowest free one, at least 1.</returns>
    public uint SyncobjCreate(bool signalled = false)
    {
        ThrowIfClosed();
        var sync = new SyncObject(Device.Points);
        if (signalled)
            sync.Replace(Fence.Signalled);
        return _syncObjects.Add(sync);
    }

    /// <summary>DRM_IOCTL_SYNCOBJ_DESTROY (DRM-002): the handle goes away; waits and work that hold the object go on.</summary>
    /// <returns>Ok, or -EINVAL, also for an unknown handle.</returns>
    public Errno SyncobjDestroy(in DrmSyncobjDestroy args)
    {
        using CallScope scope = BeginIoctl(DrmIoctl.SyncobjDestroy);
        Rejection why = SyncobjDestroyChecks.Validate(args);
        return why.IsRejected ? Finish(why) : SyncobjDestroy(args.Handle);
    }

    /// <summary>Destroys a syncobj; -EINVAL for an unknown handle.</summary>
    public Errno SyncobjDestroy(uint handle)
    {
        ThrowIfClosed();
        return Finish(_syncObjects.Remove(handle) is not null ? default : Refusals.SyncobjDestroyUnknown(handle));
    }

    /// <summary>Whether a syncobj holds a fence, signalled or not. False for an unknown handle.</summary>
    public bool SyncobjHasFence(uint handle) => FindSyncobj(handle) is { HasFence: true };

    /// <summary>Lets a syncobj hold a fence of the embedder, as a job submitted with an out-sync would.</summary>
    /// <param name="handle">The syncobj.</param>
    /// <param name="fence">Any fence, for example one of <see cref="XeDevice.CreateFence"/>.</param>
    /// <param name="point">0 to replace what it holds, else the timeline point to add.</param>
    /// <returns>Ok or -ENOENT.</returns>
    public Errno SyncobjAttach(uint handle, Fence fence, ulong point = 0)
    {
        ThrowIfClosed();
        if (FindSyncobj(handle) is not { } sync)
            return Finish(Refusals.SyncobjIsUnknown(handle));

        sync.Put(point, fence);
        return Finish(default);
    }

    /// <summary>The fence that a wait for a point of a syncobj would wait for (DRM-008).</summary>
    /// <param name="handle">The syncobj.</param>
    /// <param name="point">The point, or 0 for everything it holds.</param>
    /// <param name="fence">Signals when the point and all before it have; the stub when the timeline has passed it.</param>
    /// <returns>Ok, -ENOENT, or -EINVAL when it has no such fence or point yet.</returns>
    public Errno SyncobjFence(uint handle, ulong point, out Fence fence)
    {
        ThrowIfClosed();
        fence = Fence.Signalled;
        if (FindSyncobj(handle) is not { } sync)
            return Finish(Refusals.SyncobjIsUnknown(handle));
        return Finish(sync.TryGetPoint(point, out fence) ? default : Refusals.SyncobjHasNoPoint(point, sync.Query(submitted: true)));
    }

    internal SyncObject? FindSyncobj(uint handle) => _syncObjects.Find(handle);
}
