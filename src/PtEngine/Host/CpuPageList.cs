using System.Runtime.InteropServices;

namespace XePt.Host;

/// <summary>Pages of a process in address order, as runs, in a buffer that its owner uses again and again: in a steady state it allocates
/// nothing. Single user.</summary>
public sealed class CpuPageList
{
    private readonly List<CpuPageRun> _runs = [];

    /// <summary>The runs, in the order they were added.</summary>
    public ReadOnlySpan<CpuPageRun> Runs => CollectionsMarshal.AsSpan(_runs);

    /// <summary>The pages of the runs, one after the other.</summary>
    internal PagesOfRuns EachPage => new(Runs);

    /// <summary>Pages of all runs.</summary>
    public long Pages { get; private set; }

    /// <summary>Pages of the runs that are not absent.</summary>
    public long PresentPages { get; private set; }

    /// <summary>Forgets everything; the buffer stays.</summary>
    public void Clear()
    {
        _runs.Clear();
        Pages = PresentPages = 0;
    }

    /// <summary>Adds pages behind those that are there; they join the last run when they go on where it ends.</summary>
    /// <param name="run">One page or more.</param>
    public void Add(in CpuPageRun run)
    {
        Pages += run.Pages;
        PresentPages += run.Kind != CpuPageKind.Absent ? run.Pages : 0;
        if (_runs.Count > 0)
        {
            ref CpuPageRun last = ref CollectionsMarshal.AsSpan(_runs)[^1];
            if (last.IsContinuedBy(in run))
            {
                last = last with { Pages = last.Pages + run.Pages };
                return;
            }
        }

        _runs.Add(run);
    }

    /// <summary>The runs, one after the other.</summary>
    public override string ToString() => Runs.Length == 0 ? "no pages" : string.Join(", ", _runs);
}
