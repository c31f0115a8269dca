using XePt.Cli.Traces;
using XePt.Gpuva;
using XePt.Host;
using XePt.Svm;

namespace XePt.Cli.State.Svm;

/// <summary>Takes the state of mirrors.</summary>
internal static class SvmCapture
{
    /// <summary>The mirrors of a VM; null when it has none with anything in them.</summary>
    public static SvmState? Of(XeVm vm)
    {
        SvmRangeMap map = vm.Context.Ranges;
        if (map.Count == 0 && map.NotifierCount == 0)
            return null;
        var ranges = new List<SvmRangeState>(map.Count);
        for (int slot = map.NextFrom(0); slot != 0; slot = map.NextFrom(map[slot].End))
            ranges.Add(Of(map[slot]));
        var notifiers = new List<SvmNotifierState>(map.NotifierCount);
        for (int slot = map.NotifierFrom(0); slot != 0; slot = map.NotifierFrom(map.Notifier(slot).To))
            notifiers.Add(new SvmNotifierState(map.Notifier(slot).From, map.Notifier(slot).To, map.Notifier(slot).Ranges));
        return new SvmState(ranges, notifiers);
    }

    /// <summary>Where the pages of a client's process are, neighbours of one place as one piece.</summary>
    public static List<MemoryPiece> MemoryOf(TraceClient client)
    {
        var pieces = new List<MemoryPiece>();
        if (client.Process.Used is not { } process)
            return pieces;
        var pages = new CpuPageList();
        foreach (CpuVma mapping in process.Mappings)
            Add(process, mapping.Range.Start, mapping.Range.End, client.Device.Device, pages, pieces);
        return pieces;
    }

    /// <summary>Where the pages of an interval are, what is not mapped left out.</summary>
    public static List<MemoryPiece> MemoryOf(TraceClient client, ulong start, ulong end)
    {
        var pieces = new List<MemoryPiece>();
        if (client.Process.Used is not { } process)
            return pieces;
        var pages = new CpuPageList();
        for (ulong at = start; at < end && process.TryFindFirstVma(new(at, end), out CpuVma mapping); at = mapping.Range.End)
        {
            Add(process, Math.Max(at, mapping.Range.Start), Math.Min(end, mapping.Range.End), client.Device.Device, pages, pieces);
            if (mapping.Range.End >= end)
                break;
        }

        return pieces;
    }

    private static void Add(
        ModelProcess process, ulong start, ulong end, XeDevice device, CpuPageList pages, List<MemoryPiece> pieces)
    {
        process.Describe(new(start, end), pages);
        foreach (CpuPageRun run in pages.Runs)
        {
            PagePlace place = PlaceOf(run, device);
            if (pieces.Count > 0 && pieces[^1].End == run.Address && pieces[^1].Place == place)
                pieces[^1] = pieces[^1] with { End = run.Range.End };
            else
                pieces.Add(new MemoryPiece(run.Address, run.Range.End, place));
        }
    }

    private static PagePlace PlaceOf(in CpuPageRun run, XeDevice device) => run switch
    {
        { Kind: CpuPageKind.System } => new PagePlace(PageHome.System),
        { Block: SvmBlock block } when ReferenceEquals(block.Pagemap.Device, device.Mirrors) =>
            new PagePlace(PageHome.Vram, block.Pagemap.Tile),
        { Kind: CpuPageKind.Device } => new PagePlace(PageHome.Other),
        _ => new PagePlace(PageHome.None),
    };

    private static SvmRangeState Of(in SvmRange range) => new(
        range.Start, range.End, range.TilePresent, range.TileInvalidated, range.Has(SvmRangeFlags.Unmapped), range.Notifier == 0);
}
