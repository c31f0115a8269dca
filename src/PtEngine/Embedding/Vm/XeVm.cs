using XePt.Calls;
using XePt.Evict;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Stage;
using XePt.Svm;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

/// <summary>One VM of a client: its VMA list and page tables, and the page-table operations that are not ioctls.</summary>
/// <remarks>Operations that change the VM may be called from any thread; they enter one after the other (BIND-270). Readers (translate,
/// walk) run on any thread and take no lock. What shows the VMA list, all tables or the last request enters the VM for that time: it waits
/// for the call that runs, sees all of it or nothing (BIND-271), and may be called from code that runs inside this VM
/// (<see cref="VisitTables"/>); anything else called there throws <see cref="InvalidOperationException"/>.</remarks>
public sealed partial class XeVm
{
    internal XeVm(XeFile file, uint id, VmContext context)
    {
        (File, Id, Context) = (file, id, context);
        context.Face = this;
    }

    /// <summary>The client.</summary>
    public XeFile File { get; }

    /// <summary>Id inside the file, from 1.</summary>
    public uint Id { get; }

    /// <summary>The mode the VM was created in.</summary>
    public VmMode Mode => Context.Facts.Mode;

    /// <summary>Unmapped addresses read zero instead of faulting (BIND-019).</summary>
    public bool HasScratch => Context.Facts.HasScratch;

    /// <summary>Bytes of address space: valid addresses are <c>[0, Size)</c> (BIND-002).</summary>
    public ulong Size => Context.Facts.Platform.VmSize;

    /// <summary>VMAs in the list.</summary>
    public int VmaCount
    {
        get
        {
            using VmContext.LookScope look = Context.Look();
            return Context.Space.Count;
        }
    }

    /// <summary>What the VM has done so far.</summary>
    public VmCounters Counters
    {
        get
        {
            using VmContext.LookScope look = Context.Look();
            return Context.Counters with
            {
                TablesRetired = Context.Tables.Sum(tile => tile.Retired.RetiredCount),
                TablesFreed = Context.Tables.Sum(tile => tile.Retired.FreedCount),
            };
        }
    }

    /// <summary>Advanced by each rebind of a VM that is not long-running: the next batch must flush (PT-176).</summary>
    internal ulong TlbFlushSeqno => Volatile.Read(ref Context.FlushSeqno);

    /// <summary>Signals when the last request or operation on this VM, by whichever thread, is complete: entries written, TLBs
    /// flushed.</summary>
    public Fence LastFence
    {
        get
        {
            using VmContext.LookScope look = Context.Look();
            return Context.Call.Done;
        }
    }

    /// <summary>Nothing of the VM is in flight: what the tables hold is what the VMA list says.</summary>
    public bool IsIdle => Context.IsIdle;

    /// <summary>Why the last operation on this VM was refused; meaningful after a failure only.</summary>
    public Rejection LastRejection
    {
        get
        {
            using VmContext.LookScope look = Context.Look();
            return Context.Call.Why;
        }
    }

    internal VmContext Context { get; }

    /// <summary>For example <c>vm 1 (DmaFence)</c>.</summary>
    public override string ToString() => $"vm {Id} ({Mode})";

    /// <summary>Device address of the root table of a tile: where a walker starts. Once the VM is closed, that of a page without
    /// entries.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The device has no such tile; so with every member that takes one.</exception>
    public ulong RootAddress(int tile = 0) => TablesOf(tile).RootAddress;

    /// <summary>Root descriptor of a tile, as the context image holds it (PT-029).</summary>
    public ulong RootDescriptor(int tile = 0) => RootAddress(tile) | Context.Encoding.Pde;

    /// <summary>A page fault at an address, as a page-table operation: binds the VMA there unless its mapping is valid.</summary>
    /// <returns>Ok; -EINVAL for a VM that is not in fault mode (FLT-031), without VMA and in a banned VM; -EOPNOTSUPP in a mirror; or what
    /// binding failed with, with nothing changed.</returns>
    public Errno Fault(ulong va) => Fault(va, out _);

