namespace XePt.Tests.Properties;

internal enum PageKind
{
    Bo,
    Userptr,
    Null,
    Mirror,
}

/// <summary>What the model knows of one page (unit) of address space.</summary>
/// <param name="Map">Number of the map op it came from; neighbours of one number are one VMA.</param>
/// <param name="Bo">Which BO, or -1.</param>
/// <param name="Offset">Bytes into the BO or the CPU memory.</param>
/// <param name="IsBound">An access must not fault. Otherwise it may, or it finds exactly this page.</param>
internal readonly record struct ModelPage(int Map, PageKind Kind, int Bo, ulong Offset, ushort Pat, bool IsReadOnly, bool IsBound);

/// <summary>
/// The naive model of a VM: a dictionary of pages and what each came from. It knows no tables, no splits and no leaf sizes; a VMA is a run
/// of neighbouring pages that one map op made.
/// </summary>
internal sealed class VmModel
{
    private readonly SortedDictionary<int, ModelPage> _pages;
    private int _maps;

    public VmModel()
        : this([], 0)
    {
    }

    private VmModel(SortedDictionary<int, ModelPage> pages, int maps) => (_pages, _maps) = (pages, maps);

    public VmModel Clone() => new(new SortedDictionary<int, ModelPage>(_pages), _maps);

    public ModelPage? this[int unit] => _pages.TryGetValue(unit, out ModelPage page) ? page : null;

    public void Map(int first, int count, ModelPage page, ulong unitBytes)
    {
        _maps++;
        for (int i = 0; i < count; i++)
        {
            ulong offset = page.Kind is PageKind.Bo or PageKind.Userptr ? page.Offset + ((ulong)i * unitBytes) : 0;
            _pages[first + i] = page with { Map = _maps, Offset = offset };
        }
    }

    /// <summary>A mirror that begins one page behind the new one is taken for a neighbour, and the page between becomes mirror too
    /// (BIND-133).</summary>
    public int MirrorEnd(int end) => !_pages.ContainsKey(end) && this[end + 1]?.Kind == PageKind.Mirror ? end + 1 : end;

    public void Unmap(int first, int count)
    {
        for (int i = 0; i < count; i++)
            _pages.Remove(first + i);
    }

    public void UnmapBo(int bo)
    {
        foreach (int unit in _pages.Where(page => page.Value.Bo == bo).Select(page => page.Key).ToArray())
            _pages.Remove(unit);
    }

    /// <summary>Marks pages of a BO as no longer bound, as a move in a fault VM does.</summary>
    public void Invalidate(int bo) => SetBound(_pages.Where(page => page.Value.Bo == bo).Select(page => page.Key), isBound: false);

    public void SetBound(IEnumerable<int> units, bool isBound)
    {
        foreach (int unit in units.ToArray())
            _pages[unit] = _pages[unit] with { IsBound = isBound };
    }

    /// <summary>The VMA around a page as first and last unit, or null where there is none.</summary>
    public (int First, int Last)? RunAt(int unit)
    {
        if (this[unit] is not { } page)
            return null;

        int first = unit, last = unit;
        while (this[first - 1]?.Map == page.Map)
            first--;
        while (this[last + 1]?.Map == page.Map)
            last++;
        return (first, last);
    }

    /// <summary>All VMAs, by address.</summary>
    public IEnumerable<(int First, int Last, ModelPage Page)> Runs()
    {
        (int First, int Last, ModelPage Page)? open = null;
        foreach ((int unit, ModelPage page) in _pages)
        {
            if (open is { } run && run.Last + 1 == unit && run.Page.Map == page.Map)
            {
                open = run with { Last = unit };
                continue;
            }

            if (open is { } done)
                yield return done;
            open = (unit, unit, page);
        }

        if (open is { } last)
            yield return last;
    }
}
