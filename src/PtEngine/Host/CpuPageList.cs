namespace XePt.Host;

/// <summary>Pages of a process in address order, as runs, in a buffer that its owner uses again and again: in a steady state it allocates
/// nothing. Single user.</summary>
public sealed class CpuPageList
{
    private CpuPageRun[] _runs = new CpuPageRun[4];
    private int _count;
    private bool _hasBlocks;

    /// <summary>The runs, in the order they were added.</summary>
    public ReadOnlySpan<CpuPageRun> Runs => _runs.AsSpan(0, _count);

    /// <summary>The pages of the runs, one after the other.</summary>
    internal PagesOfRuns EachPage => new(Runs);

    /// <summary>Pages of all runs.</summary>
    public long Pages { get; private set; }

    /// <summary>Pages of the runs that are not absent.</summary>
    public long PresentPages { get; private set; }

    /// <summary>Forgets everything; the buffer stays.</summary>
    public void Clear()
    {
        // A block is not to be held by a list that is not in use.
        if (_hasBlocks)
            Array.Clear(_runs, 0, _count);
        _hasBlocks = false;
        _count = 0;
        Pages = PresentPages = 0;
    }

    /// <summary>Adds pages behind those that are there; they join the last run when they go on where it ends.</summary>
    /// <param name="run">One page or more.</param>
    public void Add(in CpuPageRun run)
    {
        Pages += run.Pages;
        PresentPages += run.Kind != CpuPageKind.Absent ? run.Pages : 0;
        if (_count > 0)
        {
            ref CpuPageRun last = ref _runs[_count - 1];
            if (last.IsContinuedBy(in run))
            {
                last = last with { Pages = last.Pages + run.Pages };
                return;
            }
        }

        if (_count == _runs.Length)
            Array.Resize(ref _runs, 2 * _count);
        _runs[_count++] = run;
        _hasBlocks |= run.Block is not null;
    }

    /// <summary>The runs, one after the other.</summary>
    public override string ToString() => Runs.Length == 0 ? "no pages" : string.Join(", ", Runs.ToArray());
}
