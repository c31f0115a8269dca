using XePt.Fences;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

/// <summary>SYNCOBJ_TRANSFER (DRM-020 to DRM-022), which may wait for its source.</summary>
internal static class PointTransfer
{
    // How long a transfer waits for its source, in ns.
    private const long SubmitTimeout = 5_000_000_000;

    /// <summary>Gives one object what a point of another one holds.</summary>
    /// <returns>Not rejected, or why nothing has changed.</returns>
    public static Rejection Run(XeFile client, in DrmSyncobjTransfer args)
    {
        Rejection why = SyncobjTransferChecks.Validate(args);
        if (why.IsRejected)
            return why;
        if (client.FindSyncobj(args.DstHandle) is not { } destination)
            return Refusals.SyncobjTransferUnknownDestination(args.DstHandle);
        if ((args.Flags & ~SyncobjWaitFlags.ForSubmit) != 0)
            return Refusals.SyncobjTransferUnknownFlag((ulong)args.Flags);
        return client.FindSyncobj(args.SrcHandle) is { } source
            ? Run(client, source, destination, args) : Refusals.SyncobjTransferUnknownSource(args.SrcHandle);
    }

    private static Rejection Run(XeFile client, SyncObject source, SyncObject destination, in DrmSyncobjTransfer args)
    {
        if (source.TryTransfer(args.SrcPoint, destination, args.DstPoint))
            return default;
        return (args.Flags & SyncobjWaitFlags.ForSubmit) != 0
            ? RunWhenThere(client, source, destination, args)
            : Refusals.SyncobjTransferHasNoPoint(args.SrcPoint, source.Query(submitted: true));
    }

    /// <summary>The source may have changed again by the time it is looked at; what had arrived counts.</summary>
    private static Rejection RunWhenThere(XeFile client, SyncObject source, SyncObject destination, in DrmSyncobjTransfer args)
    {
        XeDevice device = client.Device;
        PointWait wait = device.Waits.Syncobjs.Rent() ?? new PointWait(device);
        wait.Aim(client, [source], [args.SrcPoint], SyncobjWaitFlags.Available, device.Clock.Now + SubmitTimeout);
        Rejection why = DeviceWait.Run(wait);
        if (why.Errno == Errno.ETIME)
            why = Refusals.SyncobjTransferTimedOut(args.SrcPoint);
        else if (!why.IsRejected && !source.TryTransfer(args.SrcPoint, destination, args.DstPoint))
            destination.Put(args.DstPoint, device.Points.Of(wait.Pending));
        wait.Recycle();
        return why;
    }
}
