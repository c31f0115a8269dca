using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>The VM and interval of an SVM range event.</summary>
internal readonly record struct RangePlace(HandleRef Vm, ulong Start, ulong End)
{
    public static RangePlace Take(JsonFields fields)
    {
        var place = new RangePlace(
            HandleRef.Take(fields, "vm_id", HandleKind.Vm), fields.Take("start").ToUInt64("start"), fields.Take("end").ToUInt64("end"));
        bool isPages = ((place.Start | place.End) & (XeLimits.PageSize - 1)) == 0 && place.Start < place.End;
        return isPages ? place : throw new MalformedRecordException("'start' and 'end' do not enclose 4 KiB pages");
    }

    public override string ToString() => CallText.Interval(Start, End);
}

/// <summary>Pages of a mirror become accessible to the GPU.</summary>
internal sealed record RangeBindEvent(RangePlace Place, bool IsVram, PhysicalRun[] Runs) : ITraceCall, IHasRuns
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        RangePlace place = RangePlace.Take(fields);
        string memory = fields.Take("mem").ToText("mem");
        if (memory is not ("system" or "vram"))
            throw new MalformedRecordException($"'mem': \"{memory}\" is neither \"system\" nor \"vram\"");
        PhysicalRun[] runs = RunList.Read(fields.Take("runs"), "runs");
        if (RunList.SizeOf(runs, "runs") != place.End - place.Start)
            throw new MalformedRecordException("'runs': they do not add up to the range");
        return new RangeBindEvent(place, memory == "vram", runs);
    }

    public CallResult Play(TracePlayer player)
    {
        XeVm vm = player.RequireVm(Place.Vm.Resolve(player.Names));
        RunList.Require(RunCheck.OfRange(player.Device.Platform, IsVram, Runs), "runs");
        return VmEventResult.Of(vm, vm.BindRange(new(Place.Start, Place.End), IsVram, Runs), Place.ToString());
    }
}

/// <summary>Pages of a mirror are taken away and the range is forgotten.</summary>
internal sealed record RangeUnbindEvent(RangePlace Place) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) => new RangeUnbindEvent(RangePlace.Take(fields));

    public CallResult Play(TracePlayer player)
    {
        XeVm vm = player.RequireVm(Place.Vm.Resolve(player.Names));
        return VmEventResult.Of(vm, vm.UnbindRange(new(Place.Start, Place.End)), Place.ToString());
    }
}

/// <summary>The entries of a range are zeroed in place.</summary>
internal sealed record RangeZapEvent(RangePlace Place) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) => new RangeZapEvent(RangePlace.Take(fields));

    public CallResult Play(TracePlayer player)
    {
        XeVm vm = player.RequireVm(Place.Vm.Resolve(player.Names));
        bool isZapped = vm.ZapRange(new(Place.Start, Place.End));
        return VmEventResult.Of(vm, Errno.Ok, $"{Place}{(isZapped ? "" : ": nothing to zero")}");
    }
}
