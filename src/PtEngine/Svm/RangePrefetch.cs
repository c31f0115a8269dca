using System.Runtime.InteropServices;
using XePt.Calls;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Svm;

/// <summary>
/// The stages of a VM_BIND that prefetches mirrors (specification 04 chapter 11): ranges are found or made while the ops are, moved and
/// collected before anything is staged, and bound with the other ops in one go, or, when pages cannot be had, not at all: then the call
/// succeeds all the same (PFT-011).
/// </summary>
internal sealed class RangePrefetch(MirrorSpace space)
{
    /// <summary>A range to prefetch, and where to.</summary>
    private readonly record struct Item(int Range, Pagemap? Target, bool IsReadOnly);

    private readonly List<Item> _items = [];
    private readonly List<int> _ranges = [];
    private uint _call;
    private bool _isReady;

    /// <summary>The running call has ranges to prefetch.</summary>
    public bool IsAnything => _items.Count > 0 && _call == space.Vm.Call.Number;

    /// <summary>Adds the ranges of one bind op (PFT-002 to PFT-009). A VMA that is no mirror ends the look for ranges (Q14).</summary>
    public Outcome Add(int firstOp, in BindRequest request)
    {
        if (_call != space.Vm.Call.Number)
            _items.Clear();
        _call = space.Vm.Call.Number;
        for (int i = firstOp; i < space.Vm.Call.Ops.Count; i++)
        {
            ref Vma v = ref space.Vm.Space.Vmas[space.Vm.Call.Ops[i].Vma];
            if (!v.IsMirror)
                break;
            Outcome outcome = Add(v, request);
            if (outcome != Outcome.Done)
                return outcome;
        }

        return Outcome.Done;
    }

    /// <summary>Moves and collects.</summary>
    /// <returns>Done when the ranges are bound with the other ops. A range is never bound by a job that waits
    /// (<see cref="RangeInvalidation"/>): while something is in flight, or a BO that is bound with it may have fences of other VMs, there
    /// is nothing to submit, and it is bound later.</returns>
    public Outcome Populate(Outcome others)
    {
        Outcome outcome = Populate(out _isReady);
        if (outcome != Outcome.Done)
            return outcome;
        VmContext vm = space.Vm;
        bool isAlone = vm.IsIdle && (others != Outcome.Done || vm.BoFences.IsUnused) && vm.Call.InFences.Count == 0;
        return _isReady && isAlone ? Outcome.Done : Outcome.NothingToSubmit;
    }

    /// <summary>Stages the ranges on all tiles.</summary>
    public Outcome Stage()
    {
        VmContext vm = space.Vm;
        _ranges.Clear();
        foreach (Item item in _items)
        {
            ulong start = space.Ranges[item.Range].Start;
            if (!RangeBind.HasPages(space, item.Range))
                return vm.Call.Refuse(Refusals.RangePagesChanged(start));
            // A later op of the call may have put something else there.
            int mirror = vm.Space.Find(start);
            if (mirror == 0 || !vm.Space.Vmas[mirror].IsMirror)
                continue;
            _ranges.Add(item.Range);
            Outcome outcome = RangeBind.Stage(vm, mirror, item.Range, uint.MaxValue);
            if (outcome != Outcome.Done)
                return outcome;
        }

        return Outcome.Done;
    }

    /// <summary>Submits what is staged. Ranges whose pages have changed since are not bound later either: the next fault does it.</summary>
    public Outcome Submit()
    {
        _isReady = false;
        Outcome outcome = RangeBind.Submit(space, CollectionsMarshal.AsSpan(_ranges), space.Vm.Call.Queue);
        if (outcome == Outcome.Done && space.Tracer is { } tracer)
            Tell(tracer);
        return outcome;
    }

