using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>A BO gets physical memory of the trace's choice; when it is mapped, that is a move, after which its mappings are brought up to
/// date.</summary>
internal sealed record BoRunsEvent(HandleRef Bo, int Region, PhysicalRun[] Runs) : ITraceCall, IHasRuns
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) => new BoRunsEvent(
        HandleRef.Take(fields, "obj", HandleKind.Bo),
        fields.Take("region").ToInt32("region"),
        RunList.Read(fields.Take("runs"), "runs"));

    public CallResult Play(TracePlayer player)
    {
        uint handle = Bo.Resolve(player.Names);
        XeBo bo = player.RequireBo(handle);
        CheckFit(bo, Region, Runs);

        RunList.Require(RunCheck.InRegion(player.Device.Platform, Region, Runs), "runs");
        Errno errno = player.File.MoveBo(handle, Region, Runs);
        Rejection why = player.File.LastRejection;
        foreach (XeVm vm in errno == Errno.Ok ? player.File.Vms : [])
        {
            errno = vm.RebindEvicted();
            if (errno == Errno.Ok)
                continue;
            why = vm.LastRejection;
            break;
        }

        return new CallResult(errno, why, 0, $"{player.LabelOf(bo.Number)} to region {Region}");
    }

    /// <summary>The runs can be memory of the BO.</summary>
    internal static void CheckFit(XeBo bo, int region, PhysicalRun[] runs)
    {
        if (region >= 32 || (bo.Placements & (1u << region)) == 0)
            throw new MalformedRecordException($"'region': the BO may not live in region {region}");
        if (RunList.SizeOf(runs, "runs") is var size && size != bo.Size)
            throw new MalformedRecordException($"'runs': they hold 0x{size:x} bytes, the BO 0x{bo.Size:x}");
    }
}
