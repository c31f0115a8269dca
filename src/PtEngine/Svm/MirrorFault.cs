using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Host;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Svm;

/// <summary>
/// One fault on a mirror, from the first look to the entries (specification 04 section 5.1). It keeps what it has counted and tried, so
/// that it can start again inside all VMs.
/// </summary>
internal struct MirrorFault
{
    /// <summary>Turns of a fault that the driver would go on with for ever (Q2).</summary>
    private const int MostTurns = 40;

    private const int AttemptsWhenPreferred = 1;
    private const int AttemptsWhenRequired = 3;
    private const ulong PresenceLimit = 1UL << 16;

    private ulong _address;
    private int _tile;
    private GtStatistics.Lane _counts;
    private GpuAccessKind _access;
    private bool _isResumed;
    private int _turns;
    private int _attempts;
    private bool _needsVram;
    private long _timeslice;
    private long _begun;
    private PendingMove? _move;
    private long _moveBegun;
    private bool _hasMoved;
    private Errno _moveError;
    private bool _isHeldUp;
    private bool _hasComeBack;
    private Fence _holder;

    private enum Turn
    {
        /// <summary>The fault is over.</summary>
        Over,

        /// <summary>From the garbage collector on.</summary>
        Again,

        /// <summary>From the look for the VMA on, because VMAs were replaced (SVM-042).</summary>
        FromStart,
    }

    /// <summary>Begins a fault, where it stays.</summary>
    /// <param name="address">The page.</param>
    /// <param name="tile">Tile that faulted.</param>
    /// <param name="counts">What is counted of its GT.</param>
    /// <param name="access">What the GPU wanted.</param>
    public void Begin(ulong address, int tile, GtStatistics.Lane counts, GpuAccessKind access)
    {
        this = default;
        (_address, _tile, _counts, _access) = (address, tile, counts, access);
    }

    /// <summary>It has found work of the VM in flight and goes on when that is over: entries of ranges are not written by jobs that
    /// wait.</summary>
    public bool MustWait { get; private set; }

    /// <summary>The migration that it waits for, if there is one.</summary>
    public readonly PendingMove? Move => _move;

    /// <summary>What has to be waited for when it <see cref="MustWait"/>.</summary>
    public readonly Fence Awaited(VmContext vm) =>
        _move is { } move ? (move.TryEnd(out Fence pending) ? Fence.Signalled : pending)
        : _isHeldUp ? _holder : vm.FenceOfAll();

    /// <summary>Its migration has ended. Inside no VM: it need not be there any more.</summary>
    public void TakeMove()
    {
        (_moveError, _hasMoved) = (_move!.Take(), true);
        _move = null;
    }

    /// <summary>Services the fault, inside the VM, in a call that has begun.</summary>
    /// <param name="space">The VM's mirrors.</param>
    /// <param name="vma">The mirror VMA at the address; changed when another one is there in the end.</param>
    /// <returns>Done: the fault is answered as successful, unless it <see cref="MustWait"/>; refused; or start again.</returns>
    public Outcome Run(MirrorSpace space, ref int vma)
    {
        for (; ; )
        {
            if (!TryBegin(space, vma))
                return space.Vm.Call.Refuse(Refusals.FaultAtomicIsOfCpu(_address));

            Turn turn;
            Outcome outcome;
            do
                turn = TakeTurn(space, vma, out outcome);
            while (turn == Turn.Again);
            if (turn == Turn.Over)
                return outcome;
            vma = space.Vm.FindVma(_address);
            if (vma == 0)
                return space.Vm.Call.Refuse(Refusals.FaultOutsideVma(_address));
        }
    }

