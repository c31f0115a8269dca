namespace XePt.Bench.Contract;

/// <summary>P13: a walker beside a thread that binds and unbinds in the same VM without a pause.</summary>
internal static class ReaderLines
{
    private const int Count = 1 << 14;

    public static IEnumerable<ContractLine> All()
    {
        yield return ContractLine.Of(
            "P13", "rate of a walker under binds in its VM ÷ under binds in another", Goal.AtLeast(0.9),
            () => UnderBinds(inAnother: true));
        yield return ContractLine.Of(
            "P13", "rate of a walker under binds in its VM ÷ idle", Goal.AtLeast(0.9), () => UnderBinds(inAnother: false));
    }

    private static PairCase UnderBinds(bool inAnother)
    {
        var fixture = new BindFixture(2UL << 20, 4096, isVram: false, neighbours: 4096);
        BindFixture? another = inAnother ? new BindFixture(2UL << 20, 4096, isVram: false) : null;
        XeWalker walker = fixture.Vm.OpenWalker();
        var writer = new Writer();
        return new PairCase(
            new Side(Count, () => Walk(walker), () => writer.Work = fixture),
            new Side(Count, () => Walk(walker), () => writer.Work = another),
            writer, walker, fixture, another);
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

    /// <summary>A thread that binds and unbinds what it is given, or nothing.</summary>
    private sealed class Writer : IDisposable
    {
        private readonly Thread _thread;
        private volatile BindFixture? _given, _inWork;
        private volatile bool _isStopping;

        public Writer()
        {
            _thread = new Thread(() =>
            {
                while (!_isStopping)
                {
                    // Written only when it changes: the walker may be its neighbour in memory.
                    BindFixture? given = _given;
                    if (!ReferenceEquals(_inWork, given))
                        _inWork = given;
                    if (given is not null)
                        given.BindAndUnbind();
                    else
                        Thread.Yield();
                }
            });
            _thread.Start();
        }

        /// <summary>What it works on; returns when it does.</summary>
        public BindFixture? Work
        {
            set
            {
                _given = value;
                while (!ReferenceEquals(_inWork, value))
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
