using System.Text.Json;
using XePt.Cli.Input;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Svm;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Svm;

/// <summary>The process, devices and VM that a sequence runs on, and what of them is observable.</summary>
internal abstract class SvmWorld : IDisposable
{
    private const int Unlimited = 1 << 20;

    private readonly List<XeDevice> _devices = [];
    private readonly List<CpuChange> _changes = [];
    private readonly ModelMemory _memory = new(new ModelMemoryOptions { ScattersFrames = true });

    protected SvmWorld()
    {
        Process = new ModelProcess(_memory, limit: 1UL << 48);
        Process.Changing += change =>
        {
            _changes.Add(change);
            PagesText.Change(change.Range);
            KeepPages(change.Range, HugePagesOf(change.Range));
            Follow(change);
        };
    }

    /// <summary>Keys that are compared after each step.</summary>
    public abstract IEnumerable<string> Outputs { get; }

    /// <summary>Chains of events of single pages are one record.</summary>
    protected virtual bool JoinsEvents => true;

    protected ModelProcess Process { get; }

    protected XeVm Vm { get; private set; } = null!;

    protected XeFile File { get; private set; } = null!;

    protected XeDevice Device => File.Device;

    protected MirrorSpace Space => (MirrorSpace)Vm.Context.Mirrors!;

    protected SvmRangeMap Ranges => Vm.Context.Ranges;

    protected BlockNumbers Blocks { get; private set; } = null!;

    protected ProcessState State { get; private set; } = null!;

    protected RangePagesText PagesText { get; private set; } = null!;

    protected VirtualClock Clock { get; } = new();

    public static SvmWorld Of(SvmCase sequence) =>
        sequence.File == SvmFileKind.Vm ? new VmWorld(sequence.Config, sequence.Pat) : new CoreWorld(sequence.Config, sequence.File);

    /// <summary>Does a step.</summary>
    /// <returns>What is observable afterwards, by key.</returns>
    public Dictionary<string, string> Run(SvmStep step)
    {
        var found = new Dictionary<string, string>();
        _changes.Clear();
        long before = Clock.Now;
        PagesText.BeginStep();
        BeginStep();
        Errno? error = ProcessSteps.TryRun(Process, step.Input) ?? Do(step.Input, found);
        Blocks.Follow();
        found["err"] = Text.Number((int)error.Value);
        Add(found, "ev", Text.ListOrNothing([.. Events()]));
        Add(found, "slept", (Clock.Now - before) / 1_000_000 is var slept and not 0 ? Text.Number(slept) : "");
        found["cpu"] = State.Mappings();
        found["pg"] = State.Pages();
        found["blk"] = State.Blocks();
        found["n"] = Text.List(Notifiers().Select(notifier => Text.List(Text.Hex(notifier.From), Text.Hex(notifier.To))));
        found["gc"] = Text.List(Garbage().Select(Text.Hex));
        EndStep(found);
        return found;
    }

    public virtual void Dispose()
    {
        foreach (XeDevice device in _devices)
            device.Dispose();
        Process.Dispose();
        _memory.Dispose();
    }

    /// <summary>Does a step that is not the CPU's.</summary>
    protected abstract Errno Do(JsonElement step, Dictionary<string, string> found);

    protected virtual void BeginStep()
    {
    }

    protected abstract void EndStep(Dictionary<string, string> found);

    /// <summary>The CPU's pages are about to change.</summary>
    protected virtual void Follow(in CpuChange change)
    {
    }

    /// <summary>Keeps how pages were collected that a change leaves alone, though it may split the huge page that they are in.</summary>
    /// <param name="change">What changes.</param>
    /// <param name="around">The huge pages that it is in.</param>
    protected virtual void KeepPages(AddressRange change, AddressRange around)
    {
        foreach (int slot in AllRanges())
        {
            ref SvmRange range = ref Ranges[slot];
            if (range.Has(SvmRangeFlags.HasPages) && IsBeside(range.Start, range.End, change, around))
                PagesText.Keep(Ranges, slot);
        }
    }

    protected static bool IsBeside(ulong start, ulong end, AddressRange change, AddressRange around) =>
        start < around.End && end > around.Start && (end <= change.Start || start >= change.End);

    private static AddressRange HugePagesOf(AddressRange change)
    {
        const ulong huge = (ulong)FrameStore.HugePages * XeLimits.PageSize;
        return new AddressRange(change.Start / huge * huge, (change.End + huge - 1) / huge * huge);
    }

