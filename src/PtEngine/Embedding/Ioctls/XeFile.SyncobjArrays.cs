using XePt.Fences;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// Calls on arrays of syncobjs (docs/drm-core.md).
public sealed partial class XeFile
{
    [ThreadStatic]
    private static SyncObject?[]? s_found;

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
        for (int i = 0; i < syncs.Count; i++)
            syncs[i].Replace(Fence.Signalled);
        return Finish(why, syncs);
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
        for (int i = 0; i < syncs.Count; i++)
            syncs[i].Reset();
        return Finish(why, syncs);
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
            why = FindSyncobjs(args.RefuseHandles(handles.Length), handles, out syncs);
        if (!why.IsRejected)
            why = args.RefusePoints(points.Length);
        for (int i = 0; !why.IsRejected && i < syncs.Count; i++)
            syncs[i].AddPoint(args.Points == 0 ? 0 : points[i], Fence.Signalled);
        return Finish(why, syncs);
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
            why = FindSyncobjs(args.RefuseHandles(handles.Length), handles, out syncs);
        int writable = Math.Min(syncs.Count, points.Length);
        for (int i = 0; i < writable; i++)
            points[i] = syncs[i].Query((args.Flags & SyncobjQueryFlags.LastSubmitted) != 0);
        if (writable < syncs.Count)
            why = Refusals.SyncobjPointIsUnwritable(args.Points + (sizeof(ulong) * (ulong)writable));
        return Finish(why, syncs);
    }

    private Rejection OpenArray(in DrmSyncobjArray args, ReadOnlySpan<uint> handles, out SyncobjList syncs)
    {
        args.RequireAllOfHandles(handles.Length, nameof(handles));
        syncs = default;
        Rejection why = SyncobjArrayChecks.Validate(args);
        return why.IsRejected ? why : FindSyncobjs(args.RefuseHandles(handles.Length), handles, out syncs);
    }

    /// <summary>Looks all handles up before anything is done (DRM-003).</summary>
    /// <param name="why">What refuses the array, if anything does.</param>
    /// <param name="handles">The handles.</param>
    /// <param name="syncs">The objects, empty after a refusal; goes back by <see cref="Finish(in Rejection, in SyncobjList)"/>.</param>
    private Rejection FindSyncobjs(in Rejection why, ReadOnlySpan<uint> handles, out SyncobjList syncs)
    {
        syncs = default;
        if (why.IsRejected)
            return why;

        SyncObject?[] found = s_found is { } idle && idle.Length >= handles.Length ? idle : new SyncObject[Math.Max(16, handles.Length)];
        s_found = null;
        for (int i = 0; i < handles.Length; i++)
        {
            found[i] = FindSyncobj(handles[i]);
            if (found[i] is not null)
                continue;
            Return(new SyncobjList(found, i));
            return Refusals.SyncobjUnknown(handles[i]) with { SyncIndex = i };
        }

        syncs = new SyncobjList(found, handles.Length);
        return default;
    }

    private Errno Finish(in Rejection why, in SyncobjList syncs)
    {
        Return(syncs);
        return Finish(why);
    }

    private Errno Finish(in Rejection why) => why.IsRejected ? Refuse(why) : Accept();

    /// <summary>The array is the thread's for the next call; it must not keep destroyed objects.</summary>
    private static void Return(in SyncobjList syncs)
    {
        if (syncs.Items is null)
            return;
        Array.Clear(syncs.Items, 0, syncs.Count);
        s_found = syncs.Items;
    }

    /// <summary>The objects of one call. Signalling runs foreign code, which may make calls of its own, so the array is taken, not
    /// shared.</summary>
    private readonly record struct SyncobjList(SyncObject?[]? Items, int Count)
    {
        public SyncObject this[int index] => Items![index]!;

        public ReadOnlySpan<SyncObject> Span => Items.AsSpan(0, Count)!;
    }
}
