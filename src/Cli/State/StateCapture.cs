using XePt.Cli.State.Svm;
using XePt.Cli.Traces;
using XePt.Cli.Traces.Calls;
using XePt.Uapi;

namespace XePt.Cli.State;

/// <summary>Takes the state of a replay.</summary>
internal static class StateCapture
{
    private static readonly (PageSizeHints Hint, string Name)[] HintNames =
    [
        (PageSizeHints.Size4K, "4K"), (PageSizeHints.Size64K, "64K"), (PageSizeHints.Compact64K, "compact-64K"),
        (PageSizeHints.Size2M, "2M"), (PageSizeHints.Size1G, "1G"),
    ];

    /// <summary>All VMs of all clients.</summary>
    public static EndState Of(TracePlayer player)
    {
        XeDevice first = player.Parties.Device(name: null).Device;
        return new(first.Platform, first.Options.Profile, [.. player.Parties.Clients.SelectMany(client => Of(client, player))]);
    }

    private static VmState[] Of(TraceClient client, TracePlayer player)
    {
        player.Use(client);
        return
        [
            .. client.File.Vms.Select(vm => Of(vm, player) with
            {
                Client = client.Name,
                Mirrors = MirrorsOf(vm, client),
                Platform = client.Device.Name is null ? null : client.Device.Device.Platform,
            }),
        ];
    }

    /// <summary>One VM.</summary>
    public static VmState Of(XeVm vm, TracePlayer player) => new(
        vm.Id, vm.Mode, vm.HasScratch, VmasOf(vm, player), TablesOf(vm),
        new FlushState(vm.Counters.RequestInvalidations, vm.Counters.ZapInvalidations, vm.TlbFlushSeqno))
    {
        Empty = EmptyOf(vm),
    };

    /// <summary>The mirrors of a VM, or null when nothing of them is populated.</summary>
    public static VmMirrors? MirrorsOf(XeVm vm, TraceClient client) =>
        SvmCapture.Of(vm) is { } mirrors ? VmMirrors.Of(mirrors, client) : null;

    /// <summary>The VMAs of a VM.</summary>
    public static IReadOnlyList<VmaState> VmasOf(XeVm vm, TracePlayer player) => [.. vm.GetVmas().Select(vma => Of(vma, player))];

    /// <summary>One VMA.</summary>
    public static VmaState Of(in VmaInfo vma, TracePlayer player) => new(
        vma.Range.Start, vma.Range.End, KindOf(vma.Kind), vma.BoNumber == 0 ? null : player.LabelOf(vma.BoNumber), vma.Offset,
        CallText.Of(FlagsOf(vma)), vma.PatIndex, PagesOf(vma), vma.TilePresent, vma.TileInvalidated)
    {
        IsStale = vma.IsStale,
        Advice = string.Join(", ", AdviceOf(vma)),
    };

    private static IEnumerable<string> AdviceOf(VmaInfo vma)
    {
        if (vma.PreferredDevice != XeConstants.PreferredLocDefaultDevice)
            yield return vma.PreferredDevice == XeConstants.PreferredLocDefaultSystem
                ? "in system memory" : $"in region {vma.RegionInstance} of a device";
        if (vma.MigrationPolicy != 0)
            yield return CallText.Of((MigrationPolicy)vma.MigrationPolicy);
        if (vma.Atomic != AtomicAccess.Undefined)
            yield return $"atomic {CallText.Of(vma.Atomic)}";
        if (vma.DefaultPatIndex != vma.PatIndex)
            yield return $"bound with pat {vma.DefaultPatIndex}";
    }

    private static string KindOf(VmaKind kind) => kind switch
    {
        VmaKind.Bo => "bo",
        VmaKind.Userptr => "userptr",
        VmaKind.Null => "null",
        _ => "mirror",
    };

    private static VmBindFlags FlagsOf(in VmaInfo vma) =>
        (vma.IsReadOnly ? VmBindFlags.ReadOnly : 0)
        | (vma.IsNull ? VmBindFlags.Null : 0)
        | (vma.IsDumpable ? VmBindFlags.Dumpable : 0)
        | (vma.Kind == VmaKind.Mirror ? VmBindFlags.CpuAddrMirror : 0)
        | (vma.IsAutoreset ? VmBindFlags.MadviseAutoreset : 0);

    /// <summary>The sizes that a bound VMA was ever mapped in. What a VMA that was never bound inherits for later cuts is no size of its
    /// own.</summary>
    private static string PagesOf(in VmaInfo vma)
    {
        PageSizeHints hints = vma.TilePresent == 0 ? PageSizeHints.None : vma.PageSizes;
        return hints == PageSizeHints.None
            ? VmaText.NoSizes : string.Join('|', HintNames.Where(name => (hints & name.Hint) != 0).Select(name => name.Name));
    }

    private static ulong[] EmptyOf(XeVm vm)
    {
        int levels = vm.File.Device.Platform.LevelCount;
        return [.. Enumerable.Range(0, vm.File.Device.Platform.TileCount * levels).Select(i => vm.EmptyEntry(i % levels, i / levels))];
    }

    private static List<TableState> TablesOf(XeVm vm)
    {
        var tables = new List<TableState>();
        for (int tile = 0; tile < vm.File.Device.Platform.TileCount; tile++)
        {
            var collector = new TableCollector(vm, tile, tables);
            vm.VisitTables(ref collector, tile);
        }

        return tables;
    }

    private readonly struct TableCollector(XeVm vm, int tile, List<TableState> tables) : ITableVisitor
    {
        public void Visit(in TableView table) => tables.Add(new TableState(
            tile, table.Level, table.Va, table.IsCompact, table.Live, table.DeviceAddress,
            RunsOf(table, vm.EmptyEntry(table.Level, tile))));

        private static List<EntryRun> RunsOf(in TableView table, ulong empty)
        {
            var runs = new List<EntryRun>();
            ulong size = EntryBytes(table.Level, table.IsCompact);
            for (int i = 0; i < table.Entries.Length; i++)
            {
                ulong entry = table.Entries[i];
                bool isChild = table.HasChild(i);
                if (entry == empty && !isChild)
                    continue;
                if (runs.Count == 0 || isChild || !TryExtend(runs, i, entry, size))
                    runs.Add(new EntryRun(i, 1, entry, 0, isChild));
            }

            return runs;
        }

        /// <summary>Adds an entry to the last run if it is the same or maps the next piece of memory.</summary>
        private static bool TryExtend(List<EntryRun> runs, int index, ulong entry, ulong size)
        {
            EntryRun last = runs[^1];
            if (last.IsChild || last.Index + last.Count != index)
                return false;
            ulong stride = entry - last.ValueAt(index - 1);
            if (stride != 0 && stride != size || last.Count > 1 && stride != last.Stride)
                return false;
            runs[^1] = last with { Count = last.Count + 1, Stride = stride };
            return true;
        }
    }

    /// <summary>Bytes that one entry of a table covers.</summary>
    public static ulong EntryBytes(int level, bool isCompact) => isCompact ? 1UL << 16 : 1UL << (12 + (9 * level));
}
