using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>A BO gets physical memory of the trace's choice; when it is mapped, that is a move.</summary>
internal sealed record BoRunsEvent(HandleRef Bo, int Region, PhysicalRun[] Runs) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) => new BoRunsEvent(
        HandleRef.Take(fields, "obj", HandleKind.Bo),
        fields.Take("region").ToInt32("region"),
        RunList.Read(fields.Take("runs"), "runs"));

    public CallResult Play(TracePlayer player)
    {
        uint handle = Bo.Resolve(player.Names);
        XeBo bo = player.RequireBo(handle);
        if (Region >= 32 || (bo.Placements & (1u << Region)) == 0)
            throw new MalformedRecordException($"'region': the BO may not live in region {Region}");
        if (RunList.SizeOf(Runs, "runs") is var size && size != bo.Size)
            throw new MalformedRecordException($"'runs': they hold 0x{size:x} bytes, the BO 0x{bo.Size:x}");

        Errno errno = player.File.MoveBo(handle, Region, Runs);
        return new CallResult(errno, player.File.LastRejection, 0, $"{player.LabelOf(bo.Number)} to region {Region}");
    }
}
