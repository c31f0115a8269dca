using System.Runtime.CompilerServices;
using XePt.Memory;

namespace XePt.Stage;

/// <summary>
/// Everything one request changes on one tile (a "tile update", specification 03 section 13): the staged PT ops with their records, the
/// tables made, and what the request must wait for and flush. Reused from request to request; single writer.
/// </summary>
internal sealed unsafe class TileUpdate(int tile, TileTables tables, AllocationGate gate) : IDisposable
{
    public int Tile { get; } = tile;

    public TileTables Tables { get; } = tables;

    public Arena Arena { get; } = new(gate);

    public UnmanagedList<PtOp> Ops { get; } = new(gate);

    public UnmanagedList<PtUpdate> Updates { get; } = new(gate);

    /// <summary>Tables made by this request, in order, so that an abort can give them back in reverse.</summary>
    public UnmanagedList<int> NewTables { get; } = new(gate);

    /// <summary>Entries of shared tables that the ops change; those of zaps are not counted.</summary>
    public int EntryCount { get; set; }

    /// <summary>Something is bound, so marks of VMAs or ranges change when it is submitted.</summary>
    public bool Binds { get; set; }

    /// <summary>Entries of directories are among them.</summary>
    public bool ChangesDirectories { get; set; }

    /// <summary>PT ops counted while parsing; staging may use fewer (PT-121, PT-136).</summary>
    public int ReservedOps { get; set; }

    /// <summary>First address of the hull of all touched table areas (PT-142); greater than <see cref="Last"/> while nothing is staged.</summary>
    public ulong Start { get; private set; }

    /// <summary>Last address of the hull, inclusive.</summary>
    public ulong Last { get; private set; }

    /// <summary>The TLB must be flushed over the hull before the request is complete (PT-176).</summary>
    public bool NeedsInvalidation { get; set; }

    /// <summary>The TLB is flushed over the hull: where it must be, and where tables are displaced that a page-walk cache may lead into.</summary>
    public bool Flushes { get; set; }

    /// <summary>The job waits for the VM's KERNEL fences (PT-151).</summary>
    public bool WaitKernel { get; set; }

    /// <summary>The job waits for all of the VM's fences (PT-151).</summary>
    public bool WaitBookkeep { get; set; }

    /// <summary>The update zeroes entries and changes nothing else (PT-113, PT-114); its flush is that of a zap.</summary>
    public bool IsZap { get; set; }

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
        NeedsInvalidation = Flushes = WaitKernel = WaitBookkeep = IsZap = Binds = ChangesDirectories = false;
    }

    /// <summary>Widens the hull by an interval <c>[start, end)</c>, rounded to the entry size of the highest table level touched (PT-142).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WidenHull(ulong start, ulong end, int highestLevel)
    {
        ulong mask = PageSizes.EntrySize(highestLevel) - 1;
        Start = Math.Min(Start, start & ~mask);
        Last = Math.Max(Last, ((end + mask) & ~mask) - 1);
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

    public void Dispose()
    {
        Arena.Dispose();
        Ops.Dispose();
        Updates.Dispose();
        NewTables.Dispose();
    }
}
