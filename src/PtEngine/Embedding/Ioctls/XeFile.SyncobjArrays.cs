using XePt.Fences;
using XePt.Uapi;

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
        using CallScope scope = BeginIoctl(DrmIoctl.SyncobjSignal);
        args.RequireAllOfHandles(handles.Length, nameof(handles));
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        return Finish(SyncobjArrays.Signal(_syncObjects, args, handles));
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
        using CallScope scope = BeginIoctl(DrmIoctl.SyncobjReset);
        args.RequireAllOfHandles(handles.Length, nameof(handles));
        return Finish(SyncobjArrays.Reset(_syncObjects, args, handles));
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
        using CallScope scope = BeginIoctl(DrmIoctl.SyncobjTimelineSignal);
        args.RequireAllOfHandles(handles.Length, nameof(handles));
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        args.RequireAllOfPoints(points.Length, nameof(points));
        return Finish(SyncobjArrays.SignalPoints(_syncObjects, args, handles, points));
    }

    /// <summary>DRM_IOCTL_SYNCOBJ_QUERY (DRM-010): how far timelines have come.</summary>
    /// <param name="args">The call; its pointers are not followed.</param>
    /// <param name="handles">The handles, as for <see cref="SyncobjSignal(in DrmSyncobjArray, ReadOnlySpan{uint})"/>.</param>
    /// <param name="points">Out: a point for each object; when it is too short, -EFAULT after it is full.</param>
    /// <returns>As there.</returns>
    public Errno SyncobjQuery(in DrmSyncobjTimelineArray args, ReadOnlySpan<uint> handles, Span<ulong> points)
    {
        using CallScope scope = BeginIoctl(DrmIoctl.SyncobjQuery);
        args.RequireAllOfHandles(handles.Length, nameof(handles));
        return Finish(SyncobjArrays.Query(_syncObjects, args, handles, points));
    }
}
