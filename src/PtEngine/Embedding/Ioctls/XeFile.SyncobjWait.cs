using XePt.Fences;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// Waiting for syncobjs, and handing over what they hold, which may have to wait (docs/drm-core.md).
public sealed partial class XeFile
{
    /// <summary>DRM_IOCTL_SYNCOBJ_WAIT (DRM-012 to DRM-019): waits for what any or all of some objects hold.</summary>
    /// <param name="args">In: the call; its pointer is not followed; the time-out is a point in time of the device's clock. Out:
    /// <c>first_signaled</c>.</param>
    /// <param name="handles">The handles; fewer than <c>count_handles</c> means the array could not be read (-EFAULT).</param>
    /// <returns>Ok, -EINVAL, -EFAULT, -ENOENT, -ENOMEM, -ETIME, -ECANCELED when the file is closed meanwhile; -EDEADLK for an endless wait
    /// that nothing can end, where it cannot block (<see cref="XeDeviceOptions.SingleThreaded"/>).</returns>
    /// <exception cref="ArgumentException">There are more handles than <c>count_handles</c> says; so with every wait for an
    /// array.</exception>
    /// <remarks>On a <see cref="DriveMode.Queued"/> device any thread may wait while others make calls; <see cref="LastRejection"/> is then
    /// the last one of them all.</remarks>
    public Errno SyncobjWait(ref DrmSyncobjWait args, ReadOnlySpan<uint> handles)
    {
        using CallScope scope = BeginIoctl(DrmIoctl.SyncobjWait);
        WriterGate.ThrowIfInside();
        args.RequireAllOfHandles(handles.Length, nameof(handles));
        Rejection why = SyncobjWaitChecks.Validate(args);
        if (why.IsRejected || args.CountHandles == 0)
            return Finish(why);

        why = PointWait.Prepare(this, WithoutPoints(args), handles, [], out PointWait? wait);
        if (wait is not null)
            why = wait.Run(ref args.FirstSignaled);
        return Finish(why);
    }

    /// <summary>DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT (DRM-012 to DRM-019): waits for any or all of some points.</summary>
    /// <param name="args">As for <see cref="SyncobjWait(ref DrmSyncobjWait, ReadOnlySpan{uint})"/>; <c>points</c> 0 stands for all points
    /// 0.</param>
    /// <param name="handles">The handles, as there.</param>
    /// <param name="points">The points; fewer than handles means they could not be read (-EFAULT).</param>
    /// <returns>As there.</returns>
    public Errno SyncobjTimelineWait(ref DrmSyncobjTimelineWait args, ReadOnlySpan<uint> handles, ReadOnlySpan<ulong> points)
    {
        using CallScope scope = BeginIoctl(DrmIoctl.SyncobjTimelineWait);
        WriterGate.ThrowIfInside();
        args.RequireAllOfHandles(handles.Length, nameof(handles));
        args.RequireAllOfPoints(points.Length, nameof(points));
        Rejection why = SyncobjTimelineWaitChecks.Validate(args);
        if (why.IsRejected || args.CountHandles == 0)
            return Finish(why);

        why = PointWait.Prepare(this, args, handles, points, out PointWait? wait);
        if (wait is not null)
            why = wait.Run(ref args.FirstSignaled);
        return Finish(why);
    }

    /// <summary>SYNCOBJ_WAIT without blocking: completes on the thread that brings the end about.</summary>
    /// <param name="args">As for <see cref="SyncobjWait(ref DrmSyncobjWait, ReadOnlySpan{uint})"/>; nothing is written back.</param>
    /// <param name="handles">As there.</param>
    /// <returns>As there, but never -EDEADLK. Neither a task nor a thread stands behind it; await it once.</returns>
    public ValueTask<Errno> SyncobjWaitAsync(in DrmSyncobjWait args, ReadOnlySpan<uint> handles)
    {
        ThrowIfCannotWait();
        args.RequireAllOfHandles(handles.Length, nameof(handles));
        Rejection why = SyncobjWaitChecks.Validate(args);
        if (why.IsRejected || args.CountHandles == 0)
            return new ValueTask<Errno>(Finish(why));

        why = PointWait.Prepare(this, WithoutPoints(args), handles, [], out PointWait? wait);
        return wait is null ? new ValueTask<Errno>(Finish(why)) : wait.RunAsync();
    }

    /// <summary>SYNCOBJ_TIMELINE_WAIT without blocking.</summary>
    /// <param name="args">As for <see cref="SyncobjTimelineWait(ref DrmSyncobjTimelineWait, ReadOnlySpan{uint}, ReadOnlySpan{ulong})"/>;
    /// nothing is written back.</param>
    /// <param name="handles">As there.</param>
    /// <param name="points">As there.</param>
    /// <returns>As for <see cref="SyncobjWaitAsync"/>.</returns>
    public ValueTask<Errno> SyncobjTimelineWaitAsync(in DrmSyncobjTimelineWait args, ReadOnlySpan<uint> handles, ReadOnlySpan<ulong> points)
    {
        ThrowIfCannotWait();
        args.RequireAllOfHandles(handles.Length, nameof(handles));
        args.RequireAllOfPoints(points.Length, nameof(points));
        Rejection why = SyncobjTimelineWaitChecks.Validate(args);
        if (why.IsRejected || args.CountHandles == 0)
            return new ValueTask<Errno>(Finish(why));

        why = PointWait.Prepare(this, args, handles, points, out PointWait? wait);
        return wait is null ? new ValueTask<Errno>(Finish(why)) : wait.RunAsync();
    }

    /// <summary>DRM_IOCTL_SYNCOBJ_TRANSFER (DRM-020 to DRM-022): gives one object what a point of another one holds.</summary>
    /// <returns>Ok, -EINVAL, -ENOENT, -ETIME when the point did not come, or -ECANCELED when the file is closed meanwhile.</returns>
    public Errno SyncobjTransfer(in DrmSyncobjTransfer args)
    {
        using CallScope scope = BeginIoctl(DrmIoctl.SyncobjTransfer);
        WriterGate.ThrowIfInside();
        return Finish(PointTransfer.Run(this, args));
    }

    private static DrmSyncobjTimelineWait WithoutPoints(in DrmSyncobjWait args) =>
        new() { Handles = args.Handles, TimeoutNsec = args.TimeoutNsec, CountHandles = args.CountHandles, Flags = args.Flags };
}
