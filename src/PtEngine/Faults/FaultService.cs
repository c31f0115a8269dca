using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Svm;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Faults;

/// <summary>The service of one fault (specification 04 section 3.3), in as many runs as it has to wait for fences.</summary>
/// <param name="counts">What its queue counts, by GT.</param>
internal struct FaultService(GtStatistics.Lane[] counts)
{
    private GpuFault _fault;
    private FaultOrigin? _origin;
    private MirrorFault _mirror;
    private Fence _pending;
    private Rejection _why;
    private bool _isUnderway;
    private bool _isOver;
    private ChangeRounds _rounds;

    /// <summary>The fault.</summary>
    public readonly GpuFault Fault => _fault;

    /// <summary>Who has raised it and wants to know, or null.</summary>
    public readonly FaultOrigin? Origin => _origin;

    /// <summary>It has met a change of the process in its middle: others have to go on before it does.</summary>
    public bool ComesBack { get; private set; }

    /// <summary>Nothing is left of it but to wait for its fence; otherwise it goes on after that.</summary>
    public readonly bool IsOver => _isOver;

    /// <summary>Why it failed; not rejected when it did not.</summary>
    public readonly Rejection Why => _why;

    /// <summary>The next fault is to be serviced: the last one is over. In place, for a queue has one service, and it is large.</summary>
    public void Begin(in GpuFault fault, FaultOrigin? origin = null)
    {
        _fault = fault;
        _origin = origin;
        (_isUnderway, _isOver) = (false, false);
    }

    /// <summary>Goes on with the service.</summary>
    /// <returns>A fence to wait for. When it has signalled and the service <see cref="IsOver"/>, the fault can be answered.</returns>
    public Fence Run(FaultIntake intake)
    {
        if (_isOver)
            return _pending;
        bool isTraced = intake.Watch.IsTraced;
        if (isTraced)
            FaultEvents.Start(intake.Watch, _fault);
        // What it was to wait for may be over already.
        do
            GoOn(intake);
        while (!_isOver && !ComesBack && _pending.IsSignalled);
        if (isTraced)
            FaultEvents.Stop(intake.Watch, _fault, _why.Errno);
        return _pending;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void GoOn(FaultIntake intake)
    {
        if (_isUnderway && _mirror.Move is { } move)
        {
            if (!move.TryEnd(out _pending))
                return;
            _mirror.TakeMove();
        }

        Serve(intake);
    }

    private void Serve(FaultIntake intake)
    {
        _pending = Fence.Signalled;
        bool hasComeBack = ComesBack;
        (_isOver, ComesBack) = (true, false);
        if (_why.IsRejected)
            _why = default;
        if (_fault.Level == GpuFault.NackLevel)
        {
            _why = Refusals.FaultIsNotServiced(_fault.Level);
            return;
        }

        if (intake.FindVm(_fault.Asid) is not { Facts.IsFaultMode: true } vm)
        {
            _why = Refusals.FaultOfUnknownVm(_fault.Asid);
            return;
        }

        int tile = _fault.Gt / vm.Facts.Platform.GtSlotsPerTile;
        if (!_isUnderway)
            _mirror.Begin(_fault.PageAddress, tile, counts[_fault.Gt], _fault.Access);
        _isUnderway = true;
        var operation = new Operation(ref this, intake.Mirrors, tile);
        if (hasComeBack)
            ServeAgain(intake, vm, ref operation);
        else
            VmEntry.Run(intake.Vms, vm, ref operation, waits: false);
    }

    private void ServeAgain(FaultIntake intake, VmContext vm, ref Operation operation)
    {
        using ChangeRounds.Round round = _rounds.Next();
        VmEntry.Run(intake.Vms, vm, ref operation, waits: false);
        if (!ComesBack)
            _rounds = default;
    }

    /// <summary>The device ends, and nobody will go on with the service.</summary>
    public readonly void Abandon()
    {
        if (_isUnderway)
            _mirror.Move?.Abandon();
        _origin?.Forgotten();
    }

    /// <summary>The service inside the VM.</summary>
    private readonly ref struct Operation(ref FaultService service, MirrorDevice device, int tile) : IVmOperation
    {
        private readonly ref FaultService _service = ref service;

        public bool BeginsCall(VmContext vm) => true;

        /// <summary>Services, and takes what the call object says while it is this call's.</summary>
        public Outcome Run(VmContext vm)
        {
            _service._isOver = true;
            Outcome outcome = Service(vm, _service._fault, out int vma);
            if (outcome == Outcome.Refused)
                _service._why = vm.Call.Why;
            else if (outcome == Outcome.Again)
                (_service._isOver, _service.ComesBack) = (false, true);
            else if (outcome == Outcome.Done && _service._isOver)
                (_service._pending, vm.Space.LastFault) = (vm.Call.Done, vma);
            return outcome;
        }

        /// <summary>The service goes on later, after the fence: what is in flight in the VM, or in the memory of the process, comes
        /// first.</summary>
        private void Park(Fence pending) => (_service._isOver, _service._pending) = (false, pending);

        /// <summary>A banned VM has no VMAs, but a fault where the last one was is told why (FLT-034).</summary>
        private Outcome RefuseUnknown(VmContext vm, in GpuFault fault)
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
            if (!vm.Userptrs.IsStale(v.Userptr) || vm.Vmas.Process is not { } process || !process.IsHeldUp(v, out Fence ended))
                return false;
            Park(ended);
            return true;
        }

        /// <summary>Services.</summary>
        /// <param name="vm">The VM.</param>
        /// <param name="fault">The fault.</param>
        /// <param name="vma">The VMA at the address; when the service is over, the one that is there then.</param>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Outcome Service(VmContext vm, in GpuFault fault, out int vma)
        {
            vma = 0;
            if (vm.IsClosed)
                return vm.Call.Refuse(Refusals.FaultInClosedVm(fault.Asid));
            vma = vm.FindVma(fault.PageAddress);
            if (vma == 0)
                return RefuseUnknown(vm, fault);
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
            if (!vm.IsIdle)
            {
                Park(vm.FenceOfAll());
                return Outcome.Done;
            }

            Outcome outcome = _service._mirror.Run(space, ref vma);
            if (outcome != Outcome.Again && _service._mirror.MustWait)
                Park(_service._mirror.Awaited(vm));
            return outcome;
        }
    }
}
