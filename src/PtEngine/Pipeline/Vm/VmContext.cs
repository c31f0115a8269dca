using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Commit;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Stage;
using XePt.Tlb;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Pipeline;

/// <summary>
/// Everything one VM owns on the writer side and keeps from call to call: the VMA map, the tables per tile, what is in flight. What belongs
/// to one call is in <see cref="Call"/>. Walkers on other threads read table bytes only, jobs on other threads only what they were given.
/// </summary>
internal sealed class VmContext : IDisposable
{
    private readonly ClosedVms _closed;

    // Of its whole life, or for the rest of it.
    private bool _isPeculiar;

    public VmContext(VmFacts facts, XeProfile profile, PteEncoding encoding, LaterList later, TileTables[] tables, DeviceMemory memory,
        CpuAddressSpace cpu, FailureInjector injector, DeviceWatch watch, AllocationGate gate, VmHost host)
    {
        (Facts, Encoding, Memory, Cpu, Gate, Later, Watch) = (facts, encoding, memory, cpu, gate, later, watch);
        _closed = host.Closed;
        Writer = later.Gate;
        Space = new GpuvaSpace(0, facts.Platform.VmSize, gate);
        Ranges = new SvmRangeMap(gate);
        UserFences = new UserFenceTable(gate);
        Tables = tables;
        Tlb = host.Tlb;
        Jobs = new VmJobs(host.Tlb, tables, Later, host.Scheduler, gate, host.Report);
        Userptrs = new UserptrTable(Jobs.Submissions);
        Vmas = new VmaFactory(Space, memory.Bos, cpu, Userptrs, UserFences, Later, facts);
        Call = new BindCall(Jobs, memory.Bos, UserFences, injector, watch, gate);
        Gpuva = new GpuvaVm(Space, Vmas, Ranges, facts, profile, Call);
        Leaves = new LeafAttributes(facts, encoding);
        Stager = new PtStager(facts, encoding, Space, Call)
        {
            Warns = () => Counters.Warnings++,
            Reclaim = facts.Platform.HasPageReclaim ? new PageReclaim(facts.Platform, Jobs.RangeFences, host.Statistics) : null,
        };
        UserFenceJobs = new UserFenceJobs(
            UserFences, Jobs.Legs, Later, host.Scheduler, host.Memory, fence => Jobs.Report(FenceEventKind.UserFence, 0, fence));
        BoFences = host.BoFences;
        Residency = host.Residency;
        _isPeculiar = tables.Length > 1;
    }

    public VmFacts Facts { get; }

    /// <summary>Who watches the device.</summary>
    public DeviceWatch Watch { get; }

    /// <summary>What clients and sinks know the VM by.</summary>
    public object? Face { get; set; }

    public PteEncoding Encoding { get; }

    public DeviceMemory Memory { get; }

    public CpuAddressSpace Cpu { get; }

    /// <summary>How the VM flushes TLBs.</summary>
    public TlbFlush Tlb { get; }

    public AllocationGate Gate { get; }

    public GpuvaSpace Space { get; }

    public SvmRangeMap Ranges { get; }

    public VmaFactory Vmas { get; }

    /// <summary>What ops on the VMA map need.</summary>
    public GpuvaVm Gpuva { get; }

    public PtStager Stager { get; }

    /// <summary>How leaves of VMAs look.</summary>
    public LeafAttributes Leaves { get; }

    public UserFenceTable UserFences { get; }

    /// <summary>The running call, and after it what became of it.</summary>
    public BindCall Call { get; }

    /// <summary>The page tables of each tile.</summary>
    public TileTables[] Tables { get; }

    /// <summary>What is in flight.</summary>
    public VmJobs Jobs { get; }

    /// <summary>What the VM has put off.</summary>
    public LaterList Later { get; }

    /// <summary>User fences that wait for their binds.</summary>
    public UserFenceJobs UserFenceJobs { get; }

    /// <summary>Reservations of the device's external BOs.</summary>
    public BoReservations BoFences { get; }

    /// <summary>Gives BOs memory.</summary>
    public Residency Residency { get; }

