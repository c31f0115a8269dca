using XePt.Memory;

namespace XePt.Bench.Contract;

/// <summary>P10: the map of VMAs against <see cref="SortedSet{T}"/>, random addresses.</summary>
internal static class IndexLines
{
    private const int Batch = 1 << 11;
    private const int Probes = 1 << 17;

    public static IEnumerable<ContractLine> All()
    {
        foreach ((int vmas, string text, double? floor) in ((int, string, double?)[])[(100_000, "100 k", 0.2), (1_000_000, "1 M", null)])
        {
            yield return ContractLine.Of(
                "P10", $"VMA floor look-up ÷ SortedSet's view, {text}", Goal.AtMost(0.15, floor), () => Floor(new Indices(vmas)));
            yield return ContractLine.Of(
                "P10", $"VMA floor look-up ÷ one descent of SortedSet, {text}", Goal.AtMost(0.15, floor: 0.3),
                () => FloorOfDescent(new Indices(vmas)));
            yield return ContractLine.Of(
                "P10", $"VMA insert + delete ÷ SortedSet, {text}", Goal.AtMost(0.35), () => InsertAndDelete(new Indices(vmas)));
        }
    }

    private static PairCase Floor(Indices both)
    {
        ulong sum = 0;
        return new PairCase(
            new Side(Batch, () =>
            {
                foreach (ulong va in both.NextBatch())
                    both.Index.Floor(va);
            }),
            new Side(Batch, () =>
            {
                foreach (ulong va in both.NextBatch())
                    sum += both.Set.GetViewBetween(0, va).Max;
            }),
            both);
    }

    private static PairCase FloorOfDescent(Indices both) => new(
        new Side(Batch, () =>
        {
            foreach (ulong va in both.NextBatch())
                both.Index.Floor(va);
        }),
        new Side(Batch, () =>
        {
            foreach (ulong va in both.NextBatch())
                both.FloorSet.Floor(va);
        }),
        both);

    private static PairCase InsertAndDelete(Indices both) => new(
        new Side(Batch, () =>
        {
            foreach (ulong va in both.NextBatch())
            {
                both.Index.TryInsert(va, 1);
                both.Index.Remove(va);
            }
        }),
        new Side(Batch, () =>
        {
            foreach (ulong va in both.NextBatch())
            {
                both.Set.Add(va);
                both.Set.Remove(va);
            }
        }),
        both);

    /// <summary>The same starts in both, and others to look for.</summary>
    private sealed class Indices : IDisposable
    {
        private readonly ulong[] _probes = new ulong[Probes];
        private int _next;

        public Indices(int vmas)
        {
            var random = new Random(1);
            var starts = new HashSet<ulong>();
            while (starts.Count < vmas)
            {
                ulong start = NextStart(random);
                if (starts.Add(start) && !Index.TryInsert(start, starts.Count))
                    throw new InsufficientMemoryException();
            }

            Set = [.. starts];
            FloorSet = new FloorSet(starts);
            for (int i = 0; i < Probes; i++)
            {
                do
                    _probes[i] = NextStart(random);
                while (!starts.Add(_probes[i]));
            }
        }

        public VmaIndex Index { get; } = new(new AllocationGate());

        public SortedSet<ulong> Set { get; }

        public FloorSet FloorSet { get; }

        public ReadOnlySpan<ulong> NextBatch()
        {
            _next = (_next + Batch) % Probes;
            return _probes.AsSpan(_next, Batch);
        }

        public void Dispose() => Index.Dispose();

        private static ulong NextStart(Random random) => (ulong)random.NextInt64(1L << 36) << 12;
    }
}
