using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Host;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Svm;

/// <summary>
/// The mirrors of one VM as a whole: the process whose memory they show, ranges and notifiers, and what the steps of the policy share. The
/// address space is that of the process that made the VM (SVM-011).
/// </summary>
/// <remarks>Concurrency: the VM's writer side, but <see cref="RangeInvalidation"/>, which any thread calls in the middle of
/// anything.</remarks>
internal sealed class MirrorSpace : Mirroring
{
    private readonly RangeInvalidation _invalidation;
    private readonly RangePrefetch _prefetch;
    private readonly ulong _notifierSize;

    public MirrorSpace(VmContext vm, GuardedProcess host, MirrorDevice device, ulong notifierSize, JobScheduler scheduler, AllVms vms)
    {
        (Vm, Host, Device, _notifierSize) = (vm, host, device, notifierSize);
        Garbage = new GarbageCollector(this, scheduler);
        Late = new LateBinds(this, scheduler, vms);
        _invalidation = new RangeInvalidation(this);
        _prefetch = new RangePrefetch(this);
    }

    public VmContext Vm { get; }

    public GuardedProcess Host { get; }

    public MirrorDevice Device { get; }

    public SvmRangeMap Ranges => Vm.Ranges;

    public ulong Size => Vm.Facts.Platform.VmSize;

    /// <summary>Removes what the CPU has unmapped.</summary>
    public GarbageCollector Garbage { get; }

    /// <summary>Binds what was prefetched while something was in flight.</summary>
    public LateBinds Late { get; }

    /// <summary>Sees what is done with ranges, or null.</summary>
    public SvmTracer? Tracer { get; set; }

    /// <summary>Scratch for looking at pages.</summary>
    public CpuPageList Pages { get; } = new();

    /// <summary>Device pages can be used (CFG-011).</summary>
    public bool HasDeviceMemory => Device.Pagemaps.Length > 0;

    /// <summary>The notifier that covers an address, or null.</summary>
    public SvmNotifier? NotifierAt(ulong address) => Ranges.NotifierAt(address) is var found and not 0 ? Ranges.Notifier(found) : null;

    /// <summary>Makes and subscribes the notifier for an address that none covers (SVM-001, SVM-052).</summary>
    /// <returns>Ok or -ENOMEM.</returns>
    public Errno AddNotifier(ulong address, out SvmNotifier? notifier)
    {
        ulong start = address / _notifierSize * _notifierSize;
        ulong end = Math.Min(start + _notifierSize, Size);
        notifier = Ranges.TryAddNotifier(start, end, _invalidation);
        if (notifier is null)
            return Errno.ENOMEM;
        Errno error = Host.Subscribe(notifier, new AddressRange(start, end));
        if (error == Errno.Ok)
            return error;
        Ranges.RemoveNotifier(notifier);
        notifier = null;
        return error;
    }

    /// <summary>Removes a range, and its notifier with the last one (SVM-003). Its entries are gone.</summary>
    public void Remove(int range)
    {
        int notifier = Ranges[range].Notifier;
        Ranges.Remove(range);
        if (notifier != 0)
            DropIfUnused(Ranges.Notifier(notifier));
    }

    /// <summary>Takes away the entries of a range before it is forgotten.</summary>
    public void TakeAway(int range) => _invalidation.TakeAway(range);

    /// <summary>Removes a notifier without ranges. It stays for now when its callback runs on another thread, which may wait for this
    /// one.</summary>
    public void DropIfUnused(SvmNotifier notifier)
    {
        if (notifier.Ranges == 0 && Host.TryUnsubscribe(notifier))
            Ranges.RemoveNotifier(notifier);
    }

    /// <summary>Where the memory of a VMA is wanted: device memory of a tile, or null for system memory (SVM-043).</summary>
    public Pagemap? TargetOf(in VmaAttributes attributes, int tile) =>
        attributes.PreferredDevice == 0 ? (HasDeviceMemory ? Device.Pagemaps[tile] : null)
        : attributes.Pagemap == 0 ? null
        : Device.Interconnect.Find(attributes.Pagemap);

    /// <summary>A range is to be brought into device memory (SVM-070).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool NeedsMigration(int range, Pagemap? target)
    {
        ref SvmRange r = ref Ranges[range];
        return r.Has(SvmRangeFlags.Migrates) && target is not null && r.Pagemap != target.Number
            && (r.Size >= PageSizes.Size64K || !Device.Platform.VramNeeds64K);
    }

    /// <summary>Collects the pages of a range; when they do not go together it is brought to system memory first (SVM-098).</summary>
    public Errno CollectPages(int range, in PageDemand demand) => Settle(range, RangePages.Collect(this, range, demand));

