using XePt.Calls;
using XePt.Evict;
using XePt.Faults;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Stage;
using XePt.Svm;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// Page-table operations that are not ioctls.
public sealed partial class XeVm
{
    /// <summary>A page fault at an address, as a page-table operation: binds the VMA there unless its mapping is valid.</summary>
    /// <returns>Ok; -EINVAL for a VM that is not in fault mode (FLT-031), without VMA and in a banned VM; -EOPNOTSUPP in a mirror; or what
    /// binding failed with, with nothing changed.</returns>
    public Errno Fault(ulong va) => Fault(va, out _);

    /// <summary>A page fault, with the fence of the bind that answers it: pending while the bind waits for others of the VM
    /// (BIND-243).</summary>
    public Errno Fault(ulong va, out Fence done)
    {
        var operation = new FaultOperation(this, va);
        CallAnswer answer = Ask(ref operation);
        done = answer.Done;
        return answer.Errno;
    }

    /// <summary>
    /// Pins the invalidated userptrs anew, validates the BOs that have moved, and rebinds the VMAs of both, as the next EXEC or the rebind
    /// worker would (BIND-264, BIND-265, BIND-268); nothing in fault mode. A userptr whose memory is gone loses its entries and stays so.
    /// </summary>
    /// <returns>Ok; -ENOENT when the VM is gone; -ENOMEM or what binding failed with: all of them are still to be rebound then, and EXEC
    /// would fail the same way.</returns>
    public Errno RebindEvicted()
    {
        var operation = new RebindOperation(this, new Revalidation(File.Device.Residency));
        return Ask(ref operation).Errno;
    }

    /// <summary>Invalidates the VMA that contains an address: entries are zeroed in place (BIND-267).</summary>
    /// <returns>Ok; -ENOENT when no VMA is there, it is a null or mirror one, or the VM is banned; -EBUSY while binds of the VM are in
    /// flight (CON-004).</returns>
    public Errno Zap(ulong va)
    {
        var operation = new ZapOperation(this, va);
        return Ask(ref operation).Errno;
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
        var operation = new BindRangeOperation(this, range, pages);
        return Ask(ref operation).Errno;
    }

    /// <summary>Unbinds an SVM range made by <see cref="BindRange"/>; nothing when there is none.</summary>
    /// <exception cref="ArgumentException">The interval is not made of pages.</exception>
    public Errno UnbindRange(AddressRange range)
    {
        ThrowIfNotPages(range);
        var operation = new UnbindRangeOperation(this, range);
        return Ask(ref operation).Errno;
    }

    /// <summary>Zeroes the entries of an SVM range in place.</summary>
    /// <returns>True when entries were zeroed, so that the TLB was flushed. False as well, with <see cref="LastRejection"/> set, while
    /// binds of the VM are in flight (CON-004).</returns>
    /// <exception cref="ArgumentException">The interval is not made of pages.</exception>
    public bool ZapRange(AddressRange range)
    {
        ThrowIfNotPages(range);
        var operation = new ZapRangeOperation(this, range);
        return Ask(ref operation).Outcome == Outcome.Done;
    }

    /// <summary>The garbage collector of the VM's mirrors runs, as before a fault. That VMAs were replaced concerns only who has looked at
    /// them before (SVM-176).</summary>
    internal Errno CollectGarbage()
    {
        var operation = default(CollectOperation);
        VmEntry.Run(File.Device.Residency.Vms, Context, ref operation);
        return operation.Errno;
    }

    private static void ThrowIfNotPages(AddressRange range)
    {
        if (((range.Start | range.End) & (PageSizes.Size4K - 1)) != 0 || range.IsEmpty)
            throw new ArgumentException($"{range} is not an interval of pages", nameof(range));
    }

    private CallAnswer Ask<TOperation>(ref TOperation operation)
        where TOperation : struct, IVmOperation => VmEntry.Ask(File.Device.Residency.Vms, Context, ref operation);

    private Outcome Closed() => Context.Call.Refuse(Refusals.VmIsClosed(Id));

    private readonly struct FaultOperation(XeVm vm, ulong va) : IVmOperation
    {
        public bool BeginsCall(VmContext context) => true;

        public Outcome Run(VmContext context) =>
            !context.Facts.IsFaultMode ? context.Call.Refuse(Refusals.FaultWithoutFaultMode(vm.Id))
            : context.IsClosed ? vm.Closed()
            : VmaFault.Resolve(context, va);
    }

    private readonly struct RebindOperation(XeVm vm, Revalidation revalidation) : IVmOperation
    {
        public bool BeginsCall(VmContext context) => context.IsClosed || revalidation.BeginsCall(context);

        public Outcome Run(VmContext context) => context.IsClosed ? vm.Closed() : revalidation.Run(context);
    }

    private readonly struct ZapOperation(XeVm vm, ulong va) : IVmOperation
    {
        public bool BeginsCall(VmContext context) => true;

        public Outcome Run(VmContext context)
        {
            if (context.IsClosed)
                return vm.Closed();
            int vma = context.FindVma(va);
            if (vma == 0 || context.Space.Vmas[vma].IsNull || context.Space.Vmas[vma].IsMirror)
                return context.Call.Refuse(Refusals.NothingToZap(va));
            if (!context.IsIdle)
                return context.Call.Refuse(Refusals.ZapWhileBusy(va));
            VmaInvalidate.Run(context, vma);
            return Outcome.Done;
        }
    }

    private readonly struct BindRangeOperation(XeVm vm, AddressRange range, Backing? pages) : IVmOperation
    {
        public bool BeginsCall(VmContext context) => true;

        public Outcome Run(VmContext context) =>
            context.IsClosed ? vm.Closed()
            : pages is null ? context.Call.Refuse(Refusals.VmBindNoPageTables(range.Start))
            : RangeOps.Bind(context, range.Start, range.End, pages);
    }

    private readonly struct UnbindRangeOperation(XeVm vm, AddressRange range) : IVmOperation
    {
        public bool BeginsCall(VmContext context) => true;

        public Outcome Run(VmContext context) =>
            context.IsClosed ? vm.Closed() : RangeOps.Unbind(context, range.Start, range.End);
    }

    private readonly struct ZapRangeOperation(XeVm vm, AddressRange range) : IVmOperation
    {
        public bool BeginsCall(VmContext context) => true;

        public Outcome Run(VmContext context)
        {
            if (context.IsClosed)
                return vm.Closed();
            if (!context.IsIdle)
                return context.Call.Refuse(Refusals.ZapWhileBusy(range.Start));
            return RangeOps.Zap(context, range.Start, range.End) ? Outcome.Done : Outcome.NothingToSubmit;
        }
    }

    private struct CollectOperation : IVmOperation
    {
        public Errno Errno { get; private set; }

        public readonly bool BeginsCall(VmContext context) => true;

        public Outcome Run(VmContext context)
        {
            Errno errno = context.Mirrors is MirrorSpace space ? space.Garbage.Run() : Errno.Ok;
            Errno = errno == Errno.EAGAIN ? Errno.Ok : errno;
            return Outcome.Done;
        }
    }
}
