using XePt.Epochs;
using XePt.Pipeline;
using XePt.Stage;
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
    // Together with Size what a translation needs before its fence: what it has to look for there it waits for.
    private readonly EpochDomain _epochs;

    internal XeVm(XeFile file, uint id, VmContext context)
    {
        (File, Id, Context, Size, _epochs) = (file, id, context, context.Facts.Platform.VmSize, file.Device.Epochs);
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
    public ulong Size { get; }

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
            Context.Userptrs.CollectListed(vmas);
            return
            [
                .. vmas.Where(vma => Context.Userptrs.IsInvalidated(Context.Space.Vmas[vma].Userptr))
                    .Select(vma => Context.Space.Vmas[vma].Start),
            ];
        }
    }

    private TileTables TablesOf(int tile)
    {
        TileTables[] tables = Context.Tables;
        return (uint)tile < (uint)tables.Length ? tables[tile] : throw NoSuchTile(tile, tables.Length);
    }

    private static ArgumentOutOfRangeException NoSuchTile(int tile, int tiles) =>
        new(nameof(tile), tile, $"tiles of the device are 0 to {tiles - 1}");
}
