using XePt.Diagnostics;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Stage;
using XePt.Uapi;

namespace XePt.Pipeline;

/// <summary>
/// Everything one VM owns on the writer side: the VMA map, the tables per tile, the work lists of the request being run.
/// One request at a time (BIND-270); the embedder's calls on one VM must not overlap. Walkers on other threads read table bytes only.
/// </summary>
internal sealed class VmContext : IDisposable
{
    public VmContext(VmFacts facts, XeProfile profile, PteEncoding encoding, TileTables[] tables, DeviceMemory memory, CpuAddressSpace cpu,
        FaultInjector faults, AllocationGate gate)
    {
        (Facts, Encoding, Memory, Cpu, Faults, Gate) = (facts, encoding, memory, cpu, faults, gate);
        Space = new GpuvaSpace(0, facts.Platform.VmSize, gate);
        Ranges = new SvmRangeMap(gate);
        UserFences = new UserFenceTable(gate);
        Vmas = new VmaFactory(Space, memory.Bos, cpu, UserFences, facts);
        OpFactory = new GpuvaOpFactory(Space, facts, profile);
        Parser = new GpuvaOpParser(Space, Vmas, Ranges, facts, profile);
        Stager = new PtStager(facts, encoding, Space);
        Requests = new UnmanagedList<BindRequest>(gate);
        Syncs = new UnmanagedList<SyncEntry>(gate);
        Ops = new UnmanagedList<GpuvaOp>(gate);
        Tiles = [.. tables.Select((t, tile) => new TileUpdate(tile, t, gate))];
    }

    public VmFacts Facts { get; }

    public PteEncoding Encoding { get; }

    public DeviceMemory Memory { get; }

    public CpuAddressSpace Cpu { get; }

    public FaultInjector Faults { get; }

    public AllocationGate Gate { get; }

    public GpuvaSpace Space { get; }

    public SvmRangeMap Ranges { get; }

    public VmaFactory Vmas { get; }

    public GpuvaOpFactory OpFactory { get; }

    public GpuvaOpParser Parser { get; }

    public PtStager Stager { get; }

    public UserFenceTable UserFences { get; }

    /// <summary>The bind ops of the request, validated and resolved.</summary>
    public UnmanagedList<BindRequest> Requests { get; }

    /// <summary>The GPUVA ops of the request, and after it of the last one, for diagnostics.</summary>
    public UnmanagedList<GpuvaOp> Ops { get; }

    /// <summary>One update per tile.</summary>
    public TileUpdate[] Tiles { get; }

    /// <summary>The VM's flush counter, advanced by rebinds of a non-LR VM (PT-176).</summary>
    public ulong FlushSeqno;

    /// <summary>Counters that only grow.</summary>
    public VmCounters Counters;

    /// <summary>Why the last request was refused.</summary>
    public Rejection Why { get; set; }

    /// <summary>True between parsing and the end of a request that got past it; tells diagnostics whether <see cref="Tiles"/> are of this request.</summary>
    public bool ReachedStaging { get; set; }

    /// <summary>True when all ops of the last request were parsed.</summary>
    public bool ReachedParsed { get; set; }

    /// <summary>The sync entries of the call.</summary>
    public UnmanagedList<SyncEntry> Syncs { get; }

    /// <summary>The user fence of the call, or 0.</summary>
    public int PendingUserFence { get; set; }

    /// <summary>Every later bind is refused (BIND-014).</summary>
    public bool IsBanned { get; set; }

    /// <summary>Forgets what the last request left for diagnostics.</summary>
    public void Forget()
    {
        Requests.Clear();
        Why = default;
        Begin();
    }

    /// <summary>Begins a request; the requests themselves are already in <see cref="Requests"/>.</summary>
    public void Begin()
    {
        Ops.Clear();
        Parser.Begin();
        Stager.Begin();
        Parser.UserFence = PendingUserFence;
        ReachedStaging = ReachedParsed = false;
        foreach (TileUpdate tile in Tiles)
            tile.Begin();
    }

    /// <summary>Records why the request is refused and returns its errno.</summary>
    public Errno Refuse(in Rejection why, int opIndex = -1)
    {
        Why = why with { OpIndex = opIndex };
        return why.Errno;
    }

    /// <summary>Drops all VMAs and frees all tables (BIND-011, PT-196).</summary>
    public void Close()
    {
        for (int vma = Space.NextFrom(0); vma != 0; vma = Space.NextFrom(0))
        {
            Space.Remove(vma);
            Vmas.Destroy(vma);
        }

        foreach (TileUpdate tile in Tiles)
            tile.Tables.Free();
    }

    public void Dispose()
    {
        foreach (TileUpdate tile in Tiles)
        {
            tile.Dispose();
        }

        Requests.Dispose();
        Syncs.Dispose();
        Ops.Dispose();
        UserFences.Dispose();
        Ranges.Dispose();
        Space.Dispose();
    }
}