    /// <summary>Steps 1 and 2: the atomic rule, and a new pass.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryBegin(MirrorSpace space, int vma)
    {
        if (_isResumed)
            return true;
        (bool goesOn, bool neededVram) = (MustWait, _needsVram);
        MustWait = false;
        ref Vma v = ref space.Vm.Space.Vmas[vma];
        if (!AtomicRule.TryDecide(space.Vm.Facts.Platform, v.Attributes.Atomic, _access == GpuAccessKind.Atomic, out _needsVram))
            return false;
        if (goesOn && neededVram == _needsVram)
            return true;
        _hasMoved = false;
        _attempts = _needsVram ? AttemptsWhenRequired : AttemptsWhenPreferred;
        _timeslice = _needsVram ? space.Device.AtomicTimeslice : 0;
        _begun = space.Device.Clock.Now;
        _counts.Add(GtCounter.SvmPagefaultCount);
        return true;
    }

    private Turn TakeTurn(MirrorSpace space, int vma, out Outcome outcome)
    {
        outcome = Outcome.Done;
        Errno error = space.Garbage.Run();
        if (error == Errno.EAGAIN)
            return Turn.FromStart;
        if (error != Errno.Ok)
            return Nack(space.Vm, GarbageFailed(error), out outcome);
        if (!space.Host.TryEnter())
            return Nack(space.Vm, Refusals.FaultProcessIsGone(_address), out outcome);

        Turn turn;
        // As in VmEntry.
        try
        {
            turn = TakeTurnInside(space, vma, out outcome);
        }
        catch
        {
            space.Host.Leave();
            throw;
        }

        space.Host.Leave();
        return turn;
    }

    /// <summary>What follows inside the process: it cannot end in the middle of a turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Turn TakeTurnInside(MirrorSpace space, int vma, out Outcome outcome)
    {
        VmContext vm = space.Vm;
        outcome = Outcome.Done;
        Errno error = Find(space, vma, out int range, out Pagemap? target, out object? owner);
        if (error == Errno.EAGAIN)
            return ComeBack(out outcome);
        if (error != Errno.Ok)
            return Nack(vm, NotFound(vm, error), out outcome);
        if (_needsVram && !vm.Ranges[range].Has(SvmRangeFlags.Migrates))
            return Nack(vm, Refusals.FaultAtomicCannotMigrate(_address), out outcome);
        TakeAwayReadOnly(space, range);
        if (IsValid(vm.Ranges[range], target))
        {
            Count(space, range, GtCounter.Svm4KValidPagefaultCount);
            space.Trace(range, "PAGE FAULT - VALID");
            return Ack(space, range, space.Device.Clock.Now);
        }

        if (IsTurnNew)
            space.Trace(range, "PAGE FAULT");
        if (IsHeldUp(space, range))
            return Turn.Over;
        outcome = Migrate(space, range, target, out error);
        if (outcome >= Outcome.Restart || MustWait)
            return Turn.Over;
        if (error == Errno.EBUSY && IsHeldUp(space, range))
        {
            _attempts++;
            return Turn.Over;
        }

        if (error is Errno.ENOENT or Errno.EINVAL)
            space.NoticeHole(range);
        if (error != Errno.Ok && _needsVram && _attempts == 0)
            return Nack(vm, Refusals.FaultStepFails(FaultStep.Migration, error, _address), out outcome);
        if (error != Errno.Ok && !_needsVram)
            return TryAgain(vm, FaultStep.Migration, error, out outcome);
        return Populate(space, vma, range, owner, out outcome);
    }

    /// <summary>The turn does not go on with one that had to wait.</summary>
    private readonly bool IsTurnNew => !_isResumed && !_hasMoved && !_isHeldUp && !_hasComeBack;

    /// <summary>Steps 3 to 5: where the memory is to be, and the range (SVM-043 to SVM-046).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Errno Find(MirrorSpace space, int vma, out int range, out Pagemap? target, out object? owner)
    {
        ref Vma v = ref space.Vm.Space.Vmas[vma];
        target = _needsVram ? space.Device.Pagemaps[_tile] : space.TargetOf(v.Attributes, _tile);
        owner = target is null ? null : space.Device.Owner;
        ulong limit = space.HasDeviceMemory ? PresenceLimit : 0;
        var request = new RangeRequest(
            _address, v.Start, v.End, (v.Flags & VmaFlags.ReadOnly) != 0, limit, owner, space.HasDeviceMemory);
        Errno error = RangeLookup.FindOrInsertInside(space, request, out range);
        if (error == Errno.Ok && IsTurnNew)
            Count(space, range, GtCounter.Svm4KPagefaultCount);
        return error;
    }

