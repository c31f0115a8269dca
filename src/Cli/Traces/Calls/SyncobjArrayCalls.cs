using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>DRM_IOCTL_SYNCOBJ_SIGNAL and DRM_IOCTL_SYNCOBJ_RESET.</summary>
internal sealed record SyncobjArrayCall(HandleList Handles, bool Signals) : ITraceCall
{
    public static ITraceCall ReadSignal(JsonFields fields, XeProfile profile) =>
        new SyncobjArrayCall(HandleList.Take(fields, "handles", HandleKind.Syncobj), Signals: true);

    public static ITraceCall ReadReset(JsonFields fields, XeProfile profile) =>
        new SyncobjArrayCall(HandleList.Take(fields, "handles", HandleKind.Syncobj), Signals: false);

    public CallResult Play(TracePlayer player)
    {
        uint[] handles = Handles.Resolve(player.Names);
        Errno errno = Signals ? player.File.SyncobjSignal(handles) : player.File.SyncobjReset(handles);
        foreach (uint handle in errno == Errno.Ok ? handles : [])
            player.Moments.AddSyncobj(Signals ? "signalled" : "reset", handle);
        return new CallResult(errno, player.File.LastRejection, 0, SyncobjText.Of(handles, player.Names));
    }
}

/// <summary>DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL.</summary>
internal sealed record SyncobjTimelineSignalCall(HandleList Handles, ulong[] Points) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new SyncobjTimelineSignalCall(HandleList.Take(fields, "handles", HandleKind.Syncobj), HandleList.TakeNumbers(fields, "points"));

    public CallResult Play(TracePlayer player)
    {
        uint[] handles = Handles.Resolve(player.Names);
        var args = new DrmSyncobjTimelineArray { CountHandles = (uint)handles.Length, Points = (ulong)Points.Length };
        Errno errno = player.File.SyncobjTimelineSignal(args, handles, CallText.Counted(Points, args.CountHandles));
        for (int i = 0; i < handles.Length && errno == Errno.Ok; i++)
            player.Moments.AddSyncobj("signalled", handles[i], Points.Length == 0 ? 0 : Points[i]);
        return new CallResult(errno, player.File.LastRejection, 0, SyncobjText.Of(handles, player.Names, Points));
    }
}

/// <summary>DRM_IOCTL_SYNCOBJ_QUERY: shows how far timelines have come.</summary>
internal sealed record SyncobjQueryCall(HandleList Handles, SyncobjQueryFlags Flags) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        HandleList handles = HandleList.Take(fields, "handles", HandleKind.Syncobj);
        SyncobjQueryFlags flags = 0;
        if (fields.TakeText("flags") is { } text && !SyncobjQueryFlagsTable.TryParse(text, out flags))
            throw new MalformedRecordException($"'flags': unknown name or number in \"{text}\"");
        return new SyncobjQueryCall(handles, flags);
    }

    public CallResult Play(TracePlayer player)
    {
        uint[] handles = Handles.Resolve(player.Names);
        var points = new ulong[handles.Length];
        Errno errno = player.File.SyncobjQuery(
            new DrmSyncobjTimelineArray { CountHandles = (uint)handles.Length, Flags = Flags }, handles, points);
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
