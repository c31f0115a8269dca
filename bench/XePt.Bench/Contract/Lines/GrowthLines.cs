namespace XePt.Bench.Contract;

/// <summary>How cost grows with the number of VMAs: random places among a million against random places among a thousand.</summary>
internal static class GrowthLines
{
    private const string Category = "Growth";
    private const int Few = 1_000, Many = 1_000_000;
    private const int Batch = 1 << 10;

    public static IEnumerable<ContractLine> All()
    {
        yield return ContractLine.Of(
            Category, "bind + unbind 4 KiB at random among 1 M VMAs ÷ 1 k", Goal.AtMost(2.5, floor: 4),
            () => Grown((vas, at) => vas.Bind(at)));
        yield return ContractLine.Of(
            Category, "VMA look-up at random among 1 M ÷ 1 k", Goal.AtMost(2.5, floor: 20), () => Grown((vas, at) => vas.Find(at)));
        yield return ContractLine.Of(
            Category, "translate at random among 1 M VMAs ÷ 1 k", Goal.AtMost(2.5, floor: 20), () => Grown((vas, at) => vas.Translate(at)));
        yield return ContractLine.Of(
            Category, "first-touch fault of 4 KiB among 1 M ranges ÷ 1 k", Goal.AtMost(2.5, floor: 3.5), Faults);
    }

    private static PairCase Grown(Action<ScatteredVmas, int> act)
    {
        ScatteredVmas many = new(Many), few = new(Few);
        return new PairCase(new Side(Batch, () => All(many)), new Side(Batch, () => All(few)), many, few);

        void All(ScatteredVmas vas)
        {
            for (int i = 0; i < Batch; i++)
                act(vas, i);
            vas.Move();
        }
    }

    private static PairCase Faults()
    {
        const int Count = 256;
        MirrorFixture many = new(4UL << 10, Count, migrates: false, Many), few = new(4UL << 10, Count, migrates: false, Few);
        many.Populate();
        few.Populate();
        return new PairCase(
            new Side(Count, many.Touch, many.Renew), new Side(Count, few.Touch, few.Renew), many, few);
    }

    /// <summary>A VM with VMAs of a page every 64 KiB, and random places among them.</summary>
    private sealed class ScatteredVmas : IDisposable
    {
        private const int Places = 1 << 18;
        private readonly BindFixture _fixture;
        private readonly XeWalker _walker;
        private readonly ulong[] _places = new ulong[Places];
        private int _first;

        public ScatteredVmas(int vmas)
        {
            _fixture = new BindFixture(4096, 4096, isVram: false, vmas);
            _walker = _fixture.Vm.OpenWalker();
            var random = new Random(1);
            for (int i = 0; i < Places; i++)
                _places[i] = BindFixture.NeighbourBase + ((ulong)random.Next(vmas) << 16);
        }

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
        public void Move() => _first = (_first + Batch) & (Places - 1);

        public void Dispose()
        {
            _walker.Dispose();
            _fixture.Dispose();
        }
    }
}
