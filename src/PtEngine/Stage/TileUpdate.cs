using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using XePt.Memory;
using XePt.Tlb;

namespace XePt.Stage;

/// <summary>
/// Everything one request changes on one tile (a "tile update", specification 03 section 13): the staged PT ops with their records, the
/// tables made, and what the request must wait for and flush. Reused from request to request; single writer.
/// </summary>
/// <remarks>Thousands may be in flight, so what a small request needs is one block that comes with the object; larger ones grow out of it.
/// The block has room for the records of
/// any zap, which therefore cannot fail (<see cref="MostZapUpdates"/>).</remarks>
internal sealed unsafe class TileUpdate : IDisposable
{
    /// <summary>A zap records at most one run of entries in each table along its two edges: one root and two tables on each of four
    /// levels.</summary>
    public const int MostZapUpdates = 9;

    private const int OwnOps = 4;
    private const int OwnUpdates = 12;
    private const int OwnTables = 8;
    private const int OwnArenaBytes = 512;

    // What an update that was in flight keeps for its next use, at most, in each list and the arena.
    private const int KeptBytes = 16 * 1024;

    private readonly AllocationGate _gate;
    private ReclaimList? _reclaim;
    private Marks _marks;

    // Pinned, so that it stays where the lists look for it, as long as the update lives.
    private readonly byte[] _own = GC.AllocateUninitializedArray<byte>(
        (OwnOps * sizeof(PtOp)) + (OwnUpdates * sizeof(PtUpdate)) + (OwnTables * sizeof(int)) + OwnArenaBytes, pinned: true);

    // Together, so that a request begins by one store.
    private struct Marks
    {
        public bool Binds, ChangesDirectories, NeedsInvalidation, Flushes, WaitKernel, WaitBookkeep, IsZap;
        public ReclaimState Reclaim;
    }

