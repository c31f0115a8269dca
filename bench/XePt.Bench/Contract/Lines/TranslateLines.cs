namespace XePt.Bench.Contract;

/// <summary>P8 and P9: translations against walks.</summary>
internal static unsafe class TranslateLines
{
    private const int Entries = 512;
    private const ulong Page = 4096;
    private const ulong Gib = 1UL << 30;

    public static IEnumerable<ContractLine> All()
    {
        yield return ContractLine.Of(
            "P8", "translate of a walker ÷ hand-written walk", Goal.AtMost(1.15), () => AgainstHand(TranslateEach));
        yield return ContractLine.Of(
            "P8", "translate of a VM, pinned for itself ÷ hand-written walk",
            Goal.AtMostOrTimesFloor(1.15, times: Machine.IsAheadOfTime ? 1.4 : 1.2), () => AgainstHand(TranslateOfVm));
        foreach ((int gib, double? floor) in ((int, double?)[])[(1, 1.15), (64, null)])
        {
            yield return ContractLine.Of(
                "P8", $"translations in batches of 256, speed-up over one by one, {gib} GiB", Goal.AtLeast(1.5, floor),
                () => Batched(gib));
        }

        yield return ContractLine.Of(
            "P9", "sequential translations, speed-up over walks", Goal.AtLeast(2.5), Sequential);
    }

    private static PairCase AgainstHand(Func<Walked, ulong> translate)
    {
        var walked = new Walked();
        var hand = new HandWalk(walked.Levels);
        return new PairCase(
            new Side(Entries, () => Keep(translate(walked))), new Side(Entries, () => Keep(hand.Sum())), walked, hand)
        {
            Floor = new Side(Entries, () => Keep(hand.SumPinned())),
        };
    }

    private static PairCase Sequential()
    {
        var walked = new Walked();
        return new PairCase(
            new Side(Entries, () => Keep(TranslateNear(walked))), new Side(Entries, () => Keep(TranslateEach(walked))), walked);
    }

    private static PairCase Batched(int gib)
    {
        const int Batch = 256, Batches = 64;
        var device = new ScatteredPages(gib);
        XeWalker walker = device.Vm.OpenWalker();
        var results = new Translation[Batch];
        var random = new Random(1);
        var vas = new ulong[1 << 20];
        for (int i = 0; i < vas.Length; i++)
            vas[i] = ScatteredPages.Va + ((ulong)random.NextInt64(gib * (long)Gib) & ~(Page - 1));
        int ours = 0, theirs = 0;
        return new PairCase(
            new Side(Batch * Batches, () =>
            {
                ulong sum = 0;
                foreach (int at in Rounds(ref ours))
                {
                    walker.Translate(vas.AsSpan(at, Batch), results);
                    foreach (ref readonly Translation result in results.AsSpan())
                        sum += result.Entry;
                }

                Keep(sum);
            }),
            new Side(Batch * Batches, () =>
            {
                ulong sum = 0;
                foreach (int at in Rounds(ref theirs))
                {
                    foreach (ulong va in vas.AsSpan(at, Batch))
                        sum += walker.Translate(va).Entry;
                }

                Keep(sum);
            }),
            walker, device);

        Steps Rounds(ref int next)
        {
            next = (next + (Batch * Batches)) & (vas.Length - 1);
            return new Steps(next, Batch, Batches);
        }
    }

    private static ulong TranslateEach(Walked walked)
    {
        XeWalker walker = walked.Walker;
        ulong sum = 0;
        for (ulong va = BindFixture.Va; va < Walked.End; va += Page)
            sum += walker.Translate(va).Address;
        return sum;
    }

    private static ulong TranslateNear(Walked walked)
    {
        XeWalker walker = walked.Walker;
        ulong sum = 0;
        for (ulong va = BindFixture.Va; va < Walked.End; va += Page)
            sum += walker.TranslateNear(va).Address;
        return sum;
    }

    private static ulong TranslateOfVm(Walked walked)
    {
        XeVm vm = walked.Vm;
        ulong sum = 0;
        for (ulong va = BindFixture.Va; va < Walked.End; va += Page)
            sum += vm.Translate(va).Address;
        return sum;
    }

    private static void Keep(ulong sum)
    {
        if (sum == 0)
            throw new InvalidOperationException("nothing is mapped");
    }

    /// <summary>Numbers at equal distances.</summary>
    private readonly struct Steps(int first, int step, int count)
    {
        public Enumerator GetEnumerator() => new(first, step, count);

        public struct Enumerator(int first, int step, int count)
        {
            private int _left = count;

            public int Current { get; private set; } = first - step;

            public bool MoveNext()
            {
                Current += step;
                return _left-- > 0;
            }
        }
    }

    /// <summary>2 MiB of scattered pages and a walker over them.</summary>
    private sealed class Walked : IDisposable
    {
        public const ulong End = BindFixture.Va + (2UL << 20);
        private readonly BindFixture _fixture;

        public Walked()
        {
            _fixture = new BindFixture(2UL << 20, 4096, isVram: false);
            _fixture.Bind();
            Walker = _fixture.Vm.OpenWalker();
        }

        public XeVm Vm => _fixture.Vm;

        public XeWalker Walker { get; }

        /// <summary>Levels of the tables.</summary>
        public int Levels => Vm.TraceWalk(BindFixture.Va).Count;

        public void Dispose()
        {
            Walker.Dispose();
            _fixture.Dispose();
        }
    }

    /// <summary>The same pages walked by hand.</summary>
    private sealed class HandWalk(int levels) : IDisposable
    {
        private readonly HandTables _tables = new(levels, BindFixture.Va, Entries, Page);
        private LonelyWord _pin;

        public ulong Sum()
        {
            ulong sum = 0;
            ulong* root = _tables.Root;
            if (_tables.Top == 3)
            {
                for (ulong va = BindFixture.Va; va < Walked.End; va += Page)
                    sum += HandTables.Walk(root, va, top: 3);
            }
            else
            {
                for (ulong va = BindFixture.Va; va < Walked.End; va += Page)
                    sum += HandTables.Walk(root, va, top: 4);
            }

            return sum;
        }

        /// <summary>Each walk announces itself, so that nobody uses its tables again meanwhile: a store that others must see before the
        /// walk's first load, which takes a full fence, and one that comes after its last.</summary>
        public ulong SumPinned()
        {
            ulong sum = 0;
            for (ulong va = BindFixture.Va; va < Walked.End; va += Page)
            {
                Interlocked.Exchange(ref _pin.Word, 1);
                sum += HandTables.Walk(_tables.Root, va, _tables.Top);
                Volatile.Write(ref _pin.Word, 0);
            }

            return sum;
        }

        public void Dispose() => _tables.Dispose();
    }
}
