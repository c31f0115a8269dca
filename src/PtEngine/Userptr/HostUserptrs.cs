using System.Runtime.InteropServices;
using XePt.Calls;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Host;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Svm;
using XePt.Uapi;

namespace XePt.Userptr;

/// <summary>
/// The userptrs of one VM in the address space of a process (specification 04 chapter 12): their pages are collected, not pinned
/// (UPTR-005), and each one is told before they change.
/// </summary>
/// <remarks>
/// Concurrency: pages are collected inside the VM. A change of another thread is carried out inside the VM, too, by whoever is there: its
/// callback puts it on a list and enters the VM, if it can, to do what is on the list; a thread that is inside and waits for a change to
/// end, or for another VM, does what is on the list of its own. So nobody waits for a thread that waits for him. Only then the callback
/// waits for what is in flight, inside no VM. See <c>docs/concurrency/userptr.md</c>.
/// </remarks>
/// <param name="vm">The VM.</param>
/// <param name="space">The address space.</param>
/// <param name="owner">Whose device pages are mapped as they are; null takes none (UPTR-008).</param>
/// <param name="neighbours">All VMs that a thread may be inside of when it changes memory of the process.</param>
/// <param name="wait">Waits for a fence, inside no VM.</param>
internal sealed class HostUserptrs(
    VmContext vm, ICpuAddressSpace space, object? owner, SharedList<VmContext> neighbours, Action<Fence> wait) : UserptrProcess
{
    private readonly CpuPageList _pages = new();
    private readonly List<Segment> _segments = [];
    private readonly Stack<UserptrNotifier> _spare = [];
    private readonly List<UserptrNotifier> _leaving = [];
    private readonly List<PendingChange> _pending = [];
    private SpinGate _gate;

    /// <summary>A change that a callback waits for.</summary>
    private sealed class PendingChange(UserptrHit userptr, bool canWait)
    {
        public UserptrHit Userptr { get; } = userptr;

        /// <summary>Its thread is inside no VM and waits until the old pages cannot be reached.</summary>
        public bool CanWait { get; } = canWait;

        /// <summary>Signals when the GPU cannot reach the old pages any more; set before <see cref="IsDone"/>.</summary>
        public Fence Gone { get; set; } = Fence.Signalled;

        public volatile bool IsDone;
    }

    /// <summary>Frames that its pages are in.</summary>
    public IFrameMemory Frames => space.Frames;

    /// <inheritdoc/>
    public override Errno Watch(UserptrHit userptr, ulong start, ulong end, out UserptrNotifier? notifier)
    {
        notifier = null;
        UnsubscribeLeaving();
        // Nothing is mapped where addresses end.
        if (end <= start || !space.TryEnter())
            return Errno.EFAULT;
        _gate.Enter();
        bool isSpare = _spare.TryPop(out notifier);
        _gate.Exit();
        if (!isSpare)
            notifier = new UserptrNotifier(this);
        notifier!.Userptr = userptr;
        Errno error = space.Subscribe(notifier, new AddressRange(start, end));
        space.Leave();
        if (error != Errno.Ok)
            notifier = null;
        return error;
    }

    /// <inheritdoc/>
    public override void Unwatch(UserptrNotifier notifier)
    {
        _gate.Enter();
        _leaving.Add(notifier);
        _gate.Exit();
        UnsubscribeLeaving();
    }

    /// <inheritdoc/>
    public override Errno Collect(UserptrNotifier notifier, in Vma v, ref ulong state, out int pages, out int pagemap)
    {
        (pages, pagemap) = (0, 0);
        if (!space.TryEnter())
            return Errno.EFAULT;
        try
        {
            var looks = default(PageLooks);
            Errno error;
            do
            {
                state = vm.Userptrs.Read(v.Userptr);
                error = TryCollect(notifier, v, ref looks, out pages, out pagemap);
            }
            while (looks.TryGoOn(ref error));
            return error;
        }
        finally
        {
            space.Leave();
        }
    }

    /// <inheritdoc/>
    public override bool IsHeldUp(in Vma v, out Fence ended) =>
        PendingMigrations.TryFind(space, AddressRange.OfSize(v.Offset, v.Size), out ended);

    /// <inheritdoc/>
    public override bool Invalidate(UserptrNotifier notifier, in CpuChange change)
    {
        if (!change.MayBlock)
            return false;
        if (vm.Userptrs.Invalidate(notifier.Userptr, lists: !vm.Facts.IsFaultMode))
            CarryOut(notifier.Userptr);
        UnsubscribeLeaving();
        return true;
    }

    /// <inheritdoc/>
    public override void CarryOutChanges() => RunPending(isInCall: true);

    /// <inheritdoc/>
    public override void CarryOutBetweenCalls()
    {
        if (!HasPending())
            return;
        var changes = new PendingChanges(this);
        VmEntry.RunInside(vm, ref changes);
    }

    private void CarryOut(UserptrHit userptr)
    {
        var pending = new PendingChange(userptr, canWait: !WriterGate.IsAnyHeldHere);
        _gate.Enter();
        _pending.Add(pending);
        _gate.Exit();
        var spin = default(SpinWait);
        while (!pending.IsDone)
        {
            if (vm.Writer.IsHeldHere)
                RunPending(isInCall: true);
            else if (vm.Writer.TryEnter())
                RunInCall();
            else
                HelpOthers(ref spin);
        }

        if (pending.CanWait)
            wait(pending.Gone);
    }

    /// <summary>Does what callbacks wait for. Inside the VM, in the middle of a call in which nothing is staged yet, or in one of its
    /// own.</summary>
    public void RunPending(bool isInCall)
    {
        for (PendingChange? change = TakePending(); change is not null; change = TakePending())
        {
            change.Gone = Release(change, isInCall || !change.CanWait);
            change.IsDone = true;
        }
    }

    /// <summary>Whatever throws, who waits for the change goes on.</summary>
    private Fence Release(PendingChange change, bool isNow)
    {
        try
        {
            return isNow ? UserptrInvalidation.ReleaseNow(vm, change.Userptr) : UserptrInvalidation.Release(vm, change.Userptr);
        }
        catch (Exception thrown)
        {
            vm.Watch.Fail(thrown);
            ThreadJobs.Own.Note(thrown);
            return vm.FenceOfAll();
        }
    }

    /// <summary>One look; -EAGAIN when the pages have changed meanwhile, or somebody has locked them.</summary>
    private Errno TryCollect(UserptrNotifier notifier, in Vma v, ref PageLooks looks, out int pages, out int pagemap)
    {
        (pages, pagemap) = (0, 0);
        if (!space.TryReadBegin(notifier, out ulong sequence))
        {
            RunPending(isInCall: true);
            return looks.MeetChange();
        }

        bool isReadOnly = (v.Flags & VmaFlags.ReadOnly) != 0;
        Errno error = space.FaultIn(new AddressRange(v.Offset, v.Offset + v.Size), !isReadOnly, owner, _pages);
        // Whoever changes pages from here on calls back, and the mark is newer than what was read before.
        if (space.ReadRetry(notifier, sequence))
            return looks.MeetOutdated(error);
        if (error != Errno.Ok)
            return error == Errno.EBUSY ? looks.MeetLock() : error;
        error = PageMix.Check(_pages.Runs, new PageDemand(owner, isReadOnly, MayMix: true), out pagemap);
        if (error != Errno.Ok)
            return error;
        return TryKeep(v, out pages) ? Errno.Ok : Errno.ENOMEM;
    }

    private bool TryKeep(in Vma v, out int pages)
    {
        pages = 0;
        _segments.Clear();
        ulong next = ulong.MaxValue;
        foreach (ref readonly CpuPageRun run in _pages.Runs)
        {
            (ulong address, SegmentKind kind) = run.Block is SvmBlock block
                ? (block.Address + ((ulong)run.FirstPage << 12), SegmentKind.Vram) : (run.Frame, SegmentKind.System);
            if (address != next || _segments[^1].Kind != kind)
                _segments.Add(new Segment(run.Address - v.Offset, address, kind));
            next = address + ((ulong)run.Pages << 12);
        }

        if (Backing.TryCreate(CollectionsMarshal.AsSpan(_segments), v.Size) is not { } backing)
            return false;
        pages = vm.Cpu.Adopt(v.Offset, backing);
        return true;
    }

    private void RunInCall()
    {
        try
        {
            CarryOutBetweenCalls();
        }
        finally
        {
            vm.Writer.Exit();
        }
    }

    private readonly struct PendingChanges(HostUserptrs userptrs) : IVmOperation
    {
        public bool BeginsCall(VmContext vm) => true;

        public Outcome Run(VmContext vm)
        {
            userptrs.RunPending(isInCall: false);
            return Outcome.Done;
        }
    }

    /// <summary>Another thread is inside the VM. It may wait for the one that this thread is inside of.</summary>
    private void HelpOthers(ref SpinWait spin)
    {
        if (WriterGate.IsAnyHeldHere)
        {
            foreach (VmContext other in neighbours.Items)
            {
                if (other.Writer.IsHeldHere && other.Vmas.Process is HostUserptrs own)
                    own.RunPending(isInCall: true);
            }
        }

        spin.SpinOnce();
    }

    private bool HasPending()
    {
        _gate.Enter();
        bool hasPending = _pending.Count > 0;
        _gate.Exit();
        return hasPending;
    }

    private PendingChange? TakePending()
    {
        PendingChange? taken = null;
        _gate.Enter();
        if (_pending.Count > 0)
        {
            taken = _pending[0];
            _pending.RemoveAt(0);
        }

        _gate.Exit();
        return taken;
    }

    /// <summary>Unsubscribes who has to go. A notifier whose callback runs on another thread is left to that, which may wait for this
    /// one.</summary>
    private void UnsubscribeLeaving()
    {
        _gate.Enter();
        for (int i = _leaving.Count - 1; i >= 0; i--)
        {
            if (!space.TryUnsubscribe(_leaving[i]))
                continue;
            _spare.Push(_leaving[i]);
            _leaving.RemoveAt(i);
        }

        _gate.Exit();
    }
}