    /// <summary>A page fault, with the fence of the bind that answers it: pending while the bind waits for others of the VM
    /// (BIND-243).</summary>
    public Errno Fault(ulong va, out Fence done)
    {
        var operation = new FaultOperation(this, va);
        VmEntry.Run(File.Device.Residency.Vms, Context, ref operation);
        done = operation.Done;
        return operation.Why.Errno;
    }

    /// <summary>BOs that have moved since they were bound, by their numbers, in the order they moved: their entries still show the old
    /// place. Empty in fault mode, where moved BOs have no entries (BIND-263).</summary>
    public IReadOnlyList<int> EvictedBos
    {
        get
        {
            using VmContext.LookScope look = Context.Look();
            return [.. Context.Evicted.Items.Select(bo => bo.Slot)];
        }
    }

    /// <summary>First addresses of the userptrs whose CPU pages have changed and that are to be repinned before anything runs, in the order
    /// of the changes (UPTR-020). Empty in fault mode, where such userptrs have no entries.</summary>
    public IReadOnlyList<ulong> InvalidatedUserptrs
    {
        get
        {
            using VmContext.LookScope look = Context.Look();
            var vmas = new List<int>();
            Context.Userptrs.CollectInvalidated(vmas);
            return [.. vmas.Select(vma => Context.Space.Vmas[vma].Start)];
        }
    }

    /// <summary>
    /// Pins the invalidated userptrs anew, validates the BOs that have moved, and rebinds the VMAs of both, as the next EXEC or the rebind
    /// worker would (BIND-264, BIND-265, BIND-268); nothing in fault mode. A userptr whose memory is gone loses its entries and stays so.
    /// </summary>
    /// <returns>Ok; -ENOENT when the VM is gone; -ENOMEM or what binding failed with: all of them are still to be rebound then, and EXEC
    /// would fail the same way.</returns>
    public Errno RebindEvicted()
    {
        var operation = new RebindOperation(this);
        VmEntry.Run(File.Device.Residency.Vms, Context, ref operation);
        return operation.Why.Errno;
    }

    /// <summary>Invalidates the VMA that contains an address: entries are zeroed in place (BIND-267).</summary>
    /// <returns>Ok; -ENOENT when no VMA is there, it is a null or mirror one, or the VM is banned; -EBUSY while binds of the VM are in
    /// flight (CON-004).</returns>
    public Errno Zap(ulong va)
    {
        using VmContext.CallScope scope = Context.EnterCall();
        if (Context.IsClosed)
            return Refuse(Refusals.VmIsClosed(Id));
        int vma = Context.FindVma(va);
        if (vma == 0 || Context.Space.Vmas[vma].IsNull || Context.Space.Vmas[vma].IsMirror)
            return Refuse(Refusals.NothingToZap(va));
        if (!Context.IsIdle)
            return Refuse(Refusals.ZapWhileBusy(va));

        VmaInvalidate.Run(Context, vma);
        return Errno.Ok;
    }

    /// <summary>Binds a part of a mirror VMA to pages: an SVM range.</summary>
    /// <param name="range">Its addresses, 4 KiB aligned.</param>
    /// <param name="isVram">The pages are device memory; their addresses are final device addresses.</param>
    /// <param name="runs">Pages that add up to the interval; contiguous neighbours are joined.</param>
    /// <returns>Ok; -EINVAL when the interval is not inside one mirror VMA; -ENOMEM; or what binding failed with.</returns>
    /// <exception cref="ArgumentException">The interval is not made of pages, or the runs do not add up to it or exceed the DMA width of
    /// the platform; nothing has changed.</exception>
    public Errno BindRange(AddressRange range, bool isVram, params ReadOnlySpan<PhysicalRun> runs)
    {
        ThrowIfNotPages(range);
        if (RunCheck.OfRange(Context.Facts.Platform, isVram, runs) is { } fault)
            throw new ArgumentException(fault, nameof(runs));
        Segment[] segments = PhysicalRun.ToSegments(runs, isVram ? SegmentKind.Vram : SegmentKind.System, merge: true, out ulong size);
        if (size != range.Size)
            throw new ArgumentException($"the runs hold 0x{size:x} bytes, the range 0x{range.Size:x}", nameof(runs));
        using Backing? pages = Backing.TryCreate(segments, size);
        using VmContext.CallScope scope = Context.EnterCall();
        if (Context.IsClosed)
            return ErrnoOf(Closed());
        return pages is null
            ? Refuse(Refusals.VmBindNoPageTables(range.Start))
            : ErrnoOf(RangeOps.Bind(Context, range.Start, range.End, pages));
    }

