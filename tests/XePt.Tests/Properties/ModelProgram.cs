using XePt.Diagnostics;
using XePt.Stage;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.Properties;

/// <summary>Runs a random program on a VM and on the page model, and compares the two after every call.</summary>
internal sealed class ModelProgram : IDisposable
{
    private const ulong CpuStart = 0x7000_0000_0000;

    private static readonly FailurePoint[] Points =
        [FailurePoint.OpsCreate, FailurePoint.PtOpAllocation, FailurePoint.Lock, FailurePoint.Prepare, FailurePoint.Run,
            FailurePoint.Execute];

    private readonly ModelSetting _setting;
    private readonly XeDevice _device;
    private readonly XeFile _file;
    private readonly XeVm _vm;
    private readonly ushort[] _pats;
    private readonly uint[] _bos;
    private readonly ModelComparer _comparer;
    private readonly int _emptyTables;
    private VmModel _model = new();

    public ModelProgram(ModelSetting setting, int[] shapes)
    {
        _setting = setting;
        _device = new XeDevice(setting.Platform);
        _file = _device.OpenFile();
        var create = new DrmXeVmCreate { Flags = (VmCreateFlags)setting.VmFlags };
        Assert.Equal(Errno.Ok, _file.VmCreate(ref create));
        _vm = _file.FindVm(create.VmId)!;
        _emptyTables = _device.TablesInUse;
        _pats = setting.ValidPats();
        uint vram = setting.Platform.IsDiscrete ? 2u : 1;
        // Where VRAM comes in 64 KiB pages a BO must not change sides: cuts made in system memory could not be bound in VRAM.
        uint both = setting.VramGranule > 1 ? vram : 1 | vram;
        _bos = [CreateBo(1, shapes[0]), CreateBo(vram, shapes[1]), CreateBo(both, shapes[2])];
        PhysicalRun[] cpu = PhysicalShapes.Of(shapes[3], setting, isVram: false, 0x60_0000_0000);
        Assert.True(_file.MapCpuMemory(CpuStart, cpu));
        _comparer = new ModelComparer(setting, _vm, [.. _bos.Select(bo => _file.FindBo(bo)!)], PhysicalPieces.Of(cpu), CpuStart);
    }

    public void Run(Step[] steps)
    {
        for (int i = 0; i < steps.Length;)
        {
            int count = 1;
            while (steps[i].IsBindOp && i + count < steps.Length && steps[i + count].IsBindOp && steps[i + count].Joins)
                count++;
            if (steps[i].IsBindOp)
                Bind(steps.AsSpan(i, count).ToArray());
            else
                Touch(steps[i]);
            Compare();
            i += count;
        }

        UnmapEverything();
    }

    public void Dispose() => _device.Dispose();

    /// <summary>The model, the engine's own check against its lists, and what holds for every tree.</summary>
    private void Compare()
    {
        _comparer.Compare(_model);
        Assert.Null(_vm.CheckTables());
        TreeInvariants.Check(_vm);
    }

    private uint CreateBo(uint placement, int shape)
    {
        bool isVram = (placement & 2) != 0;
        PhysicalRun[] runs = PhysicalShapes.Of(shape, _setting, isVram, 0x10_0000_0000);
        var gem = new DrmXeGemCreate
        {
            Size = _setting.Unit * ModelSetting.BoUnits,
            Placement = placement,
            CpuCaching = CpuCaching.WriteCombined,
        };
        Assert.Equal(Errno.Ok, _file.GemCreate(ref gem, isVram ? 1 : 0, runs));
        return gem.Handle;
    }

    private void Bind(Step[] steps)
    {
        VmModel next = _model.Clone();
        var translator = new StepTranslator(_setting, _bos, _pats, CpuStart);
        DrmXeVmBindOp[] ops = [.. steps.Select(step => translator.Apply(step, next))];
        bool prefetches = steps.Any(step => step.Kind == StepKind.Prefetch);
        int?[] regions = [.. _bos.Select(bo => _file.FindBo(bo)!.Region)];
        ulong before = _vm.StateHash();
        Errno errno = Call(prefetches ? 0 : steps[0].Failure, () => Submit(ops));
        if (errno == Errno.Ok)
            _model = next;
        else if (!prefetches)
            Assert.Equal(before, _vm.StateHash());

        Assert.True(errno == Errno.Ok || IsExpected(errno, prefetches), $"{_file.LastRejection}");
        if (errno != Errno.Ok && !prefetches)
            Assert.Equal("PT-080", _file.LastRejection.RuleId);
        for (int bo = 0; bo < _bos.Length; bo++)
        {
            if (_setting.IsFaultMode && _file.FindBo(_bos[bo])!.Region != regions[bo])
                _model.Invalidate(bo);
        }

        if (errno == Errno.Ok)
            translator.FinishPrefetches(_model);
        // A prefetch that moved a BO leaves its other mappings as they are until the next job, also when the request failed.
        Assert.Equal(Errno.Ok, _vm.RebindEvicted());
        _comparer.Touched.UnionWith(translator.Touched);
    }

