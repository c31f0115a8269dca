using XePt.Cli.Input;
using XePt.Cli.State.Svm;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.State;

/// <summary>What a replay leaves behind: everything that can be seen of the VMs.</summary>
/// <param name="Platform">The platform.</param>
/// <param name="Profile">Stage of the uAPI.</param>
/// <param name="Vms">VMs by id.</param>
internal sealed record EndState(PlatformInfo Platform, XeProfile Profile, IReadOnlyList<VmState> Vms)
{
    /// <summary>The VMs of a client, or of an id; of any where it is null.</summary>
    /// <param name="source">What the state is of, for messages.</param>
    public IEnumerable<VmState> VmsOf(string source, string? client, uint? id)
    {
        VmState[] wanted = [.. Vms.Where(vm => (client is null || vm.Client == client) && (id is null || vm.Id == id))];
        if (wanted.Length > 0 || (client is null && id is null))
            return wanted;
        string others = string.Join(", ", Vms.Select(vm => vm.Name));
        throw new InputException(
            source, 0, Vms.Count == 0 ? "no VM is left at the end" : $"no such VM is left at the end, only {others}");
    }
}

/// <summary>One VM.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Mode">Its mode.</param>
/// <param name="HasScratch">Unmapped addresses read zero.</param>
/// <param name="Vmas">VMAs by address.</param>
/// <param name="Tables">Page tables of all tiles, parents before children, by address.</param>
/// <param name="Flushes">TLB flushes so far.</param>
internal sealed record VmState(
    uint Id, VmMode Mode, bool HasScratch, IReadOnlyList<VmaState> Vmas, IReadOnlyList<TableState> Tables, FlushState Flushes)
{
    /// <summary>The client it is of, and its platform; null for the first client of a trace and the device of the header.</summary>
    public string? Client { get; init; }

    /// <summary>See <see cref="Client"/>.</summary>
    public PlatformInfo? Platform { get; init; }

    /// <summary>What to call it: <c>1</c>, <c>1 of viewer</c>.</summary>
    public string Name => Client is null ? $"{Id}" : $"{Id} of {Client}";

    /// <summary>Its mirrors, when anything of them is populated.</summary>
    public VmMirrors? Mirrors { get; init; }

    /// <summary>The VM's empty entry for each tile and level; of a scratch VM, above level 2, one that points to a scratch table, whose
    /// entries are the next one. A dump does not hold them.</summary>
    public IReadOnlyList<ulong> Empty { get; init; } = [];
}

/// <summary>TLB flushes of a VM.</summary>
/// <param name="Requests">Invalidations that were part of a bind, one per GT.</param>
/// <param name="Zaps">Invalidations by zaps, one per VMA or range.</param>
/// <param name="Seqno">Flushes that the next batch of a VM that is not long-running must do.</param>
internal sealed record FlushState(long Requests, long Zaps, ulong Seqno);

/// <summary>One VMA, <c>[Start, End)</c>, with every word as traces write it.</summary>
/// <param name="Kind"><c>bo</c>, <c>userptr</c>, <c>null</c> or <c>mirror</c>.</param>
/// <param name="Bo">What the trace calls the BO, or null.</param>
/// <param name="Offset">Offset in the BO, or CPU address of a userptr.</param>
/// <param name="Flags">Bind flags it kept.</param>
/// <param name="PageSizes">Page sizes it was ever mapped with, joined with <c>|</c>, or <c>none</c>.</param>
/// <param name="Present">Bit per tile it is bound on.</param>
/// <param name="Invalidated">Bit per tile it was zapped on.</param>
internal sealed record VmaState(
    ulong Start, ulong End, string Kind, string? Bo, ulong Offset, string Flags, int PatIndex, string PageSizes, int Present,
    int Invalidated)
{
    /// <summary>A userptr whose CPU pages have changed since they were pinned.</summary>
    public bool IsStale { get; init; }

    /// <summary>Advice on its memory, in words; empty where it has none.</summary>
    public string Advice { get; init; } = "";
}

/// <summary>One page table.</summary>
/// <param name="Tile">Tile it belongs to.</param>
/// <param name="Level">Level, 0 is the last.</param>
/// <param name="Va">First address it covers.</param>
/// <param name="IsCompact">A level-0 table of 64 KiB entries.</param>
/// <param name="Live">The engine's live count.</param>
/// <param name="Address">Device address.</param>
/// <param name="Entries">Entries that are not the VM's empty entry, as runs by index.</param>
internal sealed record TableState(int Tile, int Level, ulong Va, bool IsCompact, int Live, ulong Address, IReadOnlyList<EntryRun> Entries);

/// <summary><paramref name="Count"/> entries from <paramref name="Index"/> on: <c>Value + i * Stride</c>.</summary>
/// <param name="Stride">0, or the bytes one entry covers.</param>
/// <param name="IsChild">One entry with a child table attached; its address says only where that table is.</param>
internal readonly record struct EntryRun(int Index, int Count, ulong Value, ulong Stride, bool IsChild)
{
    /// <summary>The value of an entry of the run.</summary>
    public ulong ValueAt(int index) => Value + ((ulong)(index - Index) * Stride);
}
