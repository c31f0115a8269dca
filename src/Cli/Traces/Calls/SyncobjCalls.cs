using XePt.Cli.Input;
using XePt.Cli.Traces.Fields;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>DRM_IOCTL_SYNCOBJ_CREATE.</summary>
internal sealed record SyncobjCreateCall(StructImage Args, string? As) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        string? name = HandleNames.Take(fields, "handle");
        return new SyncobjCreateCall(StructImage.Read("drm_syncobj_create", fields, profile), name);
    }

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmSyncobjCreate>(player.Names);
        args.Handle = 0;
        Errno errno = player.File.SyncobjCreate(ref args);
        Args.Cut(ref args);
        player.Names.Set(As, HandleKind.Syncobj, args.Handle);
        string made = errno == Errno.Ok ? $" -> handle {args.Handle}" : "";
        string state = args.Flags switch
        {
            SyncobjCreateFlags.None => "empty",
            SyncobjCreateFlags.Signaled => "signalled",
            _ => $"flags {CallText.Of(args.Flags)}",
        };
        return new CallResult(errno, player.File.LastRejection, 0, state + made)
        {
            Fields = FieldReader.Of("drm_syncobj_create", args),
        };
    }
}

/// <summary>DRM_IOCTL_SYNCOBJ_DESTROY.</summary>
internal sealed record SyncobjDestroyCall(StructImage Args) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        fields.Require("handle");
        return new SyncobjDestroyCall(StructImage.Read("drm_syncobj_destroy", fields, profile));
    }

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmSyncobjDestroy>(player.Names);
        Errno errno = player.File.SyncobjDestroy(args);
        return new CallResult(errno, player.File.LastRejection, 0, SyncobjText.Of(args.Handle, player.Names));
    }
}