    /// <summary>The copies of another fault's migration have pages of the range: it waits for their end, as the CPU would, but without a
    /// thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsHeldUp(MirrorSpace space, int range)
    {
        ref readonly SvmRange r = ref space.Ranges[range];
        _isHeldUp = PendingMigrations.TryFind(space.Host, new AddressRange(r.Start, r.End), out _holder);
        MustWait |= _isHeldUp;
        _hasComeBack = false;
        return _isHeldUp;
    }

    /// <summary>A change is in its middle, and may wait for jobs of this VM: the fault leaves it and comes back.</summary>
    private Turn ComeBack(out Outcome outcome)
    {
        MustWait = true;
        outcome = Outcome.Again;
        return Turn.Over;
    }

    /// <summary>SVM-047: where the pages are does not matter unless it must.</summary>
    private readonly bool IsValid(in SvmRange range, Pagemap? target) =>
        range.HasValidMapping(_tile) && (!_needsVram || range.Pagemap == target!.Number);

    /// <summary>Takes away entries that were made for a read-only mirror, which has been replaced since, before who wants to write finds
    /// them valid. Valid pages stay where they are unless they must be elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void TakeAwayReadOnly(MirrorSpace space, int range)
    {
        if (_access == GpuAccessKind.Read || !space.Ranges[range].HasValidMapping(_tile)
            || FaultedEntry.LetsPass(space.Vm, _tile, _address, GpuAccessKind.Write))
            return;
        space.TakeAway(range);
        if (!_needsVram)
            _attempts = 0;
    }

    /// <summary>Step 7 (SVM-070, SVM-071).</summary>
    private Outcome Migrate(MirrorSpace space, int range, Pagemap? target, out Errno error)
    {
        if (_hasMoved)
        {
            (error, _hasMoved) = (_moveError, false);
            EndAttempt(space, range);
            return Outcome.Done;
        }

        error = Errno.Ok;
        if (!_isResumed)
            _attempts--;
        if (_attempts < 0 || !space.NeedsMigration(range, target))
        {
            _attempts = Math.Max(_attempts, 0);
            _isResumed = false;
            return Outcome.Done;
        }

        if (!_isResumed)
        {
            Count(space, range, GtCounter.Svm4KMigrateCount);
            space.Trace(range, "ALLOCATE VRAM");
        }

        _moveBegun = space.Device.Clock.Now;
        Outcome outcome = RangeMigration.IntoDevice(
            space, range, target!, _timeslice, space.Device.PutsCopiesOff, out error, out _move);
        _isResumed = outcome == Outcome.Restart;
        MustWait = _move is not null;
        if (!_isResumed && !MustWait)
            EndAttempt(space, range);
        return outcome;
    }

    private void EndAttempt(MirrorSpace space, int range)
    {
        Count(space, range, GtCounter.Svm4KMigrateUs, Microseconds(_moveBegun, space.Device.Clock.Now));
        _timeslice *= 2;
    }

