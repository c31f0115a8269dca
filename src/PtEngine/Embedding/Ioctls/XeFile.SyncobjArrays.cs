using XePt.Fences;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// Calls on arrays of syncobjs (docs/drm-core.md).
public sealed partial class XeFile
{
    /// <summary>DRM_IOCTL_SYNCOBJ_SIGNAL (DRM-004): each object holds a signalled fence from now on.</summary>
    /// <param name="args">The call; its pointer is not followed.</param>
    /// <param name="handles">The handles; fewer than <c>count_handles</c> means the array could not be read (-EFAULT).</param>
    /// <returns>Ok, -EINVAL, -EFAULT, -ENOENT, or -ENOMEM for too many handles.</returns>
    /// <exception cref="ArgumentException">There are more handles than <c>count_handles</c> says; so with every call on an
    /// array.</exception>
    public Errno SyncobjSignal(in DrmSyncobjArray args, ReadOnlySpan<uint> handles)
    {
        BeginIoctl(DrmIoctl.SyncobjSignal);
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        Rejection why = OpenArray(args, handles, out SyncobjList syncs);
        foreach (SyncObject sync in syncs.Items)
            sync.Replace(Fence.Signalled);
        syncs.Return();
        return Finish(why);
    }

    /// <summary>Signals syncobjs.</summary>
    public Errno SyncobjSignal(params ReadOnlySpan<uint> handles) =>
        SyncobjSignal(new DrmSyncobjArray { CountHandles = (uint)handles.Length }, handles);

    /// <summary>DRM_IOCTL_SYNCOBJ_RESET (DRM-005): each object is empty from now on. Who waits for a fence it held goes on waiting for
    /// that.</summary>
    /// <param name="args">The call; its pointer is not followed.</param>
    /// <param name="handles">The handles, as for <see cref="SyncobjSignal(in DrmSyncobjArray, ReadOnlySpan{uint})"/>.</param>
    /// <returns>As there.</returns>
    public Errno SyncobjReset(in DrmSyncobjArray args, ReadOnlySpan<uint> handles)
    {
        BeginIoctl(DrmIoctl.SyncobjReset);
        Rejection why = OpenArray(args, handles, out SyncobjList syncs);
        foreach (SyncObject sync in syncs.Items)
            sync.Reset();
        syncs.Return();
        return Finish(why);
    }

    /// <summary>Resets syncobjs.</summary>
    public Errno SyncobjReset(params ReadOnlySpan<uint> handles) =>
        SyncobjReset(new DrmSyncobjArray { CountHandles = (uint)handles.Length }, handles);

    /// <summary>DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL (DRM-006): each object gets a signalled point, in array order.</summary>
    /// <param name="args">The call; its pointers are not followed, but <c>points</c> 0 stands for all points 0.</param>
    /// <param name="handles">The handles, as for <see cref="SyncobjSignal(in DrmSyncobjArray, ReadOnlySpan{uint})"/>.</param>
    /// <param name="points">The points; fewer than handles means they could not be read (-EFAULT).</param>
    /// <returns>As there.</returns>
    public Errno SyncobjTimelineSignal(in DrmSyncobjTimelineArray args, ReadOnlySpan<uint> handles, ReadOnlySpan<ulong> points)
    {
        BeginIoctl(DrmIoctl.SyncobjTimelineSignal);
        args.RequireAllOfHandles(handles.Length, nameof(handles));
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        SyncobjList syncs = default;
        args.RequireAllOfPoints(points.Length, nameof(points));
        Rejection why = SyncobjTimelineSignalChecks.Validate(args);
        if (!why.IsRejected)
            why = SyncobjList.Find(args.RefuseHandles(handles.Length), _syncObjects, handles, out syncs);
        if (!why.IsRejected)
            why = args.RefusePoints(points.Length);
        for (int i = 0; !why.IsRejected && i < syncs.Items.Length; i++)
            syncs.Items[i].AddPoint(args.Points == 0 ? 0 : points[i], Fence.Signalled);
        syncs.Return();
        return Finish(why);
    }

    /// <summary>DRM_IOCTL_SYNCOBJ_QUERY (DRM-010): how far timelines have come.</summary>
    /// <param name="args">The call; its pointers are not followed.</param>
    /// <param name="handles">The handles, as for <see cref="SyncobjSignal(in DrmSyncobjArray, ReadOnlySpan{uint})"/>.</param>
    /// <param name="points">Out: a point for each object; when it is too short, -EFAULT after it is full.</param>
    /// <returns>As there.</returns>
    public Errno SyncobjQuery(in DrmSyncobjTimelineArray args, ReadOnlySpan<uint> handles, Span<ulong> points)
    {
        BeginIoctl(DrmIoctl.SyncobjQuery);
        args.RequireAllOfHandles(handles.Length, nameof(handles));
        SyncobjList syncs = default;
        Rejection why = SyncobjQueryChecks.Validate(args);
        if (!why.IsRejected)
            why = SyncobjList.Find(args.RefuseHandles(handles.Length), _syncObjects, handles, out syncs);
        int writable = Math.Min(syncs.Items.Length, points.Length);
        for (int i = 0; i < writable; i++)
            points[i] = syncs.Items[i].Query((args.Flags & SyncobjQueryFlags.LastSubmitted) != 0);
        if (writable < syncs.Items.Length)
            why = Refusals.SyncobjPointIsUnwritable(args.Points + (sizeof(ulong) * (ulong)writable));
        syncs.Return();
        return Finish(why);
    }

    private Rejection OpenArray(in DrmSyncobjArray args, ReadOnlySpan<uint> handles, out SyncobjList syncs)
    {
        args.RequireAllOfHandles(handles.Length, nameof(handles));
        syncs = default;
        Rejection why = SyncobjArrayChecks.Validate(args);
        return why.IsRejected ? why : SyncobjList.Find(args.RefuseHandles(handles.Length), _syncObjects, handles, out syncs);
    }
}
