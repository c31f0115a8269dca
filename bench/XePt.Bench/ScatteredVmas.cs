namespace XePt.Bench;

/// <summary>A VM with VMAs of a page every 64 KiB, and random places among them.</summary>
internal sealed class ScatteredVmas : IDisposable
{
    /// <summary>Places that one turn uses.</summary>
    public const int Batch = 1 << 10;

    /// <summary>Places that there are; a power of two.</summary>
    public const int PlaceCount = 1 << 20;

    /// <summary>From one VMA to the next.</summary>
    public const ulong Step = 64 << 10;

    /// <summary>Bytes of the places.</summary>
    public const int OwnBytes = PlaceCount * sizeof(ulong);

    private readonly BindFixture _fixture;
    private readonly XeWalker _walker;
    private readonly ulong[] _places = new ulong[PlaceCount];
    private int _first;

    public ScatteredVmas(int vmas)
    {
        _fixture = new BindFixture(4096, 4096, isVram: false, vmas);
        _walker = _fixture.Vm.OpenWalker();
        var random = new Random(1);
        for (int i = 0; i < PlaceCount; i++)
            _places[i] = BindFixture.NeighbourBase + ((ulong)random.Next(vmas) * Step);
    }

    /// <summary>Where the VMAs lie that are gone to, in order.</summary>
    public ReadOnlySpan<ulong> Places => _places;

    /// <summary>Levels of the VM's page tables.</summary>
    public int Levels => _fixture.Vm.TraceWalk(_places[0]).Count;

    /// <summary>Bytes of the VM's page tables.</summary>
    public long TableBytes => (long)_fixture.Vm.File.Device.TablesInUse * 4096;

    /// <summary>Beside a VMA.</summary>
    public void Bind(int at) => _fixture.BindAndUnbindAt(_places[_first + at] + (8 << 10));

    public void Find(int at)
    {
        if (_fixture.Vm.FindVma(_places[_first + at]) is null)
            throw new InvalidOperationException("no VMA");
    }

    public void Translate(int at)
    {
        if (!_walker.Translate(_places[_first + at]).IsPresent)
            throw new InvalidOperationException("not mapped");
    }

    /// <summary>On to other places.</summary>
    public void Move() => _first = (_first + Batch) & (PlaceCount - 1);

    public void Dispose()
    {
        _walker.Dispose();
        _fixture.Dispose();
    }
}