    /// <summary>A prefetch may ask for what cannot be (BIND-139), and 4 KiB cuts into VRAM of 64 KiB pages cannot be bound
    /// (PT-080).</summary>
    private bool IsExpected(Errno errno, bool prefetches) =>
        (errno == Errno.EINVAL && (prefetches || (_setting.Platform.VramNeeds64K && _setting.IsSmallUnit)))
        || (errno == Errno.ENOMEM && prefetches);

    private Errno Submit(DrmXeVmBindOp[] ops)
    {
        var args = new DrmXeVmBind { VmId = _vm.Id, NumBinds = (uint)ops.Length };
        if (ops.Length == 1)
            args.Bind = ops[0];
        return _file.VmBind(args, ops);
    }

    /// <summary>Fault, zap and move: they look at a place or a BO as it is.</summary>
    private void Touch(Step step)
    {
        int unit = step.At;
        ulong va = _setting.Base + ((ulong)unit * _setting.Unit);
        ModelPage? page = _model[unit];
        switch (step.Kind)
        {
            case StepKind.Fault when _setting.IsFaultMode:
                Errno expected = page is null ? Errno.EINVAL : page.Value.Kind == PageKind.Mirror ? Errno.EOPNOTSUPP : Errno.Ok;
                bool isTrusted = IsTrusted(va);
                Errno errno = Call(step.Failure, () => _vm.Fault(va));
                Assert.True(errno == expected || (expected == Errno.Ok && IsExpected(errno, prefetches: false)), $"fault: {errno}");
                if (errno == Errno.Ok && !isTrusted)
                    _model.SetBound(Units(unit), isBound: true);
                break;
            case StepKind.Zap when _setting.IsFaultMode:
                bool canZap = page?.Kind is PageKind.Bo or PageKind.Userptr;
                Assert.Equal(canZap ? Errno.Ok : Errno.ENOENT, _vm.Zap(va));
                if (canZap)
                    _model.SetBound(Units(unit), isBound: false);
                break;
            case StepKind.MoveBo:
                Move(step);
                break;
        }
    }

    /// <summary>The VMA is marked as validly mapped, so that a fault does nothing. A piece cut from a zapped VMA may be marked so wrongly,
    /// as the reference's vectors show.</summary>
    private bool IsTrusted(ulong va) => _vm.FindVma(va) is { } vma && (vma.TilePresent & ~vma.TileInvalidated) == vma.TileMask;

    private void Move(Step step)
    {
        XeBo bo = _file.FindBo(_bos[step.Bo])!;
        bool isVram = (bo.Placements & 2) != 0 && ((bo.Placements & 1) == 0 || step.Choice % 2 == 0);
        PhysicalRun[] runs = PhysicalShapes.Of(step.Choice % PhysicalShapes.Count, _setting, isVram, 0x20_0000_0000);
        Assert.Equal(Errno.Ok, Trace(() => _file.MoveBo(bo.Handle, isVram ? 1 : 0, runs)));
        Assert.Equal(Errno.Ok, Trace(_vm.RebindEvicted));
        if (_setting.IsFaultMode)
            _model.Invalidate(step.Bo);
    }

    /// <summary>Does something, at first perhaps with one allocation or fault point failing; the state must then be the one
    /// before.</summary>
    private Errno Call(int failure, Func<Errno> action)
    {
        if (failure == 0)
            return Trace(action);

        ulong before = _vm.StateHash();
        string[] image = VmImage.Of(_vm);
        if (failure <= Points.Length)
            _device.Failures.Arm(Points[failure - 1]);
        else
            _device.Failures.Arm(FailurePoint.Allocation, failure - Points.Length - 1);
        Errno errno = Trace(action);
        _device.Failures.Disarm();
        _device.Failures.Disarm();
        if (errno == Errno.Ok)
            return errno;

        Assert.Equal((errno, before), (errno, _vm.StateHash()));
        Assert.Equal(image, VmImage.Of(_vm));
        Compare();
        return Trace(action);
    }

    /// <summary>Does something and looks at the records it staged.</summary>
    private Errno Trace(Func<Errno> action)
    {
        RequestTrace trace = RequestTrace.Of(_vm, action);
        TreeInvariants.Check(trace);
        return trace.Error;
    }

    private IEnumerable<int> Units(int unit) =>
        _model.RunAt(unit) is { } run ? Enumerable.Range(run.First, run.Last - run.First + 1) : [];

    /// <summary>An empty VM has the tables it began with, unless entries that only invalidate were counted twice (Q-02 of specification
    /// 03).</summary>
    private void UnmapEverything()
    {
        Assert.Equal(
            Errno.Ok, Submit([new DrmXeVmBindOp { Op = VmBindOp.Unmap, Range = _vm.Size, PatIndex = _pats[0] }]));
        _model = new VmModel();
        Compare();
        Assert.Equal(0, _vm.VmaCount);
        if (_setting.VmFlags != 7)
            Assert.Equal(_emptyTables, _device.TablesInUse);
    }
}
