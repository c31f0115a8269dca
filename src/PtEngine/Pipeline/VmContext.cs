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
/// Everything one VM owns on the writer side: the VMA map, the tables per tile, the work lists of the request being run.
/// Walkers on other threads read table bytes only, jobs on other threads only what they were given.
/// </summary>
internal sealed class VmContext : IDisposable
{
    public VmContext(VmFacts facts, XeProfile profile, PteEncoding encoding, TileTables[] tables, DeviceMemory memory, CpuAddressSpace cpu,
        FaultInjector faults, AllocationGate gate, VmHost host)
    {
        (Facts, Encoding, Memory, Cpu, Faults, Gate) = (facts, encoding, memory, cpu, faults, gate);
        Space = new GpuvaSpace(0, facts.Platform.VmSize, gate);
        Ranges = new SvmRangeMap(gate);
        UserFences = new UserFenceTable(gate);
        Vmas = new VmaFactory(Space, memory.Bos, cpu, Userptrs, UserFences, facts);
        OpFactory = new GpuvaOpFactory(Space, facts, profile);
        Parser = new GpuvaOpParser(Space, Vmas, Ranges, facts, profile);
        Stager = new PtStager(facts, encoding, Space);
        Tables = tables;
        Requests = new UnmanagedList<BindRequest>(gate);
        Syncs = new UnmanagedList<SyncEntry>(gate);
        Ops = new UnmanagedList<GpuvaOp>(gate);
        Tlb = host.Tlb;
        Jobs = new VmJobs(host.Tlb, tables, host.Scheduler, gate, host.Report);
        UserFenceJobs = new UserFenceJobs(
            UserFences, Jobs.Legs, host.Scheduler, host.Memory, fence => Jobs.Report(FenceEventKind.UserFence, 0, fence));
        BoFences = host.BoFences;
        Residency = host.Residency;
        Queue = Jobs.DefaultQueue;
    }

    public VmFacts Facts { get; }

    public PteEncoding Encoding { get; }

    public DeviceMemory Memory { get; }

    public CpuAddressSpace Cpu { get; }

    /// <summary>How the VM flushes TLBs.</summary>
    public TlbFlush Tlb { get; }

    public FaultInjector Faults { get; }

    public AllocationGate Gate { get; }

    public GpuvaSpace Space { get; }

    public SvmRangeMap Ranges { get; }

    public VmaFactory Vmas { get; }

    public GpuvaOpFactory OpFactory { get; }

    public GpuvaOpParser Parser { get; }

    public PtStager Stager { get; }

    public UserFenceTable UserFences { get; }

    /// <summary>The bind ops of the running call, validated and resolved; each holds a reference of its BO.</summary>
    public UnmanagedList<BindRequest> Requests { get; }

    /// <summary>The GPUVA ops of the request, and after it of the last one, for diagnostics.</summary>
    public UnmanagedList<GpuvaOp> Ops { get; }

    /// <summary>The page tables of each tile.</summary>
    public TileTables[] Tables { get; }

    /// <summary>One update per tile.</summary>
    public TileUpdate[] Tiles => Jobs.Current;

    /// <summary>What is in flight.</summary>
    public VmJobs Jobs { get; }

    /// <summary>User fences that wait for their binds.</summary>
    public UserFenceJobs UserFenceJobs { get; }

    /// <summary>Reservations of the device's external BOs.</summary>
    public BoReservations BoFences { get; }

    /// <summary>Gives BOs memory.</summary>
    public Residency Residency { get; }

    /// <summary>BOs that moved and are to be rebound before anything runs; always empty in fault mode.</summary>
    public EvictedBos Evicted { get; } = new();

    /// <summary>The userptrs, among them those to be repinned before anything runs; none of those in fault mode.</summary>
    public UserptrTable Userptrs { get; } = new();

    /// <summary>Nothing has to be repinned or rebound before something runs.</summary>
    public bool IsUpToDate => Evicted.Count == 0 && !Userptrs.HasInvalidated;

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

    /// <summary>The VM's preempt fences, or null in the other modes.</summary>
    public Preemption? Preemption { get; set; }

    /// <summary>Stamp of the last job: the VM's private BOs were used then (<see cref="DeviceMemory.Tick"/>).</summary>
    public long LastExec { get; set; }

    /// <summary>One request or page-table operation at a time (BIND-270). Held from the look-up to the end of the call. Of the client's code only table visitors,
    /// client memory and the fence log run inside (<c>docs/concurrency/evict.md</c>).</summary>
    public WriterGate Writer { get; } = new();

    /// <summary>The bind queue of the request.</summary>
    public BindQueue Queue { get; set; }

    /// <summary>Pending fences that the request waits for.</summary>
    public FenceSet InFences { get; } = new();

    /// <summary>Pending table writes of the request; the parts of <see cref="Done"/>.</summary>
    public FenceSet Parts { get; } = new();

    /// <summary>Signals when the last request or operation is complete: entries written, TLBs flushed.</summary>
    public Fence Done { get; set; }

    /// <summary>Nothing is in flight: bytes and plan agree.</summary>
    public bool IsIdle => Jobs.Reservation.IsQuiet;

