using System.Text.Json;
using XePt.Cli.Input;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Faults;
using XePt.Gpuva;
using XePt.Host;
using XePt.Stage;
using XePt.Svm;
using XePt.Uapi;
using XePt.Uapi.Formats;

namespace XePt.Cli.Vectors.Svm;

/// <summary>A whole VM: binds, faults, the garbage collector, attributes.</summary>
internal sealed class VmWorld : SvmWorld
{
    private const ulong BoSize = 4 << 20;

    private readonly List<string> _tables = [];
    private readonly TlbLog _flushes;
    private readonly long[][] _statistics;
    private GtStatistics.Lane[]? _counts;
    private int _commits, _tilesToPass;
    private (int At, JsonElement Step)? _during;
    private readonly UserptrState _userptrs;
    private ExecQueue? _queue;
    private bool _isBanned, _isAdvice;

    private readonly AdviceSteps _advice;

    public VmWorld(JsonElement config, PatTable? pat)
    {
        int tiles = config.Number("tiles", max: 2);
        bool isDiscrete = config.Flag("dgfx");
        PlatformInfo platform = (isDiscrete ? XePlatforms.Bmg : XePlatforms.Lnl) with
        {
            TileCount = tiles,
            GtSlotsPerTile = 2,
            HasMediaGt = true,
            VramDpaBase = [.. Enumerable.Range(0, tiles).Select(tile => (ulong)tile << 40)],
            VramBytesPerTile = isDiscrete ? 8UL << 30 : 0,
            DeviceAtomicsOnSystemMemory = config.Flag("device_atomics_smem"),
            VramNeeds64K = config.Flag("need64k"),
            HasAtomicEnableBit = true,
            Pat = pat ?? (isDiscrete ? XePlatforms.Bmg : XePlatforms.Lnl).Pat,
        };
        XeDevice device = Make(platform, config.Hex("notifier"));
        bool isFaultMode = config.Flag("fault_mode");
        Open(device, isFaultMode ? VmCreateFlags.LrMode | VmCreateFlags.FaultMode : 0, device.Mirrors.Pagemaps);
        MakeBos(isDiscrete);
        for (int tile = 0; tile < tiles; tile++)
            Limit(device, tile, config.Items("vram_pages")[tile].ToInt32("vram_pages"));
        device.Failures.Passing = Pass;
        _flushes = new TlbLog(device);
        _statistics = [.. Enumerable.Range(0, tiles).Select(_ => new long[GtStatistics.Names.Count])];
        _advice = new AdviceSteps(File, Vm, () => Make(XePlatforms.Bmg, config.Hex("notifier")));
        _userptrs = new UserptrState(Vm, device, PagesText);
        if (Vm.Context.Mirrors is MirrorSpace space)
            space.Tracer = new Tracer(_tables);
    }

    public override IEnumerable<string> Outputs =>
        ["err", "ev", "slept", "tlb", "pt", "stats", "banned", "cpu", "pg", "n", "r", "gc", "blk", "vma", "up", "num",
            "attr_size", "attrs", "bos"];

    /// <summary>What advice and splits make of VMAs.</summary>
    public IEnumerable<string> AttributesOfVmas()
    {
        GpuvaSpace space = Vm.Context.Space;
        for (int vma = space.NextFrom(0); vma != 0; vma = space.NextFrom(space.Vmas[vma].End))
        {
            Vma v = space.Vmas[vma];
            yield return Text.List(Text.Hex(v.Start), Text.Hex(v.End), Text.Word(FlagsOf(v)), AttributesOf(v));
        }
    }

    public override void Dispose()
    {
        // So that it ends like any other.
        Vm.Context.IsClosed = false;
        base.Dispose();
    }

    protected override void BeginStep()
    {
        _tables.Clear();
        _flushes.Clear();
        _commits = _tilesToPass = 0;
        _during = null;
        _isAdvice = false;
    }

    protected override void KeepPages(AddressRange change, AddressRange around)
    {
        base.KeepPages(change, around);
        _userptrs.KeepPages(v => IsBeside(v.Offset, v.Offset + v.Size, change, around));
    }

