using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>DRM_IOCTL_GEM_CLOSE.</summary>
internal sealed record GemCloseCall(StructImage Args) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        fields.Require("handle");
        return new GemCloseCall(StructImage.Read("drm_gem_close", fields, profile));
    }

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmGemClose>(player.Names);
        Errno errno = player.File.GemClose(args);
        return new CallResult(errno, player.File.LastRejection, 0, $"handle {player.Names.Describe(HandleKind.Bo, args.Handle)}");
    }
}
