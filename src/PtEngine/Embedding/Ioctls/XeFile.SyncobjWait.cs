using XePt.Fences;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// Waiting for syncobjs, and handing over what they hold, which may have to wait (docs/drm-core.md).
public sealed partial class XeFile
{
    // How long a transfer waits for its source (DRM-020).
    private const long SubmitTimeout = 5_000_000_000;

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
        BeginIoctl(DrmIoctl.SyncobjWait);
        WriterGate.ThrowIfInside();
        args.RequireAllOfHandles(handles.Length, nameof(handles));
        Rejection why = SyncobjWaitChecks.Validate(args);
        if (why.IsRejected || args.CountHandles == 0)
            return Finish(why);

        why = OpenWait(WithoutPoints(args), handles, [], out SyncobjWait? wait);
        return Run(why, wait, ref args.FirstSignaled);
    }

    /// <summary>DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT (DRM-012 to DRM-019): waits for any or all of some points.</summary>
    /// <param name="args">As for <see cref="SyncobjWait(ref DrmSyncobjWait, ReadOnlySpan{uint})"/>; <c>points</c> 0 stands for all points
    /// 0.</param>
    /// <param name="handles">The handles, as there.</param>
    /// <param name="points">The points; fewer than handles means they could not be read (-EFAULT).</param>
    /// <returns>As there.</returns>
    public Errno SyncobjTimelineWait(ref DrmSyncobjTimelineWait args, ReadOnlySpan<uint> handles, ReadOnlySpan<ulong> points)
    {
        BeginIoctl(DrmIoctl.SyncobjTimelineWait);
        WriterGate.ThrowIfInside();
        args.RequireAllOfHandles(handles.Length, nameof(handles));
        args.RequireAllOfPoints(points.Length, nameof(points));
        Rejection why = SyncobjTimelineWaitChecks.Validate(args);
        if (why.IsRejected || args.CountHandles == 0)
            return Finish(why);

        why = OpenWait(args, handles, points, out SyncobjWait? wait);
        return Run(why, wait, ref args.FirstSignaled);
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

        why = OpenWait(WithoutPoints(args), handles, [], out SyncobjWait? wait);
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

        why = OpenWait(args, handles, points, out SyncobjWait? wait);
        return wait is null ? new ValueTask<Errno>(Finish(why)) : wait.RunAsync();
    }

    /// <summary>DRM_IOCTL_SYNCOBJ_TRANSFER (DRM-020 to DRM-022): gives one object what a point of another one holds.</summary>
    /// <returns>Ok, -EINVAL, -ENOENT, -ETIME when the point did not come, or -ECANCELED when the file is closed meanwhile.</returns>
    public Errno SyncobjTransfer(in DrmSyncobjTransfer args)
    {
        BeginIoctl(DrmIoctl.SyncobjTransfer);
        WriterGate.ThrowIfInside();
        Rejection why = SyncobjTransferChecks.Validate(args);
        if (why.IsRejected)
            return Refuse(why);
        if (FindSyncobj(args.DstHandle) is not { } destination)
            return Refuse(Refusals.SyncobjTransferUnknownDestination(args.DstHandle));
        if ((args.Flags & ~SyncobjWaitFlags.ForSubmit) != 0)
            return Refuse(Refusals.SyncobjTransferUnknownFlag((ulong)args.Flags));
        if (FindSyncobj(args.SrcHandle) is not { } source)
            return Refuse(Refusals.SyncobjTransferUnknownSource(args.SrcHandle));

        if (TryTransfer(source, destination, args))
            return Accept();
        return (args.Flags & SyncobjWaitFlags.ForSubmit) != 0
            ? TransferWhenThere(source, destination, args)
            : Refuse(Refusals.SyncobjTransferHasNoPoint(args.SrcPoint, source.Query(submitted: true)));
    }

    private static bool TryTransfer(SyncObject source, SyncObject destination, in DrmSyncobjTransfer args)
    {
        if (args.DstPoint == 0)
            return destination.TryCopy(source, args.SrcPoint);
        if (!source.TryGetPoint(args.SrcPoint, out Fence fence))
            return false;
        destination.AddPoint(args.DstPoint, fence);
        return true;
    }

    /// <summary>The source may have changed again by the time it is looked at; what had arrived counts.</summary>
    private Errno TransferWhenThere(SyncObject source, SyncObject destination, in DrmSyncobjTransfer args)
    {
        SyncobjWait wait = Device.Waits.Syncobjs.Rent() ?? new SyncobjWait(Device);
        wait.Aim(this, [source], [args.SrcPoint], SyncobjWaitFlags.Available, Device.Clock.Now + SubmitTimeout);
        Rejection why = DeviceWait.Run(wait);
        if (why.Errno == Errno.ETIME)
        {
            why = Refusals.SyncobjTransferTimedOut(args.SrcPoint);
        }
        else if (!why.IsRejected && !TryTransfer(source, destination, args))
        {
            Fence fence = Device.Points.Of(wait.Pending);
            if (args.DstPoint == 0)
                destination.Replace(fence);
            else
                destination.AddPoint(args.DstPoint, fence);
        }

        wait.Recycle();
        return Finish(why);
    }

    private static DrmSyncobjTimelineWait WithoutPoints(in DrmSyncobjWait args) =>
        new() { Handles = args.Handles, TimeoutNsec = args.TimeoutNsec, CountHandles = args.CountHandles, Flags = args.Flags };

    private Rejection OpenWait(
        in DrmSyncobjTimelineWait args, ReadOnlySpan<uint> handles, ReadOnlySpan<ulong> points, out SyncobjWait? wait)
    {
        wait = null;
        Rejection why = FindSyncobjs(args.RefuseHandles(handles.Length), handles, out SyncobjList syncs);
        if (!why.IsRejected)
            why = args.RefusePoints(points.Length);
        if (!why.IsRejected)
        {
            wait = Device.Waits.Syncobjs.Rent() ?? new SyncobjWait(Device);
            why = wait.Aim(this, syncs.Span, args.Points == 0 ? [] : points, args.Flags, Math.Max(0, args.TimeoutNsec));
        }

        Return(syncs);
        if (!why.IsRejected)
            return why;
        wait?.Recycle();
        wait = null;
        return why;
    }

    private Errno Run(Rejection why, SyncobjWait? wait, ref uint first)
    {
        if (wait is not null)
        {
            why = DeviceWait.Run(wait);
            first = why.IsRejected ? first : wait.First;
            wait.Recycle();
        }

        return Finish(why);
    }
}