    protected override Errno Do(JsonElement step, Dictionary<string, string> found)
    {
        if (step.TryGetProperty("during", out JsonElement during))
            _during = (during.Number("before_commit"), during.Field("in"));
        _isAdvice = step.Text("do") == "madvise";
        switch (step.Text("do"))
        {
            case "gpu_fault":
                return Fault(step, found);
            case "bind":
                return Bind(step);
            case "exec":
                return Exec();
            case "gc_worker":
                Device.Pump();
                return Errno.Ok;
            case "evict_block":
                return State.FindBlock(step.Number("block"))?.MoveOut() ?? Errno.Ok;
            case "sleep":
                Clock.Advance(step.Number("ms") * 1_000_000L);
                return Errno.Ok;
            case "fail":
                Fail(step);
                return Errno.Ok;
            case "ban":
                using (Vm.Context.Enter())
                    Vm.Context.Ban();
                return Errno.Ok;
            case "close":
                // Only what comes first: the rest of the end of a VM is not in the vectors.
                using (Vm.Context.Enter())
                    Vm.Context.IsClosed = true;
                Space.Close();
                return Errno.Ok;
            default:
                return _advice.TryRun(step, found) ?? throw new MalformedRecordException($"'do' is not known: {step.Text("do")}");
        }
    }

    protected override void EndStep(Dictionary<string, string> found)
    {
        ForgetPageSizes();
        if (!_isAdvice)
            _flushes.Forget(IsOfMovedBo);
        Add(found, "tlb", Text.ListOrNothing(_flushes.Records()));
        Add(found, "pt", Text.ListOrNothing(_tables));
        Add(found, "stats", Statistics());
        found["r"] = Text.List(AllRanges().Select(RecordOf));
        found["vma"] = Text.List(Vmas());
        found["up"] = _userptrs.Userptrs();
        if (Vm.Context.IsBanned && !_isBanned)
            found["banned"] = "1";
        _isBanned = Vm.Context.IsBanned;
    }

    /// <summary>Objects never move in the world of the vectors, so nothing of them is zapped but by advice.</summary>
    private bool IsOfMovedBo(TlbRecord flush)
    {
        GpuvaSpace space = Vm.Context.Space;
        int vma = space.Find(flush.Start);
        return vma != 0 && space.Vmas[vma].HasBo && space.Vmas[vma].Start == flush.Start && space.Vmas[vma].End == flush.End;
    }

    /// <summary>The world of the vectors has no tables and so no sizes of pages: as long as nothing is known a piece is bound anew unless
    /// its border is one of 1 GiB.</summary>
    private void ForgetPageSizes()
    {
        GpuvaSpace space = Vm.Context.Space;
        for (int vma = space.NextFrom(0); vma != 0; vma = space.NextFrom(space.Vmas[vma].End))
            space.Vmas[vma].Flags &= ~VmaFlags.SizeMask;
    }

    private Errno Fault(JsonElement step, Dictionary<string, string> found)
    {
        int tile = step.Number("tile", max: 1);
        var fault = new GpuFault
        {
            Gt = tile * Device.Platform.GtSlotsPerTile,
            Asid = Vm.TlbVm.Asid,
            PageAddress = step.Hex("addr"),
            Access = step.OneOf("access", ("read", GpuAccessKind.Read), ("write", GpuAccessKind.Write), ("atomic", GpuAccessKind.Atomic)),
        };
        found[StepView.PassedBefore] = Passes(fault, tile);
        var service = new FaultService(_counts ??= Device.Mirrors.AddLanes());
        service.Begin(fault);
        service.Run(Device.Faults);
        found[StepView.PassesAfter] = Passes(fault, tile);
        // An atomic is refused after the bind that was in vain; whatever else fails has bound nothing, though it may have tried.
        if (service.Why.Errno is Errno.Ok or Errno.EACCES)
            NoteVmas();
        return service.Why.Errno;
    }

    private string Passes(in GpuFault fault, int tile)
    {
        using (Vm.Context.Enter())
            return FaultedEntry.LetsPass(Vm.Context, tile, fault.PageAddress, fault.Access) ? "1" : "0";
    }