    public TileUpdate(int tile, TileTables tables, AllocationGate gate)
    {
        Tile = tile;
        TileBit = (byte)(1 << tile);
        Tables = tables;
        _gate = gate;
        // SAFETY: the parts follow each other and are together as large as the block; the parts with pointers come first, so each is
        // aligned.
        var updates = (PtUpdate*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_own));
        var arena = (byte*)(updates + OwnUpdates);
        var ops = (PtOp*)(arena + OwnArenaBytes);
        Updates = new UnmanagedList<PtUpdate>(gate, updates, OwnUpdates);
        Arena = new Arena(gate, arena, OwnArenaBytes);
        Ops = new UnmanagedList<PtOp>(gate, ops, OwnOps);
        NewTables = new UnmanagedList<int>(gate, (int*)(ops + OwnOps), OwnTables);
    }

    public int Tile { get; }

    /// <summary>The tile in masks of tiles.</summary>
    public byte TileBit { get; }

    public TileTables Tables { get; }

    public Arena Arena;

    public UnmanagedList<PtOp> Ops;

    public UnmanagedList<PtUpdate> Updates;

    /// <summary>Tables made by this request, in order, so that an abort can give them back in reverse.</summary>
    public UnmanagedList<int> NewTables;

    /// <summary>Entries of shared tables that the ops change; those of zaps are not counted.</summary>
    public int EntryCount { get; set; }

    /// <summary>Something is bound, so marks of VMAs or ranges change when it is submitted.</summary>
    public bool Binds { get => _marks.Binds; set => _marks.Binds = value; }

    /// <summary>Entries of directories are among them.</summary>
    public bool ChangesDirectories { get => _marks.ChangesDirectories; set => _marks.ChangesDirectories = value; }

    /// <summary>PT ops counted while parsing; staging may use fewer (PT-121, PT-136).</summary>
    public int ReservedOps { get; set; }

    /// <summary>First address of the hull of all touched table areas (PT-142); greater than <see cref="Last"/> while nothing is
    /// staged.</summary>
    public ulong Start { get; private set; }

    /// <summary>Last address of the hull, inclusive.</summary>
    public ulong Last { get; private set; }

    /// <summary>The TLB must be flushed over the hull before the request is complete (PT-176).</summary>
    public bool NeedsInvalidation { get => _marks.NeedsInvalidation; set => _marks.NeedsInvalidation = value; }

    /// <summary>The TLB is flushed over the hull: where it must be, and where tables are displaced that a page-walk cache may lead
    /// into.</summary>
    public bool Flushes { get => _marks.Flushes; set => _marks.Flushes = value; }

    /// <summary>What became of the list of pages that the update's unbinds take away.</summary>
    public ReclaimState Reclaim { get => _marks.Reclaim; set => _marks.Reclaim = value; }

    /// <summary>That list, when it is complete; it lasts until the update begins anew, which is after everybody has acknowledged its
    /// invalidation.</summary>
    public ReclaimList? ReclaimList => Reclaim == ReclaimState.Complete ? _reclaim : null;

    /// <summary>The job waits for the VM's KERNEL fences (PT-151).</summary>
    public bool WaitKernel { get => _marks.WaitKernel; set => _marks.WaitKernel = value; }

    /// <summary>The job waits for all of the VM's fences (PT-151).</summary>
    public bool WaitBookkeep { get => _marks.WaitBookkeep; set => _marks.WaitBookkeep = value; }

    /// <summary>The update zeroes entries and changes nothing else (PT-113, PT-114); its flush is that of a zap.</summary>
    public bool IsZap { get => _marks.IsZap; set => _marks.IsZap = value; }

    /// <summary>A job holds the update until it has run; the VM stages its next request into another one.</summary>
    public bool IsInFlight { get; set; }

    /// <summary>Something is staged.</summary>
    public bool HasWork => Ops.Count > 0;

    /// <summary>Begins a new request.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin()
    {
        Ops.Clear();
        Updates.Clear();
        NewTables.Clear();
        Arena.Reset();
        ReservedOps = EntryCount = 0;
        Start = ulong.MaxValue;
        Last = 0;
        _marks = default;
    }

    /// <summary>Widens the hull by an interval <c>[start, end)</c>, rounded to the entry size of the highest table level touched
    /// (PT-142).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WidenHull(ulong start, ulong end, int highestLevel)
    {
        if (highestLevel > 0)
        {
            ulong mask = PageSizes.EntrySize(highestLevel) - 1;
            start &= ~mask;
            end = (end + mask) & ~mask;
        }

        Start = Math.Min(Start, start);
        Last = Math.Max(Last, end - 1);
    }

    /// <summary>Begins a list of the pages that unbinds take away.</summary>
    /// <returns>False without memory for one.</returns>
    public bool TryBeginReclaim()
    {
        if (_reclaim is null && !_gate.Allow())
            return false;
        _reclaim ??= new ReclaimList();
        _reclaim.Clear();
        Reclaim = ReclaimState.Complete;
        return true;
    }

    /// <summary>Entries that linked tables before are overwritten, so the tables under them go.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool DisplacesTables() => ChangesDirectories && FindsDisplaced();

    private bool FindsDisplaced()
    {
        foreach (ref readonly PtUpdate record in Updates.Items)
        {
            // SAFETY: after staging a record with children holds Count displaced ones, 0 or page numbers.
            if (record.Children != null && new ReadOnlySpan<int>(record.Children, record.Count).ContainsAnyExcept(0))
                return true;
        }

        return false;
    }

    /// <summary>The update comes back from a job and waits for its next use: it keeps no more than a request of moderate size
    /// needs.</summary>
    public void Trim()
    {
        Begin();
        Arena.Trim(KeptBytes);
        Ops.Trim(KeptBytes);
        Updates.Trim(KeptBytes);
        NewTables.Trim(KeptBytes);
    }

    public void Dispose()
    {
        Arena.Dispose();
        Ops.Dispose();
        Updates.Dispose();
        NewTables.Dispose();
    }
}
