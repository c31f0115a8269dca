using XePt.Uapi;

namespace XePt.Tests.Properties;

/// <summary>Turns the steps of one call into bind ops and applies them to a model at the same time.</summary>
internal sealed class StepTranslator(ModelSetting setting, uint[] bos, ushort[] pats, ulong cpuStart)
{
    private readonly List<(int First, int Last, int Map)> _prefetched = [];

    /// <summary>Units that any op of the call names, or fills without naming them.</summary>
    public HashSet<int> Touched { get; } = [];

    public DrmXeVmBindOp Apply(Step step, VmModel model)
    {
        int granule = step.Kind == StepKind.MapBo && step.Bo > 0 && setting.Platform.IsDiscrete ? setting.VramGranule : 1;
        int at = step.At / granule * granule;
        int offset = Math.Min(step.Offset, ModelSetting.BoUnits - granule) / granule * granule;
        int length = Math.Max(granule, step.Length / granule * granule);
        length = Math.Min(length, ModelSetting.WindowUnits - at);
        if (step.Kind is StepKind.MapBo or StepKind.MapUserptr)
            length = Math.Min(length, ModelSetting.BoUnits - offset);
        Touched.UnionWith(Enumerable.Range(at, length));

        var op = new DrmXeVmBindOp
        {
            Addr = setting.Base + ((ulong)at * setting.Unit),
            Range = (ulong)length * setting.Unit,
            PatIndex = PatOf(step),
            Flags = FlagsOf(step),
        };
        ulong bytes = (ulong)offset * setting.Unit;
        bool isBound = !setting.IsFaultMode || (op.Flags & VmBindFlags.Immediate) != 0;
        var page = new ModelPage(0, default, -1, bytes, op.PatIndex, (op.Flags & VmBindFlags.ReadOnly) != 0, isBound);
        switch (step.Kind)
        {
            case StepKind.MapBo:
                model.Map(at, length, page with { Kind = PageKind.Bo, Bo = step.Bo }, setting.Unit);
                return op with { Op = VmBindOp.Map, Obj = bos[step.Bo], ObjOffset = bytes };
            case StepKind.MapUserptr:
                model.Map(at, length, page with { Kind = PageKind.Userptr }, setting.Unit);
                return op with { Op = VmBindOp.MapUserptr, Userptr = cpuStart + bytes };
            case StepKind.MapNull:
            case StepKind.MapMirror when !setting.IsFaultMode:
                model.Map(at, length, page with { Kind = PageKind.Null }, setting.Unit);
                return op with { Op = VmBindOp.Map, Flags = op.Flags | VmBindFlags.Null };
            case StepKind.MapMirror:
                MapMirror(model, at, length, page);
                return op with { Op = VmBindOp.Map, Flags = op.Flags | VmBindFlags.CpuAddrMirror };
            case StepKind.Unmap:
                model.Unmap(at, length);
                return op with { Op = VmBindOp.Unmap };
            case StepKind.UnmapAll:
                model.UnmapBo(step.Bo);
                return op with { Op = VmBindOp.UnmapAll, Obj = bos[step.Bo], Addr = 0, Range = 0 };
            default:
                Prefetch(model, at, length);
                return op with
                {
                    Op = VmBindOp.Prefetch,
                    PrefetchMemRegionInstance = setting.Platform.IsDiscrete ? (uint)(step.Choice % 2) : 0
                };
        }
    }

    /// <summary>VMAs that were prefetched and still are whole must be bound now.</summary>
    public void FinishPrefetches(VmModel model)
    {
        foreach ((int first, int last, int map) in _prefetched)
        {
            if (model.RunAt(first) == (first, last) && model[first]!.Value.Map == map)
                model.SetBound(Enumerable.Range(first, last - first + 1), isBound: true);
        }
    }

    private void MapMirror(VmModel model, int at, int length, ModelPage page)
    {
        int end = setting.IsSmallUnit ? model.MirrorEnd(at + length) : at + length;
        Touched.Add(end);
        model.Map(at, end - at, page with { Kind = PageKind.Mirror }, setting.Unit);
    }

    private void Prefetch(VmModel model, int at, int length)
    {
        for (int unit = at; unit < at + length; unit++)
        {
            if (model.RunAt(unit) is not { } run)
                continue;
            if (model[unit]!.Value.Kind != PageKind.Mirror)
                _prefetched.Add((run.First, run.Last, model[unit]!.Value.Map));
            unit = run.Last;
        }
    }

    /// <summary>Userptrs need a coherent index that does not compress; the write-back one is, everywhere.</summary>
    private ushort PatOf(Step step) =>
        step.Kind == StepKind.MapUserptr ? (ushort)setting.Platform.Pat.IndexWriteBack : pats[step.Choice / 8 % pats.Length];

    private static VmBindFlags FlagsOf(Step step) =>
        ((step.Choice & 1) != 0 ? VmBindFlags.Immediate : 0) | ((step.Choice & 6) == 6 ? VmBindFlags.ReadOnly : 0);
}