    /// <summary>BOs that moved and are to be rebound before anything runs; always empty in fault mode.</summary>
    public EvictedBos Evicted { get; } = new();

    /// <summary>The userptrs, among them those to be repinned before anything runs; none of those in fault mode.</summary>
    public UserptrTable Userptrs { get; }

    /// <summary>There is nothing but map and tables that a bind would have to be asked about (<see cref="ICallShape.IsPlain"/>).</summary>
    public bool IsPlain
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => !_isPeculiar && Userptrs.Count == 0 && Evicted.Count == 0;
    }

    /// <summary>Nothing has to be repinned or rebound before something runs.</summary>
    public bool IsUpToDate => Evicted.Count == 0 && !Userptrs.HasListed;

    /// <summary>Nothing has to be waited for either: what was repaired is written, and what was to be repaired and has been unmapped
    /// instead is gone. The entries of the VM lead to memory of its own, so something may run.</summary>
    public bool MayRun => IsUpToDate && Jobs.Reservation.IsIdle(FenceUsage.Kernel);

    /// <summary>The entries of a VMA may lead to memory that is not its own any more: its BO has moved or its CPU pages have
    /// changed.</summary>
    public bool AwaitsRepair(int vma)
    {
        if (IsUpToDate || vma == 0)
            return false;
        ref Vma v = ref Space.Vmas[vma];
        return v.HasBo ? Evicted.Contains(Memory.Bos[v.Bo]) : v.Userptr != 0 && Userptrs.IsListed(v.Userptr);
    }

    /// <summary>Does what changes of a process's memory wait for, inside the VM, while its thread is in no call and waits for another
    /// VM.</summary>
    public void CarryOutChanges() => Vmas.Process?.CarryOutBetweenCalls();

    /// <summary>The mirrors of a fault-mode VM, or null.</summary>
    public Mirroring? Mirrors
    {
        get;
        set => (field, _isPeculiar) = (value, true);
    }

    /// <summary>The VM's preempt fences, or null in the other modes.</summary>
    public Preemption? Preemption
    {
        get;
        set => (field, _isPeculiar) = (value, true);
    }

    /// <summary>Stamp of the last job: the VM's private BOs were used then (<see cref="DeviceMemory.Tick"/>).</summary>
    public long LastExec { get; set; }

    /// <summary>One request or page-table operation at a time (BIND-270). Held from the look-up to the end of the call. Of the client's
    /// code only table visitors, client memory and the fence log run inside (<c>docs/concurrency/evict.md</c>).</summary>
    public WriterGate Writer { get; }

    /// <summary>Nothing is in flight: bytes and plan agree.</summary>
    public bool IsIdle => Jobs.Reservation.IsQuiet;

    /// <summary>The VM's flush counter, advanced by rebinds of a non-LR VM (PT-176).</summary>
    public ulong FlushSeqno;

    /// <summary>What argument checks know about the VM.</summary>
    public BindCheckContext Checks;

    /// <summary>Counters that only grow.</summary>
    public VmCounters Counters;

    /// <summary>The engine queues of the VM, oldest first. Any thread walks the list, the writer side changes it.</summary>
    public SharedList<IPreemptibleQueue> Queues { get; } = new();

    /// <summary>Every later bind is refused (BIND-014).</summary>
    public bool IsBanned
    {
        get;
        set => (field, _isPeculiar) = (value, true);
    }

    /// <summary>VM_DESTROY was called (BIND-011).</summary>
    public bool IsClosed
    {
        get;
        set => (field, _isPeculiar) = (value, true);
    }

    /// <summary>Does first what the worker of the garbage collector was to do: binds and advice wait for it before they look at the map
    /// (SVM-160). The call goes on as if it had just begun.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void CollectGarbage()
    {
        if (IsClosed || Mirrors is not { HasGarbage: true })
            return;
        Mirrors.CollectGarbage();
        Call.BeginSubmission();
    }

    /// <summary>Pins the pages of a userptr as they are now; those it had are let go of when nothing can reach them through it any
    /// more.</summary>
    /// <returns>Ok; -EFAULT when part of the CPU range is not mapped any more (UPTR-034), -ENOMEM when the host has no memory, and what
    /// else a process says (<see cref="UserptrProcess.Collect"/>); then nothing has changed.</returns>
    public Errno Repin(in Vma v)
    {
        Errno error = Vmas.Repin(v, out UserptrPages old);
        if (error != Errno.Ok)
            return error;
        if (old.Slot != 0)
            Vmas.Deferred.AddPages(FenceOfAll(), old.Slot);
        Counters.UserptrRepins++;
        return Errno.Ok;
    }

    /// <summary>Signals when everything that is in flight now is complete, GPU jobs included.</summary>
    public Fence FenceOfAll()
    {
        FenceSet pending = Jobs.Waits;
        pending.Clear();
        Jobs.Reservation.Collect(FenceUsage.Bookkeep, pending);
        return Jobs.Composites.Of(pending);
    }

    /// <summary>The slot of a VMA's BO if its reservation is not the VM's own, else 0.</summary>
    public int ExternalBoOf(int vma)
    {
        int bo = vma == 0 ? 0 : Space.Vmas[vma].Bo;
        return bo == 0 || ReferenceEquals(Memory.Bos[bo].PrivateTo, this) ? 0 : bo;
    }

    /// <summary>The VMA that an operation on an address is about, or 0; a banned VM has none (BIND-015).</summary>
    public int FindVma(ulong va) => IsBanned ? 0 : Space.Find(va);

    /// <summary>Enters the VM for something that is no call (<see cref="VmEntry"/>) and leaves the last one as it is.</summary>
    public WriterScope Enter()
    {
        Writer.Enter();
        return new WriterScope(this);
    }

    /// <summary>Enters the VM to look at it. A thread that is inside already, as a table visitor is, looks from where it is.</summary>
    public LookScope Look()
    {
        bool isInside = Writer.IsHeldHere;
        if (!isInside)
            Writer.Enter();
        return new LookScope(isInside ? null : this);
    }

    /// <summary>The VM can do no more; its preempt-fence queues end (BIND-014, BIND-015).</summary>
    public void Ban()
    {
        if (IsBanned)
            return;
        IsBanned = true;
        if (Watch.IsTraced)
            VmEvents.Kill(this);
        Preemption?.Kill(Errno.ECANCELED);
    }

    /// <summary>Clears the roots, flushes the TLBs, drops all VMAs and frees all tables (BIND-011, PT-183, PT-196), those that walkers are
    /// still in when they have left.</summary>
    public void Close()
    {
        Later.End();
        foreach (TileTables tile in Tables)
            tile.Detach();
        Jobs.GiveUp();
        foreach (TileTables tile in Tables)
            tile.ClearRoot();
        // Before any memory is let go of.
        bool isTraced = Watch.IsDetailed;
        if (isTraced)
            FlushEvents.Start(this, Facts.TileMask, 0, Facts.Platform.VmSize);
        var left = new ClosedTables(_closed, Tlb.OfClose());
        if (isTraced)
            FlushEvents.Stop(this, Facts.TileMask, 0, Facts.Platform.VmSize);
        // Until here changes of the CPU's pages take entries away as ever.
        Mirrors?.Close();
        UserFenceJobs.CancelAll();
        Vmas.Deferred.End();
        Mirrors?.End();
        for (int vma = Space.NextFrom(0); vma != 0; vma = Space.NextFrom(0))
        {
            Space.Remove(vma);
            Vmas.Destroy(vma, after: Fence.Signalled);
        }

        foreach (TileTables tile in Tables)
            tile.Close(left);
        if (left.Count > 0)
            _closed.Add(left);
    }

    /// <summary>The time between entering and leaving a VM.</summary>
    internal readonly ref struct WriterScope(VmContext vm)
    {
        public void Dispose() => vm.Writer.Exit();
    }

    /// <summary>The time of a look; empty for a thread that stays inside.</summary>
    internal readonly ref struct LookScope(VmContext? vm)
    {
        public void Dispose() => vm?.Writer.Exit();
    }

    public void Dispose()
    {
        Jobs.Dispose();
        Call.Dispose();
        UserFences.Dispose();
        Ranges.Dispose();
        Space.Dispose();
    }
}
