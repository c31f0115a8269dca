using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>DRM_IOCTL_SYNCOBJ_CREATE.</summary>
internal sealed record SyncobjCreateCall(bool Signalled, string? As) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        bool signalled = fields.TryTake("flags", out JsonElement flags) && IsSignalled(flags);
        return new SyncobjCreateCall(signalled, HandleNames.Take(fields));
    }

    public CallResult Play(TracePlayer player)
    {
        uint handle = player.File.SyncobjCreate(Signalled);
        player.Names.Set(As, HandleKind.Syncobj, handle);
        return new CallResult(Errno.Ok, default, 0, $"{(Signalled ? "signalled" : "empty")} -> handle {handle}");
    }

    private static bool IsSignalled(JsonElement flags) => flags.ToString() switch
    {
        "1" or "SIGNALED" or "DRM_SYNCOBJ_CREATE_SIGNALED" => true,
        "0" => false,
        _ => throw new MalformedRecordException($"'flags': {JsonValues.Quote(flags)} is not 0, 1 or SIGNALED"),
    };
}

/// <summary>DRM_IOCTL_SYNCOBJ_DESTROY.</summary>
internal sealed record SyncobjDestroyCall(HandleRef Handle) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new SyncobjDestroyCall(HandleRef.Take(fields, "handle", HandleKind.Syncobj));

    public CallResult Play(TracePlayer player)
    {
        uint handle = Handle.Resolve(player.Names);
        Errno errno = player.File.SyncobjDestroy(handle);
        return new CallResult(errno, player.File.LastRejection, 0, SyncobjText.Of(handle, player.Names));
    }
}
