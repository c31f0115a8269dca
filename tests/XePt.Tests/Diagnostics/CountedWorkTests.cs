using System.Globalization;
using System.Text;
using XePt.Bench;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Uapi;

namespace XePt.Tests.Diagnostics;

/// <summary>
/// The work that calls do, in exact counts, against the committed table: one entry, table, flush, epoch or byte more is a change that
/// somebody has to want (<c>XEPT_UPDATE_GOLDEN=1</c> writes the table anew). No time is measured. Interlocked operations and instructions
/// of native code are counted by <c>bench/count.sh --check</c>.
/// </summary>
public partial class CountedWorkTests
{
    private const ulong Va = 1UL << 40;
    private const ulong Kilobyte = 1UL << 10;
    private const ulong Megabyte = 1UL << 20;
    private const ulong Gigabyte = 1UL << 30;
    private const int WarmUps = 16;

    // Calls of which the bytes are counted together, so that one that allocates every second time is found.
    private const int Window = 8;

    private static readonly string Golden = Path.Combine(RepositoryPaths.Root, "tests", "XePt.Tests", "Diagnostics", "counted-work.txt");

    private static readonly (string Name, ulong Size, ulong Piece)[] Shapes =
    [
        ("4K", 4 * Kilobyte, 4 * Kilobyte),
        ("64K", 64 * Kilobyte, 64 * Kilobyte),
        ("2M as 4K", 2 * Megabyte, 4 * Kilobyte),
        ("2M page", 2 * Megabyte, 2 * Megabyte),
        ("1G as 4K", Gigabyte, 4 * Kilobyte),
        ("1G as 2M", Gigabyte, 2 * Megabyte),
    ];

    [Fact]
    public void Calls_do_the_work_that_the_table_says()
    {
        string table = Table();
        if (Environment.GetEnvironmentVariable("XEPT_UPDATE_GOLDEN") == "1")
            File.WriteAllText(Golden, table);
        Assert.Equal(File.ReadAllText(Golden).ReplaceLineEndings("\n"), table);
    }

    private static string Table()
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{"",-32}{"entries",8}{"made",6}{"retired",8}{"freed",6}{"flushes",8}{"zaps",6}{"epochs",7}{"lines",7}{"bytes",7}\n");
        foreach (PlatformInfo platform in (PlatformInfo[])[XePlatforms.Bmg, XePlatforms.Lnl, XePlatforms.Pvc2T])
        {
            foreach ((string name, ulong size, ulong piece) in Shapes)
            {
                AddPair(text, platform, name, size, piece, hasNeighbour: true);
                AddPair(text, platform, name, size, piece, hasNeighbour: false);
            }
        }

