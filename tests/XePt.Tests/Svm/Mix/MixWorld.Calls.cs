using XePt.Uapi;

namespace XePt.Tests.Svm.Mix;

// What clients call, and what the kernel does behind their back.
internal sealed partial class MixWorld
{
    // A page far from the window, which binds that wait are made of.
    private const ulong Far = 1UL << 40;

    private uint _hog;
    private (MixVm Vm, Fence Fence, uint Sync)? _held;

    private static Errno Bind(MixVm vm, DrmXeVmBindOp op) =>
        vm.File.VmBind(new DrmXeVmBind { VmId = vm.Vm.Id, NumBinds = 1, Bind = op });

    private static DrmXeVmBindOp Mirror(ulong start, ulong size, int choice) => new()
    {
        Op = VmBindOp.Map,
        Addr = start,
        Range = size,
        Flags = VmBindFlags.CpuAddrMirror | (choice % 13 == 1 ? VmBindFlags.ReadOnly : 0)
            | (choice % 3 == 1 ? VmBindFlags.MadviseAutoreset : 0),
    };

    private bool BindMirror(MixVm vm, MixStep step)
    {
        (int first, int end) = IntervalOf(step);
        return step.Choice % 7 == 0
            ? TryBind(vm, Mirror(0, vm.Vm.Size, step.Choice / 7))
            : TryBind(vm, Mirror(At(first), SizeOf(first, end), step.Choice / 7));
    }

    private bool BindBo(MixVm vm, MixStep step)
    {
        (int first, int end) = IntervalOf(step);
        MixBo bo = _bos[step.Choice % _bos.Length];
        int pages = Math.Min(end - first, bo.Pages.Length), room = (bo.Pages.Length - pages) / 16;
        // Clients share BOs by names of their own.
        if (ShareBo(vm, bo) is not (uint handle and not 0))
            return false;
        bool isDone = TryBind(vm, new DrmXeVmBindOp
        {
            Op = VmBindOp.Map,
            Obj = handle,
            ObjOffset = (ulong)(step.Choice / 2 % (room + 1) * 16) * Page,
            Addr = At(first),
            Range = (ulong)pages * Page,
            Flags = step.Choice % 3 == 0 ? VmBindFlags.Immediate : step.Choice % 11 == 1 ? VmBindFlags.ReadOnly : 0,
        });
        Must(vm.File.GemClose(handle), "close");
        return isDone;
    }

    private uint ShareBo(MixVm vm, MixBo bo)
    {
        var export = new DrmPrimeHandle { Handle = bo.Bo.Handle };
        Must(_owner.PrimeHandleToFd(ref export), "export");
        var import = new DrmPrimeHandle { Fd = export.Fd };
        Must(vm.File.PrimeFdToHandle(ref import), "import");
        _device.Descriptors.Close(export.Fd);
        return import.Handle;
    }

    private bool BindNull(MixVm vm, MixStep step)
    {
        (int first, int end) = IntervalOf(step);
        return TryBind(vm, new DrmXeVmBindOp
        {
            Op = VmBindOp.Map,
            Addr = At(first),
            Range = SizeOf(first, end),
            Flags = VmBindFlags.Null | (step.Choice % 2 == 0 ? VmBindFlags.Immediate : 0),
        });
    }

    private bool BindUserptr(MixVm vm, MixStep step)
    {
        (int first, int end) = IntervalOf(step);
        int from = step.Choice % (_setting.Pages - (end - first) + 1) / _setting.UnitPages * _setting.UnitPages;
        return TryBind(vm, new DrmXeVmBindOp
        {
            Op = VmBindOp.MapUserptr,
            PatIndex = (ushort)_setting.Platform.Pat.IndexWriteBack,
            Userptr = At(from),
            Addr = At(first),
            Range = SizeOf(first, end),
            Flags = step.Choice % 3 == 0 ? VmBindFlags.Immediate : step.Choice % 11 == 1 ? VmBindFlags.ReadOnly : 0,
        });
    }

