using XePt.Calls;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Svm;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Faults;

/// <summary>The service of one fault (specification 04 section 3.3), in as many runs as it has to wait for fences.</summary>
internal struct FaultService(GpuFault fault, FaultOrigin? origin = null)
{
    private Fence _pending;
    private MirrorFault? _mirror;
    private bool _isOver;

    public GpuFault Fault { get; } = fault;

    /// <summary>Who has raised it and wants to know, or null.</summary>
    public readonly FaultOrigin? Origin => origin;

    /// <summary>Why it failed; not rejected when it did not.</summary>
    public Rejection Why { get; private set; }

    /// <summary>Goes on with the service.</summary>
    /// <returns>A fence to wait for; signalled when the fault can be answered.</returns>
    public Fence Run(FaultIntake intake)
    {
        if (_isOver)
            return _pending;
        bool isTraced = intake.Watch.IsTraced;
        if (isTraced)
            FaultEvents.Start(intake.Watch, Fault);
        // What it was to wait for may be over already.
        do
            GoOn(intake);
        while (!_isOver && _pending.IsSignalled);
        if (isTraced)
            FaultEvents.Stop(intake.Watch, Fault, Why.Errno);
        return _pending;
    }

    private void GoOn(FaultIntake intake)
    {
        if (_mirror is { Move: { } move } moving)
        {
            if (!move.TryEnd(out _pending))
                return;
            moving.TakeMove();
            _mirror = moving;
        }

        Serve(intake);
    }

    private void Serve(FaultIntake intake)
    {
        _pending = Fence.Signalled;
        _isOver = true;
        if (Fault.Level == GpuFault.NackLevel)
        {
            Why = Refusals.FaultIsNotServiced(Fault.Level);
            return;
        }

        if (intake.FindVm(Fault.Asid) is not { Facts.IsFaultMode: true } vm)
        {
            Why = Refusals.FaultOfUnknownVm(Fault.Asid);
            return;
        }

        int tile = Fault.Gt / vm.Facts.Platform.GtSlotsPerTile;
        MirrorFault mirror = _mirror ?? new MirrorFault(Fault.PageAddress, tile, Fault.Gt, Fault.Access);
        var operation = new Operation(intake.Mirrors, Fault, mirror, tile);
        CallAnswer answer = VmEntry.Ask(intake.Vms, vm, ref operation);
        _mirror = operation.MirrorFault;
        _isOver = !operation.IsParked;
        _pending = operation.IsParked ? operation.Pending : answer.Done;
        Why = answer.Why;
    }

    /// <summary>The device ends, and nobody will go on with the service.</summary>
    public readonly void Abandon()
    {
        _mirror?.Move?.Abandon();
        origin?.Forgotten();
    }

    /// <summary>The service inside the VM.</summary>
    private struct Operation(MirrorDevice device, GpuFault fault, MirrorFault mirrorFault, int tile) : IVmOperation
    {
        private MirrorFault _mirrorFault = mirrorFault;

        /// <summary>How far the service of a mirror has come.</summary>
        public readonly MirrorFault MirrorFault => _mirrorFault;

        /// <summary>The service goes on later: what is in flight in the VM comes first.</summary>
        public bool IsParked { get; private set; }

        /// <summary>What has to be waited for then.</summary>
        public Fence Pending { get; private set; }

        public readonly bool BeginsCall(VmContext vm) => true;

        public Outcome Run(VmContext vm)
        {
            Outcome outcome = Service(vm);
            if (outcome == Outcome.Done && !IsParked)
                vm.Space.LastFault = vm.Space.Find(fault.PageAddress);
            return outcome;
        }

        /// <summary>A banned VM has no VMAs, but a fault where the last one was is told why (FLT-034).</summary>
        private readonly Outcome RefuseUnknown(VmContext vm)
        {
            int last = vm.IsBanned ? vm.Space.Find(fault.PageAddress) : 0;
            if (last == 0 || last != vm.Space.LastFault)
                return vm.Call.Refuse(Refusals.FaultOutsideVma(fault.PageAddress));
            ref Vma v = ref vm.Space.Vmas[last];
            bool isAtomic = fault.Access == GpuAccessKind.Atomic;
            if ((v.Flags & VmaFlags.ReadOnly) != 0 && fault.Access != GpuAccessKind.Read)
                return vm.Call.Refuse(Refusals.FaultWritesReadOnly(fault.PageAddress));
            if (!AtomicRule.TryDecide(vm.Facts.Platform, v.Attributes.Atomic, isAtomic, out _))
                return vm.Call.Refuse(Refusals.FaultAtomicIsOfCpu(fault.PageAddress));
            if (v.IsMirror)
                device.Statistics[fault.Gt].Add(GtCounter.SvmPagefaultCount);
            return vm.Call.Refuse(Refusals.FaultInBannedVm(fault.PageAddress));
        }

        /// <summary>Pages of the userptr that have to be collected anew are on their way into device memory: the fault waits for the end of
        /// that, as the CPU would, but without a thread.</summary>
        private bool IsHeldUp(VmContext vm, in Vma v)
        {
            Fence ended = default;
            IsParked = vm.Userptrs.IsStale(v.Userptr) && vm.Vmas.Process?.IsHeldUp(v, out ended) == true;
            Pending = ended;
            return IsParked;
        }

        private Outcome Service(VmContext vm)
        {
            if (vm.IsClosed)
                return vm.Call.Refuse(Refusals.FaultInClosedVm(fault.Asid));
            int vma = vm.FindVma(fault.PageAddress);
            if (vma == 0)
                return RefuseUnknown(vm);
            ref Vma v = ref vm.Space.Vmas[vma];
            if ((v.Flags & VmaFlags.ReadOnly) != 0 && fault.Access != GpuAccessKind.Read)
                return vm.Call.Refuse(Refusals.FaultWritesReadOnly(fault.PageAddress));
            if (v.Userptr != 0 && IsHeldUp(vm, v))
                return Outcome.Done;
            if (!v.IsMirror)
                return VmaFault.Service(vm, device.Statistics[fault.Gt], vma, fault.PageAddress, tile, fault.Access);
            if (vm.Mirrors is not MirrorSpace space)
                return vm.Call.Refuse(Refusals.FaultProcessIsGone(fault.PageAddress));
            // Its bind would wait for all of it anyway (CON-013), and entries of ranges are not written by jobs that wait.
            bool isBusy = !vm.IsIdle;
            Outcome outcome = isBusy ? Outcome.Done : _mirrorFault.Run(space, vma);
            if (isBusy || _mirrorFault.MustWait)
                (IsParked, Pending) = (true, isBusy ? vm.FenceOfAll() : _mirrorFault.Awaited(vm));
            return outcome;
        }
    }
}
