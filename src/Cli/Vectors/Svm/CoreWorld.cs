using System.Numerics;
using System.Text.Json;
using XePt.Calls;
using XePt.Cli.Input;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Svm;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Svm;

/// <summary>The parts of the mirrors of a VM one by one: ranges and notifiers, page collection, migration.</summary>
internal sealed class CoreWorld : SvmWorld
{
    private readonly bool _hasPages;
    private readonly Pagemap[] _tiles = [];
    private readonly object _stranger = new();
    private readonly List<(string Kind, ulong Notifier, ulong[] Hits)> _callbacks = [];
    private readonly bool _mayMigrate;
    private readonly ulong _presenceLimit;
    private readonly int _owner;
    private int _collections;
    private (int At, JsonElement Step)? _during;
    private long _toDevice, _fromDevice;

    public CoreWorld(JsonElement config, SvmFileKind file)
    {
        _hasPages = file == SvmFileKind.Pages;
        _mayMigrate = _hasPages || config.Flag("devmem");
        _presenceLimit = _hasPages ? 0 : config.Hex("threshold");
        _owner = _hasPages ? 1 : config.Number("owner");
        int bits = BitOperations.Log2(config.Hex("limit"));
        ulong notifier = config.Hex("notifier");
        PlatformInfo platform = XePlatforms.Bmg with { VaBits = bits, RootLevel = 3, VramBytesPerTile = 8UL << 30, TileCount = 1 };
        if (_hasPages)
            _tiles = MakeTiles(platform, notifier, config.Flag("tile1_remote"));
        XeDevice device = _hasPages ? Of(_tiles[0]) : Make(platform, notifier);
        Open(device, VmCreateFlags.LrMode | VmCreateFlags.FaultMode, _tiles);
        for (int tile = 0; _hasPages && tile < 2; tile++)
            Limit(Of(_tiles[tile]), _tiles[tile].Tile, config.Items("vram_pages")[tile].ToInt32("vram_pages"));
        device.Failures.Passing = Pass;
    }

    public override IEnumerable<string> Outputs => _hasPages
        ? ["err", "hit", "collects", "cp", "scan", "slept", "ev", "cb", "cpu", "pg", "n", "r", "gc", "blk"]
        : ["err", "hit", "start", "has", "ev", "cb", "cpu", "pg", "n", "r", "gc"];

    private readonly Dictionary<Pagemap, XeDevice> _devices = [];

    private XeDevice Of(Pagemap tile) => _devices[tile];

    protected override void BeginStep()
    {
        _callbacks.Clear();
        _collections = 0;
        _during = null;
    }

    protected override void EndStep(Dictionary<string, string> found)
    {
        Add(found, "cb", Text.ListOrNothing([.. Callbacks()]));
        found["r"] = Text.List(AllRanges().Select(RecordOf));
        if (_hasPages)
            Add(found, "cp", Copies());
    }

    protected override void Follow(in CpuChange change)
    {
        foreach (SvmNotifier notifier in Notifiers())
        {
            if (notifier.From >= change.Range.End || notifier.To <= change.Range.Start)
                continue;
            ulong start = Math.Max(change.Range.Start, notifier.From), end = Math.Min(change.Range.End, notifier.To);
            ulong[] hits = [.. AllRanges().Where(range => Ranges[range].Start < end && Ranges[range].End > start)
                .Select(range => Ranges[range].Start)];
            _callbacks.Add((ProcessSteps.WordOf(change.Kind), notifier.From, hits));
        }
    }

    protected override Errno Do(JsonElement step, Dictionary<string, string> found)
    {
        switch (step.Text("do"))
        {
            case "fault":
                return Find(step, found);
            case "gc":
                while (Ranges.FirstGarbage != 0)
                    Space.Remove(Ranges.FirstGarbage);
                return Errno.Ok;
            case "remove":
                Space.Remove(RangeAt(step));
                return Errno.Ok;
            case "fini":
                Space.End();
                return Errno.Ok;
            case "vmastart":
                bool isMapped = Space.TryFindMapping(step.Hex("start"), step.Hex("end"), out ulong start);
                found["start"] = Text.Hex(isMapped ? start : ulong.MaxValue);
                return Errno.Ok;
            case "has":
                found["has"] = Ranges.FirstOverlap(step.Hex("start"), step.Hex("end")) != 0 ? "1" : "0";
                return Errno.Ok;
            case "getpages":
                return CollectPages(step, found);
            case "migrate":
                RangeMigration.Migrate(
                    Space, RangeAt(step), TileOf(step), step.Number("timeslice") * 1_000_000L, alone: false, move: null, out Errno error);
                return error;
            case "evict":
                return RangeMigration.Evict(Space, RangeAt(step));
            case "evict_block":
                return State.FindBlock(step.Number("block"))?.MoveOut() ?? Errno.Ok;
            case "scan":
                found["scan"] = Text.Word(WordOf(RangeMigration.Scan(Space, RangeAt(step), TileOf(step))));
                return Errno.Ok;
            case "sleep":
                Clock.Advance(step.Number("ms") * 1_000_000L);
                return Errno.Ok;
            default:
                throw new MalformedRecordException($"'do' is not known: {step.Text("do")}");
        }
    }

