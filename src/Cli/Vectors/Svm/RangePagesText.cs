using System.Numerics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Memory;
using XePt.Svm;

namespace XePt.Cli.Vectors.Svm;

/// <summary>The pages of ranges and userptrs in the terms of the vectors. What they keep is held against where the pages are now; the order
/// of an entry is that of when it was collected, which the engine has no use for: it stays until a change of the pages has them collected
/// anew, also when the huge page is split meanwhile by a change beside them.</summary>
internal sealed class RangePagesText(ModelProcess process, XeDevice device, BlockNumbers blocks)
{
    private Dictionary<Place, List<Entry>> _before = [], _now = [];

    /// <summary>What has pages: a range, or a userptr by its CPU addresses.</summary>
    private readonly record struct Place(bool IsRange, int Slot, ulong Start, ulong End);

    /// <summary>A step begins.</summary>
    public void BeginStep() => (_before, _now) = (_now, []);

    /// <summary>The CPU's pages are about to change.</summary>
    public void Change(AddressRange change)
    {
        foreach (Place place in _before.Keys.Where(place => place.Start < change.End && place.End > change.Start).ToArray())
            _before.Remove(place);
    }

    /// <summary>A change beside a range may split the huge page that both are in.</summary>
    public void Keep(SvmRangeMap ranges, int slot) => Keep(PlaceOf(ranges, slot), offset => AddressAt(ranges, slot, offset));

    /// <summary>The same for a userptr.</summary>
    public void KeepUserptr(int slot, ulong start, ulong end, Func<ulong, ulong> addressAt) =>
        Keep(new Place(false, slot, start, end), addressAt);

    /// <summary>The entries, in runs of one kind and order.</summary>
    public string Of(SvmRangeMap ranges, int slot) => ranges[slot].Has(SvmRangeFlags.HasPages)
        ? Of(PlaceOf(ranges, slot), offset => AddressAt(ranges, slot, offset)) : "[]";

    /// <summary>The entries of a userptr.</summary>
    /// <param name="slot">Its number.</param>
    /// <param name="start">First address.</param>
    /// <param name="end">End.</param>
    /// <param name="addressAt">What the device keeps for an offset.</param>
    public string OfUserptr(int slot, ulong start, ulong end, Func<ulong, ulong> addressAt) =>
        Of(new Place(false, slot, start, end), addressAt);

    private static Place PlaceOf(SvmRangeMap ranges, int slot) => new(true, slot, ranges[slot].Start, ranges[slot].End);

    private static ulong AddressAt(SvmRangeMap ranges, int slot, ulong offset) => ranges[slot].Pages.CursorAt(offset).AddressAt(offset);

    private string Of(in Place place, Func<ulong, ulong> addressAt)
    {
        Keep(place, addressAt);
        List<Entry> runs = _now[place] = _before[place];
        return Text.List(runs.Select(run => run.ToString()));
    }

    private void Keep(in Place place, Func<ulong, ulong> addressAt)
    {
        List<Entry> runs = Now(place.Start, place.End, addressAt);
        if (!_before.TryGetValue(place, out List<Entry>? before) || !AreSamePages(before, runs))
            _before[place] = runs;
    }

    private static bool AreSamePages(List<Entry> one, List<Entry> other) => Joined(one).SequenceEqual(Joined(other));

    /// <summary>The runs, whatever their orders.</summary>
    private static List<Entry> Joined(List<Entry> runs)
    {
        var joined = new List<Entry>();
        foreach (Entry run in runs)
            Append(joined, run with { Order = 0 });
        return joined;
    }

    private static void Append(List<Entry> runs, in Entry entry)
    {
        if (runs.Count > 0 && runs[^1].IsContinuedBy(entry))
            runs[^1] = runs[^1] with { Pages = runs[^1].Pages + entry.Pages };
        else
            runs.Add(entry);
    }

    private List<Entry> Now(ulong start, ulong end, Func<ulong, ulong> addressAt)
    {
        var pages = new CpuPageList();
        process.Describe(new AddressRange(start, end), pages);
        var runs = new List<Entry>();
        int index = 0, total = (int)((end - start) >> 12);
        foreach (CpuPageRun run in pages.Runs)
        {
            // An entry of a huge page may go on over several runs.
            for (int i = index - (int)((run.Address - start) >> 12); i < run.Pages;)
            {
                Entry entry = EntryOf(start, addressAt, run, i, total - index);
                Append(runs, entry);
                i += entry.Pages;
                index += entry.Pages;
            }
        }

        return runs;
    }

    /// <summary>The tile that the range's device pages are of, or -1; -2 when the range says otherwise.</summary>
    public int TileOf(in SvmRange range)
    {
        if (range.Pagemap == 0)
            return -1;
        var pages = new CpuPageList();
        process.Describe(new AddressRange(range.Start, range.End), pages);
        foreach (CpuPageRun run in pages.Runs)
        {
            if (run.Block is SvmBlock block)
                return block.Pagemap.Number == range.Pagemap ? blocks.TileOf(block) : -2;
        }

        return -2;
    }

    private Entry EntryOf(ulong start, Func<ulong, ulong> addressAt, in CpuPageRun run, int page, int left)
    {
        ulong offset = run.Address - start + ((ulong)page << 12);
        if (run.Block is SvmBlock block)
        {
            bool isLocal = ReferenceEquals(block.Pagemap.Device, device.Mirrors);
            ulong first = isLocal ? block.Address : block.Address - block.Pagemap.Base + block.Pagemap.PeerBase;
            string kind = addressAt(offset) == first + ((ulong)(run.FirstPage + page) << 12) ? isLocal ? "v" : "p" : "stale";
            return new Entry(kind, 1, 0, blocks.Of(block), run.FirstPage + page);
        }

        ulong frame = run.Frame + ((ulong)page << 12);
        int order = run.Order == 0 ? 0 : BitOperations.Log2((uint)Math.Min(512 - (int)((frame >> 12) & 511), left));
        return new Entry(addressAt(offset) == frame ? "s" : "stale", 1 << order, order, -1, 0);
    }

    /// <summary>A run of entries.</summary>
    private readonly record struct Entry(string Kind, int Pages, int Order, long Block, int First)
    {
        public bool IsContinuedBy(in Entry next) => Kind == next.Kind && Order == next.Order && Block == next.Block
            && (Block < 0 || First + Pages == next.First);

        public override string ToString() => Block < 0
            ? Text.List(Text.Word(Kind), Text.Number(Pages), Text.Number(Order))
            : Text.List(Text.Word(Kind), Text.Number(Pages), Text.Number(Order), Text.Number(Block), Text.Number(First));
    }
}
