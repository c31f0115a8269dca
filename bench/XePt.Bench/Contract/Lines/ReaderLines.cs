namespace XePt.Bench.Contract;

/// <summary>P13: a walker beside a thread that binds and unbinds in the same VM without a pause.</summary>
internal static class ReaderLines
{
    private const int Count = 1 << 14;

    public static IEnumerable<ContractLine> All()
    {
        yield return ContractLine.Of(
            "P13", "rate of a walker under binds in its VM ÷ idle", Goal.AtLeast(0.9), UnderBinds, margin: 0.2);
    }

    private static PairCase UnderBinds()
    {
        var fixture = new BindFixture(2UL << 20, 4096, isVram: false, neighbours: 4096);
        XeWalker walker = fixture.Vm.OpenWalker();
        var writer = new Writer(fixture);
        return new PairCase(
            new Side(Count, () => Walk(walker), () => writer.IsBusy = true),
            new Side(Count, () => Walk(walker), () => writer.IsBusy = false),
            writer, walker, fixture);
    }

    private static void Walk(XeWalker walker)
    {
        ulong sum = 0;
        for (ulong i = 0; i < Count; i++)
        {
            // A refresh per 256 translations, as a simulated core would do it.
            if (i % 256 == 0)
                walker.Refresh();
            sum += walker.Translate(BindFixture.NeighbourBase + ((i * 0x9e3779b1) & 0xfff_0000)).Entry;
        }

        if (sum == 0)
            throw new InvalidOperationException("nothing is mapped");
    }

    /// <summary>Binds and unbinds while it is busy.</summary>
    private sealed class Writer : IDisposable
    {
        private readonly Thread _thread;
        private volatile bool _isBusy, _isAtWork, _isStopping;

        public Writer(BindFixture fixture)
        {
            _thread = new Thread(() =>
            {
                while (!_isStopping)
                {
                    // Written only when it changes: the walker may be its neighbour in memory.
                    bool isBusy = _isBusy;
                    if (_isAtWork != isBusy)
                        _isAtWork = isBusy;
                    if (isBusy)
                        fixture.BindAndUnbind();
                    else
                        Thread.Yield();
                }
            });
            _thread.Start();
        }

        /// <summary>It binds; returns when it has begun, or ended.</summary>
        public bool IsBusy
        {
            set
            {
                _isBusy = value;
                while (_isAtWork != value)
                    Thread.Yield();
            }
        }

        public void Dispose()
        {
            _isStopping = true;
            _thread.Join();
        }
    }
}
