using XePt.Cli.Input;
using XePt.Cli.Traces.Fields;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>DRM_IOCTL_XE_GEM_CREATE.</summary>
internal sealed record GemCreateCall(StructImage Args, ExtensionList? Extensions, string? As) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        string? name = HandleNames.Take(fields, "handle");
        ExtensionList? extensions = ExtensionList.Take("drm_xe_gem_create", fields, profile);
        return new GemCreateCall(StructImage.Read("drm_xe_gem_create", fields, profile), extensions, name);
    }

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmXeGemCreate>(player.Names);
        Errno errno = Make(player, ref args);
        Args.Cut(ref args);
        uint handle = errno == Errno.Ok ? args.Handle : 0;
        player.Names.Set(As, HandleKind.Bo, handle);
        if (handle != 0)
            player.Label(player.File.FindBo(handle)!, As);

        string made = errno == Errno.Ok ? $" -> handle {handle}" : "";
        string name = As is null ? "" : $"{As}: ";
        string flags = args.Flags == 0 ? "" : $", {CallText.Of(args.Flags)}";
        string vm = args.VmId == 0 ? "" : $", for vm {player.Names.Describe(HandleKind.Vm, args.VmId)} alone";
        string extensions = Extensions is null or { IsEmpty: true } ? "" : $", {Extensions}";
        return new CallResult(
            errno, player.File.LastRejection, 0,
            $"{name}{CallText.ExactBytes(args.Size)}, placement 0x{args.Placement:x}, {CallText.Of(args.CpuCaching)}"
                + $"{flags}{vm}{extensions}{made}")
        {
            Fields = FieldReader.Of("drm_xe_gem_create", args),
        };
    }

    private Errno Make(TracePlayer player, ref DrmXeGemCreate args)
    {
        if (Extensions is null)
            return player.File.GemCreate(ref args);
        using TraceMemory.Chain chain = Extensions.Lay(player, out args.Extensions);
        Args.Cut(ref args);
        return player.File.GemCreate(ref args);
    }
}
