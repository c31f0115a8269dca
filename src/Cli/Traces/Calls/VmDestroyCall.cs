using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>DRM_IOCTL_XE_VM_DESTROY.</summary>
internal sealed record VmDestroyCall(StructImage Args) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new VmDestroyCall(StructImage.Read("drm_xe_vm_destroy", fields, profile));

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmXeVmDestroy>(player.Names);
        Errno errno = player.File.VmDestroy(args);
        return new CallResult(errno, player.File.LastRejection, 0, $"vm {args.VmId}");
    }
}
