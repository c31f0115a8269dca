using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>A BO moves into another of its regions. The VMs that map it are told; what they have to rebind waits until they do.</summary>
internal sealed record BoMoveEvent(HandleRef Bo, int Region, PhysicalRun[]? Runs) : ITraceCall, IHasRuns
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) => new BoMoveEvent(
        HandleRef.Take(fields, "obj", HandleKind.Bo),
        fields.Take("region").ToInt32("region"),
        fields.TryTake("runs", out JsonElement runs) ? RunList.Read(runs, "runs") : null);

    public CallResult Play(TracePlayer player)
    {
        uint handle = Bo.Resolve(player.Names);
        XeBo bo = player.RequireBo(handle);
        Errno errno;
        if (Runs is null)
        {
            errno = player.File.MoveBo(handle, Region);
        }
        else
        {
            BoRunsEvent.CheckFit(bo, Region, Runs);
            errno = player.File.MoveBo(handle, Region, Runs);
        }

        return new CallResult(errno, player.File.LastRejection, 0, $"{player.LabelOf(bo.Number)} to region {Region}");
    }
}

/// <summary>A BO is driven out of device memory.</summary>
internal sealed record BoEvictEvent(HandleRef Bo) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) => new BoEvictEvent(HandleRef.Take(fields, "obj", HandleKind.Bo));

    public CallResult Play(TracePlayer player)
    {
        uint handle = Bo.Resolve(player.Names);
        XeBo bo = player.RequireBo(handle);
        return new CallResult(player.File.EvictBo(handle), player.File.LastRejection, 0, player.LabelOf(bo.Number));
    }
}

/// <summary>A BO is pinned where it is, or let go.</summary>
internal sealed record BoPinEvent(HandleRef Bo, bool IsPinned) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new BoPinEvent(HandleRef.Take(fields, "obj", HandleKind.Bo), fields.TakeBool("pinned", otherwise: true));

    public CallResult Play(TracePlayer player)
    {
        uint handle = Bo.Resolve(player.Names);
        XeBo bo = player.RequireBo(handle);
        string text = $"{player.LabelOf(bo.Number)} {(IsPinned ? "pinned" : "let go")}";
        return new CallResult(player.File.PinBo(handle, IsPinned), player.File.LastRejection, 0, text);
    }
}

/// <summary>Everything is driven out of device memory, as for a suspend.</summary>
internal sealed record EvictAllEvent : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) => new EvictAllEvent();

    public CallResult Play(TracePlayer player) => new(player.File.Device.EvictAll(), default, 0, "all BOs");
}

/// <summary>A VM rebinds what has moved, as its next EXEC would.</summary>
internal sealed record RebindEvent(HandleRef Vm) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) => new RebindEvent(HandleRef.Take(fields, "vm_id", HandleKind.Vm));

    public CallResult Play(TracePlayer player)
    {
        XeVm vm = player.RequireVm(Vm.Resolve(player.Names));
        string text = Console.Count.Of(vm.EvictedBos.Count, "moved BO");
        return VmEventResult.Of(vm, vm.RebindEvicted(), text);
    }
}