    private static string WordOf(PageScan scan) => scan switch
    {
        PageScan.MixedDevice => "mixed_device",
        _ => scan.ToString().ToLowerInvariant(),
    };

    protected override bool JoinsEvents => _hasPages;

    private Pagemap TileOf(JsonElement step) => _tiles[step.Number("tile", max: 2)];

    private int RangeAt(JsonElement step) => Ranges.Containing(step.Hex("addr")) is var range and not 0
        ? range : throw new MalformedRecordException($"no range is at {step.Text("addr")}");

    private object? OwnerOf(int owner) => owner switch
    {
        0 => null,
        1 => Device.Mirrors.Owner,
        _ => _tiles.Length > 2 ? _tiles[2].Device.Owner : _stranger,
    };

    private Errno Find(JsonElement step, Dictionary<string, string> found)
    {
        JsonElement[] va = step.Field("va").ToArray("va", 2);
        ulong limit = _hasPages ? step.Hex("threshold") : _presenceLimit;
        var request = new RangeRequest(
            step.Hex("addr"), va[0].ToUInt64("va"), va[1].ToUInt64("va"), step.Flag("ro"), limit, OwnerOf(_owner), _mayMigrate);
        Errno error = RangeLookup.FindOrInsert(Space, request, out int range);
        if (error == Errno.Ok)
            found["hit"] = Text.List(Text.Hex(Ranges[range].Start), Text.Hex(Ranges[range].End));
        return error;
    }

    private Errno CollectPages(JsonElement step, Dictionary<string, string> found)
    {
        if (step.TryGetProperty("during", out JsonElement during))
            _during = (during.Number("after_collect"), during.Field("in"));
        var demand = new PageDemand(OwnerOf(step.Number("owner")), step.Flag("ro"), step.Flag("devmem_only"), step.Flag("mixed"));
        Errno error = RangePages.Collect(Space, RangeAt(step), demand);
        found["collects"] = Text.Number(_collections);
        return error;
    }

    private void Pass(FailurePoint point)
    {
        if (point == FailurePoint.PageCollection && ++_collections == _during?.At)
            RunDuring(_during.Value.Step);
    }

    private string RecordOf(int slot)
    {
        ref SvmRange range = ref Ranges[slot];
        string head = $"{Text.Hex(range.Start)},{Text.Hex(range.End)},{Text.Word(FlagsOf(range))}";
        return _hasPages
            ? $"[{head},{Text.Number(PagesText.TileOf(range))},{PagesText.Of(Ranges, slot)}]"
            : $"[{head}]";
    }

    private IEnumerable<string> Callbacks()
    {
        for (int i = 0; i < _callbacks.Count;)
        {
            int last = i;
            while (_hasPages && last + 1 < _callbacks.Count && IsSame(_callbacks[last], _callbacks[last + 1]))
                last++;
            (string kind, ulong notifier, ulong[] hits) = _callbacks[i];
            string text = $"{Text.Word(kind)},{Text.Hex(notifier)},{Text.List(hits.Select(Text.Hex))}";
            yield return last == i ? $"[{text}]" : $"[{text},{last - i + 1}]";
            i = last + 1;
        }
    }

    private static bool IsSame((string Kind, ulong Notifier, ulong[] Hits) one, (string Kind, ulong Notifier, ulong[] Hits) next) =>
        one.Kind == next.Kind && one.Notifier == next.Notifier && one.Hits.SequenceEqual(next.Hits);

    private string Copies()
    {
        long to = 0, from = 0;
        foreach (MirrorDevice device in _tiles.Select(tile => tile.Device).Distinct())
        {
            to += device.Statistics.Sum(gt => gt[GtCounter.SvmDeviceCopyKb]) / 4;
            from += device.Statistics.Sum(gt => gt[GtCounter.SvmCpuCopyKb]) / 4;
        }

        string text = to == _toDevice && from == _fromDevice ? "" : Text.List(Text.Number(to - _toDevice), Text.Number(from - _fromDevice));
        (_toDevice, _fromDevice) = (to, from);
        return text;
    }

    /// <summary>Tiles 0 and 1 of one interconnect, perhaps of two devices, and one of a stranger.</summary>
    private Pagemap[] MakeTiles(PlatformInfo platform, ulong notifier, bool isRemote)
    {
        var interconnect = new XeInterconnect();
        PlatformInfo twoTiles = platform with { TileCount = 2, GtSlotsPerTile = 2, VramDpaBase = [0, 1UL << 40] };
        XeDevice near = Make(isRemote ? platform : twoTiles, notifier, interconnect);
        XeDevice far = isRemote ? Make(platform, notifier, interconnect) : near;
        XeDevice foreign = Make(platform, notifier);
        Pagemap[] tiles = [near.Mirrors.Pagemaps[0], far.Mirrors.Pagemaps[isRemote ? 0 : 1], foreign.Mirrors.Pagemaps[0]];
        (_devices[tiles[0]], _devices[tiles[1]], _devices[tiles[2]]) = (near, far, foreign);
        return tiles;
    }
}