    /// <summary>Steps 8 and 9: the pages, and the entries (SVM-049).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Turn Populate(MirrorSpace space, int vma, int range, object? owner, out Outcome outcome)
    {
        VmContext vm = space.Vm;
        outcome = Outcome.Done;
        long begun = space.Device.Clock.Now;
        space.Trace(range, "GET PAGES");
        bool isReadOnly = (vm.Space.Vmas[vma].Flags & VmaFlags.ReadOnly) != 0;
        RangePages.ForgetReadOnly(space, range, isReadOnly);
        StageEvents.Begin(vm, RoadStage.Populate);
        Errno error = space.CollectPagesInside(range, new PageDemand(owner, isReadOnly, OnlyDevice: _needsVram));
        StageEvents.End(vm, RoadStage.Populate, error == Errno.Ok ? Outcome.Done : Outcome.Refused);
        if (error == Errno.EBUSY && IsHeldUp(space, range))
            return Turn.Over;
        if (error == Errno.EAGAIN)
        {
            _hasComeBack = true;
            return ComeBack(out outcome);
        }

        if (error is Errno.EOPNOTSUPP or Errno.EFAULT or Errno.EPERM)
        {
            _timeslice *= 2;
            if (!_needsVram || _attempts > 0)
            {
                space.Trace(range, "PAGE FAULT - RETRY PAGES");
                return TryAgain(vm, FaultStep.Pages, error, out outcome);
            }
        }

        if (error != Errno.Ok)
        {
            space.Trace(range, "PAGE FAULT - FAIL PAGE COLLECT");
            return Nack(vm, Refusals.FaultStepFails(FaultStep.Pages, error, _address), out outcome);
        }

        long now = space.Device.Clock.Now;
        Count(space, range, GtCounter.Svm4KGetPagesUs, Microseconds(begun, now));
        return Bind(space, vma, range, now, out outcome);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Turn Bind(MirrorSpace space, int vma, int range, long begun, out Outcome outcome)
    {
        outcome = Outcome.Done;
        // What the garbage collector has unbound, or an eviction has moved, may wait for TLBs.
        MustWait = !space.Vm.IsIdle;
        if (MustWait)
            return Turn.Over;
        space.Trace(range, "PAGE FAULT - BIND");
        outcome = RangeBind.Run(space, vma, range, 1u << _tile);
        long now = space.Device.Clock.Now;
        Count(space, range, GtCounter.Svm4KBindUs, Microseconds(begun, now));
        if (outcome != Outcome.Refused)
            return Ack(space, range, now);
        if (space.Vm.Call.Why.Errno != Errno.EAGAIN)
            return Turn.Over;
        _timeslice *= 2;
        space.Trace(range, "PAGE FAULT - RETRY BIND");
        return TryAgain(space.Vm, FaultStep.Bind, Errno.EAGAIN, out outcome);
    }

    /// <summary>Another turn, unless there were too many: a condition that lasts is nacked with its errno (Q2).</summary>
    private Turn TryAgain(VmContext vm, FaultStep step, Errno error, out Outcome outcome)
    {
        outcome = Outcome.Done;
        return ++_turns < MostTurns ? Turn.Again : Nack(vm, Refusals.FaultStepFails(step, error, _address), out outcome);
    }

    private readonly Turn Ack(MirrorSpace space, int range, long now)
    {
        Count(space, range, GtCounter.Svm4KPagefaultUs, Microseconds(_begun, now));
        return Turn.Over;
    }

    private static Turn Nack(VmContext vm, in Rejection why, out Outcome outcome)
    {
        outcome = vm.Call.Refuse(why);
        return Turn.Over;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Count(MirrorSpace space, int range, GtCounter of4K, long amount = 1) =>
        _counts.AddSized(of4K, space.Ranges[range].Size, amount);

    private static long Microseconds(long from, long to) => (to - from) / 1000;

    private readonly Rejection GarbageFailed(Errno error) => error switch
    {
        Errno.ENOENT => Refusals.FaultInBannedVm(_address),
        Errno.EINVAL => Refusals.GarbageHasNoMirror(_address),
        _ => Refusals.GarbageIsStuck(_address),
    };

    private readonly Rejection NotFound(VmContext vm, Errno error) => error switch
    {
        Errno.ENOENT => Refusals.FaultWithoutCpuMapping(_address),
        Errno.EPERM => Refusals.FaultOnReadOnlyCpuMapping(_address),
        Errno.EINVAL => Refusals.FaultOutsideVm(_address, vm.Facts.Platform.VmSize),
        _ => Refusals.FaultHasNoMemory(_address),
    };
}
