using XePt.Cli.Input;
using XePt.Cli.Traces.Fields;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>DRM_IOCTL_XE_VM_CREATE.</summary>
internal sealed record VmCreateCall(StructImage Args, string? As) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        string? name = HandleNames.Take(fields, "vm_id");
        return new VmCreateCall(StructImage.Read("drm_xe_vm_create", fields, profile), name);
    }

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmXeVmCreate>(player.Names);
        args.VmId = 0;
        Errno errno = player.Process.CreateVm(player.File, ref args);
        Args.Cut(ref args);
        player.Names.Set(As, HandleKind.Vm, args.VmId);
        string made = errno == Errno.Ok ? $" -> vm {args.VmId}" : "";
        return new CallResult(errno, player.File.LastRejection, args.VmId, $"flags {CallText.Of(args.Flags)}{made}")
        {
            Fields = FieldReader.Of("drm_xe_vm_create", args),
        };
    }
}