    /// <summary>A job, before which the VM is brought up to date.</summary>
    private Errno Exec()
    {
        uint before = Vm.Context.Call.Number;
        _queue ??= File.CreateQueue(Vm, default(DrmXeEngineClassInstance));
        Errno error = File.Exec(_queue.Id, 0x1000UL);
        if (Vm.Context.Call.Number != before)
            NoteVmas();
        // The job runs at once: nothing is in flight between steps.
        Device.Pump();
        return error;
    }

    private Errno Bind(JsonElement step)
    {
        var call = new DrmXeVmBind { VmId = Vm.Id, NumBinds = 1 };
        call.Bind = new DrmXeVmBindOp
        {
            Op = (VmBindOp)step.UInt32("op"),
            Flags = (VmBindFlags)step.UInt32("flags"),
            Addr = step.Hex("addr"),
            Range = step.Hex("range"),
            Obj = step.UInt32("obj"),
            ObjOffset = step.Hex("off"),
            PrefetchMemRegionInstance = (uint)step.Field("region").GetInt32(),
            PatIndex = (ushort)step.UInt32("pat"),
        };
        Errno error = File.VmBind(call);
        if (error == Errno.Ok)
            NoteVmas();
        return error;
    }

    /// <summary>The binds of VMAs in the last call.</summary>
    private void NoteVmas()
    {
        var binds = new Dictionary<int, uint>();
        foreach (TileUpdate tile in Vm.Context.Call.Tiles)
        {
            foreach (ref readonly PtOp op in tile.Ops.Items)
            {
                if (op.Kind == PtOpKind.Bind && op.Range == 0 && op.Vma != 0)
                    binds[op.Vma] = binds.GetValueOrDefault(op.Vma) | tile.TileBit;
            }
        }

        foreach ((int vma, uint tiles) in binds)
        {
            ref Vma v = ref Vm.Context.Space.Vmas[vma];
            _tables.Add(Text.List("\"bind_vma\"", Text.Hex(v.Start), Text.Hex(v.End), Text.Number(tiles)));
        }
    }

    private void Fail(JsonElement step)
    {
        FailureInjector failures = Device.Failures;
        failures.Arm(FailurePoint.BlockAllocation, times: step.Number("alloc"), error: (Errno)step.Field("alloc_err").GetInt32());
        failures.Arm(FailurePoint.Copy, times: step.Number("copy"), error: Errno.EIO);
        failures.Arm(FailurePoint.RangeBind, times: step.Number("bind"), error: (Errno)step.Field("bind_err").GetInt32());
        failures.Arm(FailurePoint.RangeUnbind, times: step.Number("unbind"), error: Errno.ENOMEM);
    }

    private void Pass(FailurePoint point)
    {
        if ((point == FailurePoint.RangeCommit || (point == FailurePoint.Run && IsCommitOfVmas())) && ++_commits == _during?.At)
            RunDuring(_during.Value.Step);
    }

    /// <summary>The place is passed once for each tile of a bind, also of one that only takes away what was mapped.</summary>
    private bool IsCommitOfVmas()
    {
        if (_tilesToPass-- > 0)
            return false;
        _tilesToPass = 0;
        bool isOfVmas = false;
        foreach (TileUpdate tile in Vm.Context.Call.Tiles)
        {
            _tilesToPass += tile.HasWork ? 1 : 0;
            foreach (ref readonly PtOp op in tile.Ops.Items)
                isOfVmas |= op.Range == 0 && op.Vma != 0;
        }

        _tilesToPass--;
        return isOfVmas;
    }

    private void MakeBos(bool isDiscrete)
    {
        foreach (uint placements in (ReadOnlySpan<uint>)[1, 2, 3])
        {
            var args = new DrmXeGemCreate { Size = BoSize, Placement = isDiscrete ? placements : 1, CpuCaching = CpuCaching.WriteCombined };
            Errno error = File.GemCreate(ref args);
            if (error != Errno.Ok)
                throw new MalformedRecordException($"no BO can be made: {error}");
        }
    }

