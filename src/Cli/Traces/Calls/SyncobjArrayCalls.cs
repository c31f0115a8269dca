using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>DRM_IOCTL_SYNCOBJ_SIGNAL and DRM_IOCTL_SYNCOBJ_RESET.</summary>
internal sealed record SyncobjArrayCall(StructImage Args, HandleArray Handles, bool Signals) : ITraceCall
{
    public static ITraceCall ReadSignal(JsonFields fields, XeProfile profile) => Read(fields, profile, signals: true);

    public static ITraceCall ReadReset(JsonFields fields, XeProfile profile) => Read(fields, profile, signals: false);

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmSyncobjArray>(player.Names);
        uint[] handles = Handles.Resolve(player.Names, ref args.CountHandles);
        Args.Cut(ref args);
        Errno errno = Signals ? player.File.SyncobjSignal(args, handles) : player.File.SyncobjReset(args, handles);
        foreach (uint handle in errno == Errno.Ok ? handles : [])
            player.Moments.AddSyncobj(Signals ? "signalled" : "reset", handle);
        return new CallResult(errno, player.File.LastRejection, 0, SyncobjText.Of(handles, player.Names));
    }

    private static SyncobjArrayCall Read(JsonFields fields, XeProfile profile, bool signals)
    {
        HandleArray handles = HandleArray.Take(fields);
        return new SyncobjArrayCall(StructImage.Read("drm_syncobj_array", fields, profile), handles, signals);
    }
}

/// <summary>DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL.</summary>
internal sealed record SyncobjTimelineSignalCall(StructImage Args, HandleArray Handles, ulong[] Points) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        HandleArray handles = HandleArray.Take(fields);
        ulong[] points = HandleList.TakeNumbers(fields, "points");
        return new SyncobjTimelineSignalCall(StructImage.Read("drm_syncobj_timeline_array", fields, profile), handles, points);
    }

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmSyncobjTimelineArray>(player.Names);
        uint[] handles = Handles.Resolve(player.Names, ref args.CountHandles);
        args.Points = (ulong)Points.Length;
        Args.Cut(ref args);
        Errno errno = player.File.SyncobjTimelineSignal(args, handles, CallText.Counted(Points, args.CountHandles));
        for (int i = 0; i < handles.Length && errno == Errno.Ok; i++)
            player.Moments.AddSyncobj("signalled", handles[i], Points.Length == 0 ? 0 : Points[i]);
        return new CallResult(errno, player.File.LastRejection, 0, SyncobjText.Of(handles, player.Names, Points));
    }
}

/// <summary>DRM_IOCTL_SYNCOBJ_QUERY: shows how far timelines have come.</summary>
internal sealed record SyncobjQueryCall(StructImage Args, HandleArray Handles) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        HandleArray handles = HandleArray.Take(fields);
        return new SyncobjQueryCall(StructImage.Read("drm_syncobj_timeline_array", fields, profile), handles);
    }

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmSyncobjTimelineArray>(player.Names);
        uint[] handles = Handles.Resolve(player.Names, ref args.CountHandles);
        Args.Cut(ref args);
        var points = new ulong[handles.Length];
        Errno errno = player.File.SyncobjQuery(args, handles, points);
        return new CallResult(errno, player.File.LastRejection, 0, SyncobjText.Of(handles, player.Names, points)) { Values = points };
    }
}

/// <summary>DRM_IOCTL_SYNCOBJ_TRANSFER.</summary>
internal sealed record SyncobjTransferCall(StructImage Args) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new SyncobjTransferCall(StructImage.Read("drm_syncobj_transfer", fields, profile));

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmSyncobjTransfer>(player.Names);
        Errno errno = player.File.SyncobjTransfer(args);
        return new CallResult(
            errno, player.File.LastRejection, 0,
            $"{SyncobjText.Of(args.SrcHandle, player.Names)} point {args.SrcPoint} -> "
            + $"{SyncobjText.Of(args.DstHandle, player.Names)} point {args.DstPoint}");
    }
}

/// <summary>Handles and points in a few words.</summary>
internal static class SyncobjText
{
    /// <summary><c>handle 3 (frame) point 2, handle 4</c>.</summary>
    public static string Of(uint[] handles, HandleNames names, params ulong[] points) => handles.Length == 0 ? "no handles" : string.Join(
        ", ", handles.Select((handle, i) => i < points.Length ? $"{Of(handle, names)} point {points[i]}" : Of(handle, names)));

    /// <summary><c>handle 3 (frame)</c>.</summary>
    public static string Of(uint handle, HandleNames names) => $"handle {names.Describe(HandleKind.Syncobj, handle)}";
}