    /// <summary>The same for who has entered the process.</summary>
    public Errno CollectPagesInside(int range, in PageDemand demand) => Settle(range, RangePages.CollectInside(this, range, demand));

    /// <summary>Looks whether part of a range that cannot be had is not mapped any more though nobody has told of it: a process may tell
    /// just after, of what its allocator gives back. It is taken as told, so that what is left gets a range of its own.</summary>
    public void NoticeHole(int range)
    {
        if (Ranges[range].Has(SvmRangeFlags.Unmapped) || !Host.TryEnter())
            return;
        (ulong hole, ulong end) = (Ranges[range].Start, Ranges[range].End);
        while (hole < end && Host.TryFindVma(hole, out CpuVma vma))
            hole = vma.Range.End;
        Host.Leave();
        if (hole >= end)
            return;
        var unmapped = new AddressRange(hole, TryFindMapping(hole, end, out ulong next) ? next : end);
        var change = new CpuChange(CpuChangeKind.Unmap, unmapped, Sequence: 0, MayBlock: true);
        _invalidation.Invalidate(Ranges.Notifier(Ranges[range].Notifier), change);
    }

    /// <summary>Does, in a call in which nothing is staged, what a change in its middle may wait for: on behalf of a userptr, for this
    /// thread.</summary>
    public void CarryOutChanges() => Vm.Vmas.Process?.CarryOutChanges();

    /// <summary>Start of the first mapping of the process that intersects <c>[start, end)</c>; false without one, and when the process is
    /// gone.</summary>
    public bool TryFindMapping(ulong start, ulong end, out ulong found)
    {
        found = 0;
        if (!Host.TryEnter())
            return false;
        bool exists = Host.TryFindFirstVma(new AddressRange(start, end), out CpuVma vma);
        found = vma.Range.Start;
        Host.Leave();
        return exists;
    }

    /// <summary>Raises the event of something that is done with a range (STA-013).</summary>
    /// <param name="range">The range.</param>
    /// <param name="operation">What is done, in the driver's words.</param>
    public void Trace(int range, string operation)
    {
        if (Vm.Watch.IsTraced)
            RangeEvents.Range(Vm, range, operation);
    }

    /// <summary>What a place must fail with because a test says so, or Ok.</summary>
    public Errno Fires(FailurePoint point, Errno own) => Device.Failures.IsArmed ? Device.Failures.Fires(point, own) : Errno.Ok;

    /// <summary>The VM is closed: changes of pages touch no entries any more (SVM-142). Set and read inside the notifier gate.</summary>
    public bool IsClosed { get; private set; }

    /// <inheritdoc/>
    public override bool HasGarbage => Garbage.IsQueued;

    /// <inheritdoc/>
    public override void CollectGarbage() => Garbage.RunNow();

    /// <inheritdoc/>
    public override bool HasPrefetch => _prefetch.IsAnything;

    /// <inheritdoc/>
    public override Outcome AddPrefetch(int firstOp, in BindRequest request) => _prefetch.Add(firstOp, request);

    /// <inheritdoc/>
    public override Outcome Populate(Outcome others) => _prefetch.Populate(others);

    public override Outcome StagePrefetch() => _prefetch.Stage();

    public override Outcome SubmitPrefetch() => _prefetch.Submit();

    public override Outcome PutOff(Outcome others) => _prefetch.PutOff(others);

    /// <inheritdoc/>
    public override void Close()
    {
        Ranges.Gate.Enter();
        IsClosed = true;
        Ranges.Gate.Exit();
    }

    /// <inheritdoc/>
    public override void End()
    {
        for (int slot = Ranges.NotifierFrom(0); slot != 0; slot = Ranges.NotifierFrom(0))
        {
            SvmNotifier notifier = Ranges.Notifier(slot);
            Host.Unsubscribe(notifier);
            for (int range = Ranges.FirstOverlap(notifier.From, notifier.To); range != 0;)
            {
                Ranges.Remove(range);
                range = Ranges.FirstOverlap(notifier.From, notifier.To);
            }

            Ranges.RemoveNotifier(notifier);
        }
    }

    /// <summary>Sees to what the collection of a range's pages has met.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Errno Settle(int range, Errno error) => error == Errno.Ok ? error : SeeTo(range, error);

    private Errno SeeTo(int range, Errno error)
    {
        if (error == Errno.EFAULT)
            NoticeHole(range);
        if (error != Errno.EOPNOTSUPP)
            return error;
        Trace(range, "PAGE FAULT - EVICT PAGES");
        RangeMigration.Evict(this, range);
        return error;
    }
}