    /// <summary>Leaves the binds to who does them later. A call that has nothing else is complete when they may begin.</summary>
    public Outcome PutOff(Outcome others)
    {
        if (!_isReady)
            return others;
        BindCall call = space.Vm.Call;
        FenceSet before = space.Vm.Jobs.Waits;
        before.Clear();
        before.AddNewest(call.InFences);
        space.Vm.Jobs.Reservation.Collect(FenceUsage.Bookkeep, before);
        Fence after = space.Vm.Jobs.Composites.Of(before);
        if (others == Outcome.NothingToSubmit)
            call.Done = after;
        foreach (Item item in _items)
            space.Late.Add(space.Ranges[item.Range], after);
        space.Late.Wait();
        return Outcome.Done;
    }

    /// <summary>Walks over what the op and the mirror share (PFT-006, PFT-007).</summary>
    private Outcome Add(in Vma v, in BindRequest request)
    {
        Pagemap? target = TargetOf(v, request.Given.PrefetchMemRegionInstance);
        bool isReadOnly = (v.Flags & VmaFlags.ReadOnly) != 0;
        ulong end = Math.Min(request.End, v.End);
        for (ulong at = Math.Max(request.Start, v.Start); at < end;)
        {
            var wanted = new RangeRequest(at, v.Start, v.End, isReadOnly, PresenceLimit: 0, space.Device.Owner, space.HasDeviceMemory);
            Errno error = RangeLookup.FindOrInsert(space, wanted, out int range);
            if (error == Errno.ENOENT)
            {
                if (!space.TryFindMapping(at, end, out at))
                    break;
                continue;
            }

            if (error == Errno.EAGAIN)
                return Outcome.Again;
            if (error != Errno.Ok)
                return space.Vm.Call.Refuse(Refusals.PrefetchFails(error, at));
            ref SvmRange r = ref space.Ranges[range];
            at = r.End;
            bool isThere = r.ValidTiles == space.Vm.Facts.TileMask && r.Pagemap == (target?.Number ?? 0);
            space.Trace(range, isThere ? "PREFETCH - RANGE IS VALID" : "PREFETCH - RANGE CREATED");
            if (!isThere)
                _items.Add(new Item(range, target, isReadOnly));
        }

        return Outcome.Done;
    }

    private void Tell(SvmTracer tracer)
    {
        foreach (int range in _ranges)
            tracer.Bound(space.Ranges[range], space.Vm.Facts.TileMask, space.Vm.Space.Vmas[space.Vm.Space.Find(space.Ranges[range].Start)]);
    }

    /// <summary>PFT-005.</summary>
    private Pagemap? TargetOf(in Vma v, uint region) =>
        region == unchecked((uint)XeConstants.ConsultMemAdvisePrefLoc) ? space.TargetOf(v.Attributes, tile: 0)
        : region == 0 ? null
        : space.Device.Pagemaps[(int)region - 1];

    /// <summary>Moves and collects (PFT-010, PFT-011).</summary>
    private Outcome Populate(out bool isReady)
    {
        isReady = false;
        foreach (Item item in _items)
        {
            if (item.Target is null && space.Ranges[item.Range].Has(SvmRangeFlags.HasDevicePages))
                RangeMigration.Evict(space, item.Range);
            if (space.NeedsMigration(item.Range, item.Target))
            {
                space.Trace(item.Range, "ALLOCATE VRAM");
                Outcome outcome = RangeMigration.IntoDevice(space, item.Range, item.Target!, timeslice: 0, out Errno failure);
                if (outcome != Outcome.Done || failure != Errno.Ok)
                    return outcome;
                space.Trace(item.Range, "PREFETCH - RANGE MIGRATED TO VRAM");
            }

            var demand = new PageDemand(item.Target is null ? null : space.Device.Owner, item.IsReadOnly);
            RangePages.ForgetReadOnly(space, item.Range, item.IsReadOnly);
            Errno error = space.CollectPages(item.Range, demand);
            if (error is Errno.EOPNOTSUPP or Errno.EFAULT or Errno.EPERM)
                return Outcome.Done;
            if (error == Errno.EAGAIN)
                return Outcome.Again;
            if (error != Errno.Ok)
                return space.Vm.Call.Refuse(Refusals.PrefetchFails(error, space.Ranges[item.Range].Start));
            space.Trace(item.Range, "PREFETCH - RANGE GET PAGES DONE");
        }

        isReady = true;
        return Outcome.Done;
    }
}
