using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Binds;

/// <summary>The device, client, VM and BOs that a sequence runs on.</summary>
internal sealed class BindSession : IDisposable
{
    private readonly XeDevice _device;
    private readonly XeFile _file;

    /// <summary>Makes everything the sequence starts with. When the VM is refused, <see cref="Vm"/> is null.</summary>
    public BindSession(BindCase sequence)
    {
        _device = new XeDevice(sequence.Config.Platform);
        try
        {
            _file = _device.OpenFile();
            var create = new DrmXeVmCreate { Flags = sequence.VmFlags };
            CreateError = _file.VmCreate(ref create);
            Vm = _file.FindVm(create.VmId);
            CreateBos(sequence.Bos);
            foreach (UserptrRecord userptr in sequence.Userptrs)
                MapCpuMemory(userptr);
        }
        catch
        {
            _device.Dispose();
            throw;
        }
    }

    /// <summary>What VM_CREATE returned.</summary>
    public Errno CreateError { get; }

    /// <summary>The VM, or null when it was refused.</summary>
    public XeVm? Vm { get; }

    /// <summary>Names of the BOs.</summary>
    public BoHandles Bos { get; } = new();

    /// <summary>The VMA list in the terms of the vectors.</summary>
    public VmaRecord[] GetVmas() => [.. Vm!.GetVmas().Select(vma => VmaRecord.Of(vma, Bos.HandleOf(vma.BoNumber)))];

    /// <summary>Why the engine refused a step.</summary>
    public Rejection WhyRefused(StepInput step) => step.Kind == StepKind.Bind ? _file.LastRejection : Vm!.LastRejection;

    /// <summary>Runs one step.</summary>
    /// <returns>The errno; for a range zap 1 when entries were zeroed, else 0.</returns>
    public Errno Run(StepInput step)
    {
        XeVm vm = Vm!;
        return step.Kind switch
        {
            StepKind.Bind => Bind(vm, step.Ops),
            StepKind.Fault => vm.Fault(step.Start),
            StepKind.Zap => vm.Zap(step.Start),
            StepKind.Move => Move(vm, step),
            StepKind.RangeBind => BindRange(vm, step),
            StepKind.RangeUnbind => vm.UnbindRange(new(step.Start, step.End)),
            _ => (Errno)(vm.ZapRange(new(step.Start, step.End)) ? 1 : 0),
        };
    }

    public void Dispose() => _device.Dispose();

    /// <summary>The vectors' move rebinds what it has to at once, as if a job were about to run.</summary>
    private Errno Move(XeVm vm, StepInput step)
    {
        Errno error = Move(step);
        return error == Errno.Ok ? vm.RebindEvicted() : error;
    }

    private Errno Bind(XeVm vm, DrmXeVmBindOp[] ops)
    {
        var call = new DrmXeVmBind { VmId = vm.Id, NumBinds = (uint)ops.Length };
        if (ops.Length != 1)
            return _file.VmBind(call, ops);
        call.Bind = ops[0];
        return _file.VmBind(call);
    }

    private Errno Move(StepInput step)
    {
        RunList.Require(RunCheck.InRegion(_device.Platform, RegionOf(step.IsVram), step.Runs), "runs");
        if (_file.FindBo(step.Bo) is { } bo && (bo.Placements & (1u << RegionOf(step.IsVram))) == 0)
            throw new MalformedRecordException($"BO {step.Bo} may not live there");
        return _file.MoveBo(step.Bo, RegionOf(step.IsVram), step.Runs);
    }

    private Errno BindRange(XeVm vm, StepInput step)
    {
        RunList.Require(RunCheck.OfRange(_device.Platform, step.IsVram, step.Runs), "runs");
        return vm.BindRange(new(step.Start, step.End), step.IsVram, step.Runs);
    }

    /// <summary>Makes BOs so that each gets its recorded handle: handles are the lowest free numbers, so gaps are filled and freed
    /// again.</summary>
    private void CreateBos(BoRecord[] bos)
    {
        var fillers = new List<uint>();
        foreach (BoRecord bo in bos.OrderBy(bo => bo.Handle))
        {
            while (_file.Bos.Count + 1 < bo.Handle)
                fillers.Add(CreateFiller());
            Create(bo);
        }

        foreach (uint filler in fillers)
            _file.GemClose(filler);
    }

    private uint CreateFiller()
    {
        var args = new DrmXeGemCreate
        {
            Size = 0x10000,
            Placement = 1,
            CpuCaching = CpuCaching.WriteBack,
            Flags = GemCreateFlags.DeferBacking,
        };
        Check(_file.GemCreate(ref args), "a filler");
        return args.Handle;
    }

    private void Create(BoRecord bo)
    {
        var args = new DrmXeGemCreate { Size = bo.Size, Placement = bo.Placements, CpuCaching = bo.Caching };
        // Older platforms know no such flag, and no compression either.
        if (bo.NoCompression && _device.Platform.HasNoCompressionHint)
            args.Flags |= GemCreateFlags.NoCompression;
        RunList.Require(RunCheck.InRegion(_device.Platform, RegionOf(bo.IsVram), bo.Runs), "runs");
        if ((bo.Placements & (1u << RegionOf(bo.IsVram))) == 0)
            throw new MalformedRecordException($"BO {bo.Handle} cannot be made: it may not live where its memory is");
        Check(_file.GemCreate(ref args, RegionOf(bo.IsVram), bo.Runs), $"BO {bo.Handle}");
        Bos.Add(_file.FindBo(args.Handle)!);
    }

    private void MapCpuMemory(UserptrRecord userptr)
    {
        RunList.Require(RunCheck.InRegion(_device.Platform, region: 0, userptr.Runs), "runs");
        if (userptr.Base % XeLimits.PageSize != 0 || userptr.Base + RunList.SizeOf(userptr.Runs, "runs") < userptr.Base)
            throw new MalformedRecordException($"0x{userptr.Base:x} is not the start of that many 4 KiB pages");
        if (!_file.MapCpuMemory(userptr.Base, userptr.Runs))
            throw new MalformedRecordException($"the userptr at 0x{userptr.Base:x} overlaps another");
    }

    private int RegionOf(bool isVram)
    {
        if (isVram && !_device.Platform.IsDiscrete)
            throw new MalformedRecordException("VRAM on a device that has none");
        return isVram ? 1 : 0;
    }

    private void Check(Errno error, string what)
    {
        if (error != Errno.Ok)
            throw new MalformedRecordException($"{what} cannot be made: {_file.LastRejection}");
    }
}