    private bool Unbind(MixVm vm, MixStep step)
    {
        (int first, int end) = IntervalOf(step);
        return TryBind(vm, new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = At(first), Range = SizeOf(first, end) });
    }

    /// <summary>A bind that would wait for others shows another mapping than the VMAs say until it has run.</summary>
    private bool TryBind(MixVm vm, DrmXeVmBindOp op)
    {
        if (_held is { } held && ReferenceEquals(held.Vm, vm))
            Release();
        Errno error = Bind(vm, op);
        Pump();
        return error == Errno.Ok;
    }

    private bool Prefetch(MixVm vm, MixStep step)
    {
        (int first, int end) = IntervalOf(step);
        uint region = (uint)(step.Choice % (_setting.Platform.IsDiscrete ? _setting.Platform.TileCount + 2 : 2));
        bool isAdvised = region == (uint)_device.Memory.Regions.Length;
        return TryBind(vm, new DrmXeVmBindOp
        {
            Op = VmBindOp.Prefetch,
            Addr = At(first),
            Range = SizeOf(first, end),
            PrefetchMemRegionInstance = isAdvised ? unchecked((uint)XeConstants.ConsultMemAdvisePrefLoc) : region,
        });
    }

    private bool Advise(MixVm vm, MixStep step)
    {
        (int first, int end) = IntervalOf(step);
        var args = new DrmXeMadvise { VmId = vm.Vm.Id, Start = At(first), Range = SizeOf(first, end) };
        switch (step.Choice % 3)
        {
            case 0:
                int where = step.Choice / 3 % (2 + (_setting.Platform.IsDiscrete ? _setting.Platform.TileCount : 0));
                args.Type = MemRangeAttr.PreferredLoc;
                args.PreferredMemLoc = new DrmXeMadvisePreferredMemLoc
                {
                    DevmemFd = where switch { 0 => 0, 1 => uint.MaxValue, _ => (uint)_descriptor },
                    RegionInstance = (ushort)Math.Max(0, where - 1),
                };
                break;
            case 1:
                args.Type = MemRangeAttr.Atomic;
                args.Atomic = new DrmXeMadviseAtomic { Val = (AtomicAccess)(step.Choice / 3 % 4) };
                break;
            default:
                args.Type = MemRangeAttr.Pat;
                args.PatIndex = new DrmXeMadvisePatIndex { Val = (uint)(step.Choice / 3 % 4) };
                break;
        }

        Errno error = vm.File.Madvise(args);
        Pump();
        if (error == Errno.Ok && args.Type == MemRangeAttr.Atomic)
            AdviseBos(vm, first, end, args.Atomic.Val);
        if (error == Errno.Ok && args.Type == MemRangeAttr.Atomic && args.Atomic.Val == AtomicAccess.Cpu)
            vm.CpuAtomics.AsSpan(first, end - first).Fill(true);
        return error == Errno.Ok;
    }

    private void AdviseBos(MixVm vm, int first, int end, AtomicAccess atomic)
    {
        for (int page = first; page < end;)
        {
            VmaInfo? found = vm.Vm.FindVma(At(page));
            if (found is { Kind: VmaKind.Bo } vma)
                BoOf(vma).Atomic = atomic;
            page = found is { } any && any.Range.End < At(end) ? (int)((any.Range.End - Base) / Page) : found is null ? page + 1 : end;
        }
    }

    /// <summary>A BO wants room in VRAM, or gives it back; or everything that can be is driven out.</summary>
    private bool Evict(MixStep step)
    {
        if (!_setting.Platform.IsDiscrete)
            return false;
        if (step.Choice % 9 == 0)
            return _device.EvictAll() == Errno.Ok;
        if (_hog != 0)
            return Close(hog: true);
        ulong vram = _setting.Vram, step64K = 64 << 10;
        var args = new DrmXeGemCreate
        {
            Size = step64K * (1 + ((ulong)step.Choice % (vram / step64K * 3 / 4))),
            Placement = 2u << (step.Who % _setting.Platform.TileCount),
            CpuCaching = CpuCaching.WriteCombined,
        };
        Errno error = _owner.GemCreate(ref args);
        _hog = error == Errno.Ok ? args.Handle : 0;
        return error == Errno.Ok;
    }

    private bool Close(bool hog)
    {
        if (hog && _hog != 0)
            Must(_owner.GemClose(_hog), "close");
        _hog = 0;
        return true;
    }

    private bool MoveBo(MixStep step)
    {
        MixBo bo = _bos[step.Who % _bos.Length];
        Errno error = step.Choice % 3 == 0
            ? _owner.EvictBo(bo.Bo.Handle) : _owner.MoveBo(bo.Bo.Handle, step.Choice % _device.Memory.Regions.Length);
        Pump();
        return error == Errno.Ok;
    }

    private MixBo BoOf(in VmaInfo vma)
    {
        foreach (MixBo bo in _bos)
        {
            if (bo.Bo.Number == vma.BoNumber)
                return bo;
        }

        throw new InvalidOperationException($"no such BO: {vma}");
    }

    /// <summary>A bind of the VM waits for a fence, and its faults for the bind; or the fence signals. Not with userptrs: changes of their
    /// memory wait for what is in flight, and here nobody else would signal it.</summary>
    private bool HoldOrRelease(MixVm vm)
    {
        if (_held is not null)
            return Release();
        if (vm.Vm.Context.Userptrs.Count > 0)
            return false;
        Fence fence = _device.CreateFence("mix");
        uint sync = vm.File.SyncobjCreate();
        Must(vm.File.SyncobjAttach(sync, fence), "attach");
        Errno error = vm.File.VmBind(
            vm.Vm.Id, [new DrmXeVmBindOp { Op = VmBindOp.Map, Addr = Far, Range = Page, Flags = VmBindFlags.Null | VmBindFlags.Immediate }],
            [new DrmXeSync { Handle = sync }]);
        _held = (vm, fence, sync);
        return error == Errno.Ok;
    }

    private bool Release()
    {
        if (_held is not { } held)
            return false;
        _held = null;
        held.Fence.TrySignal();
        Settle();
        Must(held.Vm.File.SyncobjDestroy(held.Sync), "destroy");
        for (int queue = 0; queue < Queues; queue++)
            Equal(0, _raised[queue].Count, "faults without an answer");
        return true;
    }

    private bool Recreate(MixVm vm)
    {
        Release();
        PlainProcess twin = vm.Twin;
        RemoveVm(vm);
        AddVm(twin);
        return true;
    }
}