    /// <summary>The VM's flush counter, advanced by rebinds of a non-LR VM (PT-176).</summary>
    public ulong FlushSeqno;

    /// <summary>What argument checks know about the VM.</summary>
    public BindCheckContext Checks;

    /// <summary>Counters that only grow.</summary>
    public VmCounters Counters;

    /// <summary>Why the last request was refused.</summary>
    public Rejection Why { get; set; }

    /// <summary>True between parsing and the end of a request that got past it; tells diagnostics whether <see cref="Tiles"/> are of this request.</summary>
    public bool ReachedStaging { get; set; }

    /// <summary>Where the request must fail because one of its ops asks for it (BIND-220), or none.</summary>
    public FaultPoint ForcedFailure { get; set; }

    /// <summary>True when all ops of the last request were parsed.</summary>
    public bool ReachedParsed { get; set; }

    /// <summary>The sync entries of the call.</summary>
    public UnmanagedList<SyncEntry> Syncs { get; }

    /// <summary>The user fence of the call, or 0.</summary>
    public int PendingUserFence { get; set; }

    /// <summary>The engine queues of the VM, oldest first. Any thread walks the list, the writer side changes it.</summary>
    public SharedList<IPreemptibleQueue> Queues { get; } = new();

    /// <summary>Every later bind is refused (BIND-014).</summary>
    public bool IsBanned { get; set; }

    /// <summary>VM_DESTROY was called (BIND-011).</summary>
    public bool IsClosed { get; set; }

    /// <summary>Forgets what the last request left for diagnostics.</summary>
    public void Forget()
    {
        Why = default;
        Begin();
    }

    /// <summary>A VM_BIND is over, whatever became of it, an exception of the client's code included: what belongs to it alone goes, so that whatever is done to the VM
    /// next waits for none of its fences and fails at none of its places.</summary>
    public void EndCall()
    {
        DropRequests();
        InFences.Clear();
        if (PendingUserFence != 0)
            UserFences.DropReference(PendingUserFence);
        PendingUserFence = 0;
        ForcedFailure = FaultPoint.None;
    }

    /// <summary>The requests let go of their BOs.</summary>
    private void DropRequests()
    {
        foreach (ref readonly BindRequest request in Requests.Items)
        {
            if (request.Bo != 0)
                Memory.Bos.DropReference(request.Bo);
        }

        Requests.Clear();
    }

    /// <summary>Begins a request; the requests themselves are already in <see cref="Requests"/>.</summary>
    public void Begin()
    {
        Jobs.Begin();
        UserFenceJobs.Harvest();
        Vmas.Deferred.HarvestSome();
        Parts.Clear();
        Done = Fence.Signalled;
        Ops.Clear();
        Parser.Begin();
        ReachedStaging = ReachedParsed = false;
    }

    /// <summary>Pins the pages of a userptr as they are now; those it had are let go of when nothing can reach them through it any more.</summary>
    /// <returns>False when part of the CPU range is not mapped any more (UPTR-034); then nothing has changed.</returns>
    public bool TryRepin(in Vma v)
    {
        if (!Vmas.TryRepin(v, out (int Pages, ulong State) old))
            return false;
        if (old.Pages != 0)
            Vmas.Deferred.AddPages(FenceOfAll(), old.Pages);
        Counters.UserptrRepins++;
        return true;
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

    /// <summary>Enters the VM for one operation that is no ioctl, with all earlier requests' diagnostics forgotten.</summary>
    public WriterScope Enter()
    {
        Writer.Enter();
        if (!IsClosed)
            Begin();
        return new WriterScope(this);
    }

    /// <summary>Enters the VM for an ioctl, which forgets the diagnostics itself.</summary>
    public WriterScope EnterIoctl()
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
        Preemption?.Kill(Errno.ECANCELED);
    }

    /// <summary>True when a place on the road must fail now: an op of the request asks for it, or the embedder has armed it.</summary>
    public bool Fails(FaultPoint point) => ForcedFailure == point || Faults.Fires(point);

    /// <summary>Records why the request is refused and returns its errno.</summary>
    public Errno Refuse(in Rejection why, int opIndex = -1)
    {
        Why = why with { OpIndex = opIndex };
        return why.Errno;
    }

    /// <summary>Drops all VMAs, flushes the TLBs and frees all tables (BIND-011, PT-183, PT-196), those that walkers are still in when they have
    /// left.</summary>
    public void Close()
    {
        foreach (TileTables tile in Tables)
            tile.Detach();
        Jobs.GiveUp();
        // Before any memory is let go of.
        Tlb.OfClose();
        UserFenceJobs.CancelAll();
        UserFenceJobs.Harvest();
        Vmas.Deferred.Harvest(all: true);
        for (int vma = Space.NextFrom(0); vma != 0; vma = Space.NextFrom(0))
        {
            Space.Remove(vma);
            Vmas.Destroy(vma);
        }

        foreach (TileTables tile in Tables)
            tile.Close();
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
        Requests.Dispose();
        Syncs.Dispose();
        Ops.Dispose();
        UserFences.Dispose();
        Ranges.Dispose();
        Space.Dispose();
    }
}