    private string RecordOf(int slot)
    {
        ref SvmRange range = ref Ranges[slot];
        return Text.List(
            Text.Hex(range.Start), Text.Hex(range.End), Text.Word(FlagsOf(range)),
            Text.Number(PagesText.TileOf(range)), PagesText.Of(Ranges, slot),
            Text.Number(range.TilePresent), Text.Number(range.TileInvalidated));
    }

    private IEnumerable<string> Vmas()
    {
        GpuvaSpace space = Vm.Context.Space;
        for (int vma = space.NextFrom(0); vma != 0; vma = space.NextFrom(space.Vmas[vma].End))
            yield return RecordOf(space.Vmas[vma]);
    }

    private static string FlagsOf(in Vma v) =>
        ((v.Flags & VmaFlags.ReadOnly) != 0 ? "R" : "") + (v.IsNull ? "S" : "") + (v.IsMirror ? "M" : "")
        + ((v.Flags & VmaFlags.Dumpable) != 0 ? "D" : "") + ((v.Flags & VmaFlags.Autoreset) != 0 ? "A" : "") + (v.IsUserptr ? "U" : "");

    private static string AttributesOf(in Vma v) => string.Join(
        ',', Text.Number((uint)v.Attributes.Atomic), Text.Number(v.Attributes.Pat), Text.Number(v.Attributes.DefaultPat),
        Text.Number(v.Attributes.PreferredDevice), Text.Number(v.Attributes.MigrationPolicy), Text.Number(v.Attributes.Pagemap - 1));

    private string RecordOf(in Vma v)
    {
        int bo = v.Bo;
        long handle = bo == 0 ? -1 : File.Bos.First(item => item.Number == bo).Handle;
        return Text.List(
            Text.Hex(v.Start), Text.Hex(v.End), Text.Word(FlagsOf(v)), Text.Number(handle), Text.Hex(v.Offset), AttributesOf(v),
            Text.Number(v.TilePresent), Text.Number(v.TileInvalidated));
    }

    /// <summary>Times differ, and invalidations have a field of their own.</summary>
    private static bool IsInVectors(GtCounter counter) =>
        counter != GtCounter.TlbInvalCount && !GtStatistics.Names[(int)counter].EndsWith("_us", StringComparison.Ordinal);

    /// <summary><c>stats</c>: what has been counted in the step, by tile; times are left out.</summary>
    private string Statistics()
    {
        var tiles = new List<string>();
        for (int tile = 0; tile < _statistics.Length; tile++)
        {
            var counts = new List<string>();
            GtStatistics now = Device.Mirrors.StatisticsOf(tile);
            for (int i = 0; i < GtStatistics.Names.Count; i++)
            {
                long value = now[(GtCounter)i];
                if (value != _statistics[tile][i] && IsInVectors((GtCounter)i))
                    counts.Add($"{Text.Word(GtStatistics.Names[i])}:{Text.Number(value - _statistics[tile][i])}");
                _statistics[tile][i] = value;
            }

            counts.Sort(StringComparer.Ordinal);
            tiles.Add($"{{{string.Join(',', counts)}}}");
        }

        while (tiles.Count > 0 && tiles[^1] == "{}")
            tiles.RemoveAt(tiles.Count - 1);
        return Text.ListOrNothing(tiles);
    }

    private sealed class Tracer(List<string> tables) : SvmTracer
    {
        public override void Bound(in SvmRange range, uint tiles, in Vma mirror) => tables.Add(Text.List(
            "\"bind\"", Text.Hex(range.Start), Text.Hex(range.End), Text.Number(tiles),
            (mirror.Flags & VmaFlags.ReadOnly) != 0 ? "1" : "0", Text.Number(mirror.Attributes.Pat),
            Text.Number((uint)mirror.Attributes.Atomic)));

        public override void Unbinding(in SvmRange range) => tables.Add(Text.List(
            "\"unbind\"", Text.Hex(range.Start), Text.Hex(range.End), Text.Number(range.TilePresent),
            Text.Number(range.TilePresent & ~range.TileInvalidated)));
    }
}