    /// <summary>Makes a device. The CPU does the step that the injector's place asks for.</summary>
    protected XeDevice Make(PlatformInfo platform, ulong notifier, XeInterconnect? interconnect = null)
    {
        var device = new XeDevice(platform, new XeDeviceOptions
        {
            Drive = DriveMode.Queued,
            SingleThreaded = true,
            Clock = Clock,
            SvmNotifierBytes = notifier,
            Interconnect = interconnect,
        });
        // Nobody makes room for others in the world of the vectors.
        device.Failures.Arm(FailurePoint.BlockEviction, times: FailureInjector.MostTimes);
        _devices.Add(device);
        return device;
    }

    /// <summary>Makes the client and its VM, and names the memory of tiles.</summary>
    protected void Open(XeDevice device, VmCreateFlags flags, Pagemap[] tiles)
    {
        File = device.OpenFile();
        File.AddressSpace = Process;
        var create = new DrmXeVmCreate { Flags = flags };
        Errno error = File.VmCreate(ref create);
        Vm = error == Errno.Ok ? File.FindVm(create.VmId)! : throw new MalformedRecordException($"no VM can be made: {error}");
        Blocks = new BlockNumbers(tiles);
        State = new ProcessState(Process, Blocks);
        PagesText = new RangePagesText(Process, device, Blocks);
    }

    /// <summary>Leaves only so many pages of a tile's memory.</summary>
    protected static void Limit(XeDevice device, int tile, int pages)
    {
        if (pages >= Unlimited || device.Memory.Regions.Length <= tile + 1)
            return;
        Memory.BuddyAllocator allocator = device.Memory.Regions[tile + 1].Allocator;
        Memory.BlockList all = default;
        if (!allocator.TryAllocate(allocator.FreeBytes, Memory.BuddyAllocator.MinBlock, ref all))
            throw new MalformedRecordException("memory is in use already");
        // The first block is the largest.
        allocator.Free(all[0].Address, (ulong)pages << 12);
    }

    /// <summary>Does another step of the CPU in the middle of one.</summary>
    protected void RunDuring(JsonElement step)
    {
        if (ProcessSteps.TryRun(Process, step) is null)
            throw new MalformedRecordException($"'{step.Text("do")}' is nothing that the CPU does");
    }

    /// <summary>The records of ranges.</summary>
    protected IEnumerable<int> AllRanges()
    {
        for (int range = Ranges.NextFrom(0); range != 0; range = Ranges.NextFrom(Ranges[range].End))
            yield return range;
    }

    protected IEnumerable<SvmNotifier> Notifiers()
    {
        for (int slot = Ranges.NotifierFrom(0); slot != 0; slot = Ranges.NotifierFrom(Ranges.Notifier(slot).To))
            yield return Ranges.Notifier(slot);
    }

    protected static void Add(Dictionary<string, string> found, string key, string value)
    {
        if (value.Length > 0)
            found[key] = value;
    }

    protected static string FlagsOf(in SvmRange range) =>
        (range.Has(SvmRangeFlags.Migrates) ? "m" : "") + (range.Has(SvmRangeFlags.Unmapped) ? "u" : "")
        + (range.Has(SvmRangeFlags.PartlyUnmapped) ? "p" : "") + (range.Has(SvmRangeFlags.HasPages) ? "d" : "")
        + (range.Has(SvmRangeFlags.HasDevicePages) ? "v" : "");

    private IEnumerable<ulong> Garbage()
    {
        for (int range = Ranges.FirstGarbage; range != 0; range = Ranges[range].NextGarbage)
            yield return Ranges[range].Start;
    }

    /// <summary><c>ev</c>: the changes; a chain of adjacent single pages of one kind is one record.</summary>
    private IEnumerable<string> Events()
    {
        for (int i = 0; i < _changes.Count;)
        {
            int last = i;
            while (JoinsEvents && last + 1 < _changes.Count && IsChain(_changes[last], _changes[last + 1]))
                last++;
            string kind = Text.Word(ProcessSteps.WordOf(_changes[i].Kind));
            yield return last == i ? Text.List(kind, Text.Hex(_changes[i].Range.Start), Text.Hex(_changes[i].Range.End))
                : Text.List(kind, Text.Hex(_changes[i].Range.Start), Text.Hex(_changes[last].Range.End), Text.Number(last - i + 1));
            i = last + 1;
        }
    }

    private static bool IsChain(in CpuChange one, in CpuChange next) => one.Kind == next.Kind && one.Range.End == next.Range.Start
        && one.Range.Size == XeLimits.PageSize && next.Range.Size == XeLimits.PageSize;
}
