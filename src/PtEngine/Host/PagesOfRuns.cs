using System.Runtime.CompilerServices;

namespace XePt.Host;

/// <summary>The pages of runs, one after the other, each as a run of its own: for what a host does page by page.</summary>
internal ref struct PagesOfRuns(ReadOnlySpan<CpuPageRun> runs)
{
    private readonly ReadOnlySpan<CpuPageRun> _runs = runs;
    private int _run;
    private int _page = -1;

    public readonly CpuPageRun Current
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _runs[_run].PageAt(_page);
    }

    public readonly PagesOfRuns GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_run < _runs.Length && ++_page == _runs[_run].Pages)
            (_run, _page) = (_run + 1, 0);
        return _run < _runs.Length;
    }
}
