using XePt.Cli.Input;
using XePt.Cli.Traces.Fields;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>DRM_IOCTL_SYNCOBJ_WAIT: the struct by its C fields, except that <c>handles</c> is the array itself.</summary>
internal sealed record SyncobjWaitCall(StructImage Args, HandleArray Handles) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        HandleArray handles = HandleArray.Take(fields);
        return new SyncobjWaitCall(StructImage.Read("drm_syncobj_wait", fields, profile), handles);
    }

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmSyncobjWait>(player.Names);
        uint[] handles = Handles.Resolve(player.Names, ref args.CountHandles);
        Args.Cut(ref args);
        Errno errno = player.File.SyncobjWait(ref args, handles);
        Args.Cut(ref args);
        return new CallResult(errno, player.File.LastRejection, 0, SyncobjText.Of(handles, player.Names))
        {
            Values = [args.FirstSignaled],
            Fields = FieldReader.Of("drm_syncobj_wait", args),
        };
    }
}

/// <summary>DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, likewise with <c>points</c>.</summary>
internal sealed record SyncobjTimelineWaitCall(StructImage Args, HandleArray Handles, ulong[] Points) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        HandleArray handles = HandleArray.Take(fields);
        ulong[] points = HandleList.TakeNumbers(fields, "points");
        return new SyncobjTimelineWaitCall(StructImage.Read("drm_syncobj_timeline_wait", fields, profile), handles, points);
    }

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmSyncobjTimelineWait>(player.Names);
        uint[] handles = Handles.Resolve(player.Names, ref args.CountHandles);
        args.Points = (ulong)Points.Length;
        Args.Cut(ref args);
        Errno errno = player.File.SyncobjTimelineWait(ref args, handles, CallText.Counted(Points, args.CountHandles));
        Args.Cut(ref args);
        return new CallResult(errno, player.File.LastRejection, 0, SyncobjText.Of(handles, player.Names, Points))
        {
            Values = [args.FirstSignaled],
            Fields = FieldReader.Of("drm_syncobj_timeline_wait", args),
        };
    }
}

/// <summary>DRM_IOCTL_XE_WAIT_USER_FENCE.</summary>
internal sealed record WaitUserFenceCall(StructImage Args) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new WaitUserFenceCall(StructImage.Read("drm_xe_wait_user_fence", fields, profile));

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmXeWaitUserFence>(player.Names);
        Errno errno = player.File.WaitUserFence(ref args);
        Args.Cut(ref args);
        return new CallResult(
            errno, player.File.LastRejection, 0, $"0x{args.Addr:x} {CallText.Of(args.Op)} 0x{args.Value:x}")
        { Values = [(ulong)args.Timeout], Fields = FieldReader.Of("drm_xe_wait_user_fence", args) };
    }
}
