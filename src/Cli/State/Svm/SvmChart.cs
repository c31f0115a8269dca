using XePt.Cli.Input;

namespace XePt.Cli.State.Svm;

/// <summary>What is to be drawn of a VM: rows of addresses, and the records in which something of a row changed.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Rows">By address.</param>
/// <param name="Moments">By time.</param>
internal sealed record SvmChart(VmHistory Vm, IReadOnlyList<SvmRow> Rows, IReadOnlyList<SvmMoment> Moments)
{
    /// <summary>Cells of all rows.</summary>
    private const long MaxCells = 1 << 22;

    /// <param name="vm">The VM.</param>
    /// <param name="ofNotifiers">Rows are notifiers, not ranges.</param>
    /// <param name="most">Rows there may be; the nearest share one when there are more.</param>
    /// <exception cref="MalformedRecordException">It is too much.</exception>
    public static SvmChart Of(VmHistory vm, bool ofNotifiers, int most)
    {
        (ulong Start, ulong End)[][] groups = [.. Groups(IntervalsOf(vm, ofNotifiers), most)];
        if ((long)groups.Length * vm.Looks.Count > MaxCells)
            throw new MalformedRecordException($"more than {MaxCells} states of ranges (--stop-at LINE shows less)");
        SvmRow[] rows = [.. groups
            .Select(group => new SvmRow(group, [.. vm.Looks.Select(look => SvmCell.Of(look, group, ofNotifiers))]))];
        int[] news = [.. Enumerable.Range(0, vm.Looks.Count).Where(i => IsNew(rows, i))];
        return new SvmChart(
            vm, [.. rows.Select(row => row with { Cells = [.. news.Select(i => row.Cells[i])] })],
            [.. news.Select(i => vm.Looks[i].Moment)]);
    }

    private static (ulong Start, ulong End)[] IntervalsOf(VmHistory vm, bool ofNotifiers)
    {
        var intervals = new SortedSet<(ulong Start, ulong End)>();
        foreach (SvmLook look in vm.Looks)
            intervals.UnionWith(IntervalsOf(look.State, ofNotifiers));
        return [.. intervals];
    }

    private static IEnumerable<(ulong Start, ulong End)> IntervalsOf(SvmState state, bool ofNotifiers) => ofNotifiers
        ? state.Notifiers.Select(notifier => (notifier.Start, notifier.End))
        : state.Ranges.Select(range => (range.Start, range.End));

    /// <summary>A look is worth a column when a row looks other than before; nothing before the first thing that there is.</summary>
    private static bool IsNew(SvmRow[] rows, int look) => rows.Any(row => look == 0
        ? row.Cells[0].Shares.Any(share => share.Place.Home != PageHome.Unmapped) || row.Cells[0].Exists
        : !row.Cells[look].IsLike(row.Cells[look - 1]));

    /// <summary>Each interval by itself, or when they are too many, the nearest together.</summary>
    private static IEnumerable<(ulong Start, ulong End)[]> Groups((ulong Start, ulong End)[] intervals, int most)
    {
        if (intervals.Length == 0)
            return [];
        int[] starts = [.. Enumerable.Range(1, intervals.Length - 1)
            .OrderByDescending(i => intervals[i].Start > intervals[i - 1].End ? intervals[i].Start - intervals[i - 1].End : 0)
            .ThenBy(i => i).Take(most - 1).Append(0).Order()];
        return starts.Select((start, i) => intervals[start..(i + 1 < starts.Length ? starts[i + 1] : intervals.Length)]);
    }
}

/// <summary>A row: one interval, or neighbours that share it.</summary>
/// <param name="Intervals">By address.</param>
/// <param name="Cells">One for each moment.</param>
internal sealed record SvmRow((ulong Start, ulong End)[] Intervals, IReadOnlyList<SvmCell> Cells)
{
    /// <summary>Where it begins.</summary>
    public ulong Start => Intervals[0].Start;

    /// <summary>Where it ends.</summary>
    public ulong End => Intervals.Max(interval => interval.End);
}

/// <summary>A row at one time.</summary>
/// <param name="Exists">The range or notifier is there.</param>
/// <param name="Bound">A bit for each tile that can use any of it.</param>
/// <param name="Memory">Where its bytes are.</param>
internal sealed record SvmCell(bool Exists, int Bound, MemoryShares Memory)
{
    /// <summary>Where its bytes are.</summary>
    public IReadOnlyList<(PagePlace Place, ulong Bytes)> Shares => Memory.Shares;

    public static SvmCell Of(SvmLook look, (ulong Start, ulong End)[] intervals, bool ofNotifiers)
    {
        var pieces = new List<MemoryPiece>();
        ulong bytes = 0;
        int bound = 0;
        bool exists = false;
        foreach ((ulong start, ulong end) in intervals)
        {
            bytes += end - start;
            AddPieces(look.Memory, start, end, pieces);
            exists |= ofNotifiers && look.State.Notifiers.Any(notifier => notifier.Start == start && notifier.End == end);
            IReadOnlyList<SvmRangeState> ranges = look.State.Ranges;
            for (int i = FirstEndingAfter(ranges, start, range => range.End); i < ranges.Count && ranges[i].Start < end; i++)
            {
                bound |= ranges[i].Bound;
                exists |= !ofNotifiers && ranges[i].Start == start && ranges[i].End == end;
            }
        }

        return new SvmCell(exists, bound, MemoryShares.Of(0, bytes, pieces));
    }

    /// <summary>Nothing has changed.</summary>
    public bool IsLike(SvmCell other) => Exists == other.Exists && Bound == other.Bound && Shares.SequenceEqual(other.Shares);

    private static void AddPieces(IReadOnlyList<MemoryPiece> memory, ulong start, ulong end, List<MemoryPiece> into)
    {
        for (int i = FirstEndingAfter(memory, start, piece => piece.End); i < memory.Count && memory[i].Start < end; i++)
            into.Add(memory[i] with { Start = Math.Max(start, memory[i].Start), End = Math.Min(end, memory[i].End) });
    }

    private static int FirstEndingAfter<T>(IReadOnlyList<T> sorted, ulong address, Func<T, ulong> endOf)
    {
        (int low, int high) = (0, sorted.Count);
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = endOf(sorted[middle]) <= address ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