    /// <summary>Unbinds an SVM range made by <see cref="BindRange"/>; nothing when there is none.</summary>
    /// <exception cref="ArgumentException">The interval is not made of pages.</exception>
    public Errno UnbindRange(AddressRange range)
    {
        ThrowIfNotPages(range);
        using VmContext.CallScope scope = Context.EnterCall();
        return ErrnoOf(Context.IsClosed ? Closed() : RangeOps.Unbind(Context, range.Start, range.End));
    }

    /// <summary>Zeroes the entries of an SVM range in place.</summary>
    /// <returns>True when entries were zeroed, so that the TLB was flushed. False as well, with <see cref="LastRejection"/> set, while
    /// binds of the VM are in flight (CON-004).</returns>
    /// <exception cref="ArgumentException">The interval is not made of pages.</exception>
    public bool ZapRange(AddressRange range)
    {
        ThrowIfNotPages(range);
        using VmContext.CallScope scope = Context.EnterCall();
        if (Context.IsClosed)
            return Closed() == Outcome.Done;
        if (!Context.IsIdle)
            return Context.Call.Refuse(Refusals.ZapWhileBusy(range.Start)) == Outcome.Done;
        return RangeOps.Zap(Context, range.Start, range.End);
    }

    private static void ThrowIfNotPages(AddressRange range)
    {
        if (((range.Start | range.End) & (PageSizes.Size4K - 1)) != 0 || range.IsEmpty)
            throw new ArgumentException($"{range} is not an interval of pages", nameof(range));
    }

    private TileTables TablesOf(int tile)
    {
        TileTables[] tables = Context.Tables;
        return (uint)tile < (uint)tables.Length ? tables[tile] : throw NoSuchTile(tile, tables.Length);
    }

    private static ArgumentOutOfRangeException NoSuchTile(int tile, int tiles) =>
        new(nameof(tile), tile, $"tiles of the device are 0 to {tiles - 1}");

    private Outcome Closed() => Context.Call.Refuse(Refusals.VmIsClosed(Id));

    private Errno Refuse(in Rejection why) => ErrnoOf(Context.Call.Refuse(why));

    private Errno ErrnoOf(Outcome outcome) => outcome == Outcome.Refused ? Context.Call.Why.Errno : Errno.Ok;

    /// <summary>A page fault as an operation on the VM.</summary>
    private struct FaultOperation(XeVm vm, ulong va) : IVmOperation
    {
        public Fence Done { get; private set; }

        public Rejection Why { get; private set; }

        public readonly bool BeginsCall(VmContext context) => true;

        public Outcome Run(VmContext context)
        {
            Outcome outcome = vm.Resolve(context, va);
            Why = outcome == Outcome.Refused ? context.Call.Why : default;
            Done = outcome == Outcome.Done ? context.Call.Done : Fence.Signalled;
            return outcome;
        }
    }

    /// <summary>Bringing the VM up to date, asked for by the embedder.</summary>
    private struct RebindOperation(XeVm vm) : IVmOperation
    {
        private Revalidation _revalidation = new(vm.File.Device.Residency);

        public Rejection Why { get; private set; }

        public readonly bool BeginsCall(VmContext context) => context.IsClosed || _revalidation.BeginsCall(context);

        public Outcome Run(VmContext context)
        {
            Outcome outcome = context.IsClosed ? vm.Closed() : _revalidation.Run(context);
            Why = context.IsClosed ? context.Call.Why : _revalidation.Why;
            return outcome;
        }
    }
}