        AddArray(text);
        AddFault(text);
        AddMirror(text, "mirror fault 4K", 4 * Kilobyte, migrates: false);
        AddMirror(text, "mirror fault 64K", 64 * Kilobyte, migrates: false);
        AddMirror(text, "mirror fault 2M, migrated", 2 * Megabyte, migrates: true);
        AddChanges(text);
        return text.ToString();
    }

    /// <summary>A bind and its unbind, with the table that it changes there or not.</summary>
    private static void AddPair(StringBuilder text, PlatformInfo platform, string shape, ulong size, ulong piece, bool hasNeighbour)
    {
        using var device = new XeDevice(platform);
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm();
        uint bo = Bo(file, size, piece);
        if (hasNeighbour)
            Check(file.VmBind(vm.Id, Null(Va + size)));
        var map = new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = bo, Addr = Va, Range = size, PatIndex = 2 };
        var unmap = new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va, Range = size };
        string name = $"{platform.Name} {shape}{(hasNeighbour ? "" : ", alone")}";
        Add(text, "bind " + name, vm, size, before: null, Bind, after: Unbind);
        Add(text, "unbind " + name, vm, size, before: Bind, Unbind, after: null);

        void Bind() => Check(file.VmBind(vm.Id, map));
        void Unbind() => Check(file.VmBind(vm.Id, unmap));
    }

    private static void AddArray(StringBuilder text)
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm();
        uint bo = Bo(file, Megabyte, Megabyte);
        DrmXeVmBindOp[] maps = [.. Enumerable.Range(0, 100).Select(i =>
            new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = bo, Addr = Va + ((ulong)i * 8192), Range = 4096, PatIndex = 2 })];
        var unmap = new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va, Range = Megabyte };
        Add(text, "array of 100 binds", vm, Megabyte, null, () => Check(file.VmBind(vm.Id, maps)), () => Check(file.VmBind(vm.Id, unmap)));
    }

    private static void AddFault(StringBuilder text)
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        uint bo = Bo(file, 4096, 4096);
        Check(file.VmBind(vm.Id, Null(Va + 4096)));
        Check(vm.Fault(Va + 4096));
        var map = new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = bo, Addr = Va, Range = 4096, PatIndex = 2 };
        var unmap = new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va, Range = 4096 };
        Add(
            text, "fault 4K", vm, 4096, () => Check(file.VmBind(vm.Id, map)), () => Check(vm.Fault(Va)),
            () => Check(file.VmBind(vm.Id, unmap)));
    }

    private static void AddMirror(StringBuilder text, string name, ulong size, bool migrates)
    {
        using var mirror = new MirrorFixture(size, count: 1, migrates);
        mirror.Populate();
        Add(text, name, mirror.Vm, size, before: mirror.Renew, mirror.Touch, after: null, at: mirror.First);
    }

    private static void Add(StringBuilder text, string name, XeVm vm, ulong size, Action? before, Action act, Action? after, ulong at = Va)
    {
        for (int i = 0; i < WarmUps; i++)
        {
            before?.Invoke();
            act();
            after?.Invoke();
        }

        before?.Invoke();
        (VmCounters was, long epoch, long ranges) = (vm.Counters, vm.File.Device.Epochs.Current, RangeZaps(vm));
        act();
        (VmCounters now, long then) = (vm.Counters, vm.File.Device.Epochs.Current);
        long flushes = now.RequestInvalidations - was.RequestInvalidations;
        long zaps = now.ZapInvalidations - was.ZapInvalidations + now.RangeInvalidations - was.RangeInvalidations
            + RangeZaps(vm) - ranges;
        long entries = now.EntriesPublished - was.EntriesPublished, made = now.TablesMade - was.TablesMade;
        long retired = now.TablesRetired - was.TablesRetired, freed = now.TablesFreed - was.TablesFreed;
        text.Append(CultureInfo.InvariantCulture, $"{name,-32}{entries,8}{made,6}{retired,8}{freed,6}");
        text.Append(CultureInfo.InvariantCulture, $"{flushes,8}{zaps,6}{then - epoch,7}{Lines(vm, at, size),7}");
        after?.Invoke();
        text.Append(CultureInfo.InvariantCulture, $"{Allocations.OfOne(Window, act, before, after),7}\n");
    }

    /// <summary>Ranges that changes of the process's memory have zapped, as the first GT counts them.</summary>
    private static long RangeZaps(XeVm vm) => vm.File.Device.GetGtStatistics(0)[GtCounter.SvmTlbInvalCount];

    /// <summary>Cache lines of table memory that walks of all pages of a region read, on tile 0.</summary>
    private static int Lines(XeVm vm, ulong va, ulong size)
    {
        var memory = new LineCounter(vm.GetTableMemory(), []);
        for (ulong page = 0; page < size; page += 4 * Kilobyte)
            PageWalker.Walk(memory, vm.RootAddress(), vm.File.Device.Platform.RootLevel, vm.File.Device.Platform.FormatId, va + page);
        return memory.Lines.Count;
    }

    private static uint Bo(XeFile file, ulong size, ulong piece)
    {
        // Next to each other, yet at an address that allows no larger pages.
        ulong at = (1UL << 33) + (piece < 2 * Megabyte ? piece : 0);
        var gem = new DrmXeGemCreate { Size = size, Placement = 1, CpuCaching = CpuCaching.WriteCombined };
        Check(file.GemCreate(ref gem, region: 0, [new PhysicalRun(at, piece, (int)(size / piece), 2 * piece)]));
        return gem.Handle;
    }

    private static DrmXeVmBindOp Null(ulong va) =>
        new() { Op = VmBindOp.Map, Flags = VmBindFlags.Null, Addr = va, Range = 4096, PatIndex = 2 };

    // An assertion of the framework would allocate.
    private static void Check(Errno error)
    {
        if (error != Errno.Ok)
            throw new InvalidOperationException($"{error}");
    }

    private readonly record struct LineCounter(IGpuMemory Memory, HashSet<ulong> Lines) : IGpuMemory
    {
        private const ulong LineSize = 64;

        public bool TryReadEntry(ulong deviceAddress, out ulong entry)
        {
            Lines.Add(deviceAddress / LineSize);
            return Memory.TryReadEntry(deviceAddress, out entry);
        }
    }
}
