using XePt.Cli.Input;
using XePt.Cli.Traces.Fields;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>DRM_IOCTL_XE_MADVISE. The file that it may name is the client's own (<see cref="TracePlayer.OwnDescriptor"/>).</summary>
internal sealed record MadviseCall(StructImage Args) : ITraceCall
{
    private const string Name = "drm_xe_madvise";

    public static ITraceCall Read(JsonFields fields, XeProfile profile) => new MadviseCall(StructImage.Read(Name, fields, profile));

    public CallResult Play(TracePlayer player)
    {
        var args = Args.ToStruct<DrmXeMadvise>(player.Names);
        if (args.Type == MemRangeAttr.PreferredLoc && (int)args.PreferredMemLoc.DevmemFd > 0 && player.OwnDescriptor is var own
            && args.PreferredMemLoc.DevmemFd == FieldTexts.OwnFile)
            args.PreferredMemLoc.DevmemFd = (uint)own;
        Errno errno = player.File.Madvise(args);
        string text = $"vm {player.Names.Describe(HandleKind.Vm, args.VmId)}: "
            + $"{CallText.Interval(args.Start, unchecked(args.Start + args.Range))} {Describe(args)}";
        return new CallResult(errno, player.File.LastRejection, args.VmId, text);
    }

    private static string Describe(in DrmXeMadvise args) => args.Type switch
    {
        MemRangeAttr.PreferredLoc => $"in {PlaceOf(args.PreferredMemLoc)}, {CallText.Of(args.PreferredMemLoc.MigrationPolicy)}",
        MemRangeAttr.Atomic => $"atomic {CallText.Of(args.Atomic.Val)}",
        MemRangeAttr.Pat => $"pat {args.PatIndex.Val}",
        _ => CallText.Of(args.Type),
    };

    private static string PlaceOf(in DrmXeMadvisePreferredMemLoc place) => (int)place.DevmemFd switch
    {
        XeConstants.PreferredLocDefaultDevice => "memory of the device that faults",
        XeConstants.PreferredLocDefaultSystem => "system memory",
        int file => $"region {place.RegionInstance} of file {file}",
    };
}
