using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>DRM_IOCTL_GEM_CLOSE.</summary>
internal sealed record GemCloseCall(HandleRef Handle) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new GemCloseCall(HandleRef.Take(fields, "handle", HandleKind.Bo));

    public CallResult Play(TracePlayer player)
    {
        uint handle = Handle.Resolve(player.Names);
        Errno errno = player.File.GemClose(handle);
        return new CallResult(errno, player.File.LastRejection, 0, $"handle {player.Names.Describe(HandleKind.Bo, handle)}");
    }
}
