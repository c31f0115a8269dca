using XePt.Host;
using XePt.Uapi;

namespace XePt.Cli.Stress.Svm;

/// <summary>One process, a device with a TLB on each GT, and two VMs that mirror the process, in different fault queues.</summary>
/// <remarks>A queued device has the computer's clock, for its copies end when another thread has made them. How long an invalidation may
/// take is not limited: a thread that the scheduler stops in the middle of an access is no TLB that hangs.</remarks>
internal sealed class SvmWorld : IDisposable
{
    /// <summary>What lasts longer is a fault of the engine's.</summary>
    public static readonly TimeSpan MostTime = TimeSpan.FromMinutes(1);

    public SvmWorld(StressOptions options)
    {
        Process = new ModelProcess(Memory);
        if (!options.IsInline)
            Copies = new LateCopies();
        Device = new XeDevice(options.Platform, OptionsFor(Copies, Answers));
        (Device.Tlb.TransportDelayNs, Device.Tlb.WaitLimit) = ((long)MostTime.TotalNanoseconds, MostTime);
        if (Copies is not null)
            Copies.Device = Device;
        Checker = new CoherenceChecker(Device.Tlb);
        Gts = [.. Enumerable.Range(0, 32).Where(gt => (Device.Tlb.GtMask >> gt & 1) != 0)];
        Tlbs = [.. Gts.Select(gt => new ReferenceTlb(Device.Tlb, gt) { Checker = Checker })];
        options.Prepare?.Invoke(Device, Tlbs[0]);
        File = Device.OpenFile();
        File.AddressSpace = Process;
        Vms = [NewVm(), NewVm()];
        Arenas = [.. Enumerable.Range(0, options.Threads).Select(number => new SvmArena(number))];
        foreach (SvmArena arena in Arenas)
        {
            for (int window = 0; window < SvmArena.Windows; window++)
                Process.Map(arena.RangeOf(window), CpuProtection.ReadWrite);
        }

        Islands = [.. Arenas.Select((_, number) => new SvmIsland(this, number))];
    }

    public ModelMemory Memory { get; } = new();

    public ModelProcess Process { get; }

    public XeDevice Device { get; }

    /// <summary>Answers to its faults.</summary>
    public FaultAnswers Answers { get; } = new();

    /// <summary>Makes copies that end later; null with the inline drive.</summary>
    public LateCopies? Copies { get; }

    public CoherenceChecker Checker { get; }

    /// <summary>All GTs of the device.</summary>
    public int[] Gts { get; }

    /// <summary>The TLB of each.</summary>
    public ReferenceTlb[] Tlbs { get; }

    public SvmIsland[] Islands { get; }

    public XeFile File { get; }

    public XeVm[] Vms { get; }

    public SvmArena[] Arenas { get; }

    /// <summary>Takes everything apart; what is left of it, in words, or nothing.</summary>
    public string TakeApart()
    {
        foreach (SvmArena arena in Arenas)
            Process.Unmap(AddressRange.OfSize(arena.Start, 2 * SvmArena.Windows * SvmArena.Window));
        Device.Pump();
        int ranges = Vms.Sum(vm => vm.Context.Ranges.Count), mappings = Vms.Sum(vm => vm.GetMappings().Count);
        uint zaps = Vms[0].Context.Ranges.Zaps.Tiles | Vms[1].Context.Ranges.Zaps.Tiles;
        int blocks = Memory.DeviceBlocks;
        File.Dispose();
        Device.Pump();
        int notifiers = Process.SubscriptionCount, tables = Device.TablesInUse;
        ulong vram = Device.Memory.Regions.Aggregate(0UL, (sum, region) => sum + (region.IsVram ? region.Allocator.UsedBytes : 0));
        Process.Dispose();
        long pages = Memory.UsedBytes / (long)SvmArena.Page;
        return ranges + mappings + blocks + notifiers + tables + (long)zaps + (long)vram + pages == 0 ? ""
            : $"left: {ranges} ranges, {mappings} mappings, {blocks} blocks, {notifiers} notifiers, {tables} tables, zaps 0x{zaps:x}, "
                + $"0x{vram:x} bytes of VRAM, {pages} pages";
    }

    public void Dispose()
    {
        Array.ForEach(Tlbs, tlb => tlb.Dispose());
        Copies?.Dispose();
        Device.Dispose();
        Memory.Dispose();
    }

    /// <summary>A thread that finds something wrong ends, and the run with it.</summary>
    public static void Require(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException(what);
    }

    private static XeDeviceOptions OptionsFor(LateCopies? copies, FaultAnswers answers)
    {
        var options = new XeDeviceOptions { GpuFaultSink = answers };
        return copies is null ? options : options with { Drive = DriveMode.Queued, Clock = new SystemClock(), CopyEngine = copies };
    }

    /// <summary>Tile of a GT.</summary>
    public int TileOf(int gt) => gt / Device.Platform.GtSlotsPerTile;

    public XeVm NewVm()
    {
        XeVm vm = File.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        vm.MapMirror(new AddressRange(0, vm.Size));
        return vm;
    }
}
