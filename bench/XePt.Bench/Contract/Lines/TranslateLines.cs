using System.Runtime.InteropServices;

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

    /// <summary>Tables whose entries are plain pointers, so that walking them costs the loads alone.</summary>
    private sealed class HandWalk : IDisposable
    {
        private const ulong AddressMask = 0x000ffffffffff000;
        private readonly ulong* _root;
        private readonly int _top;
        private LonelyWord _pin;

        public HandWalk(int levels)
        {
            _top = levels - 1;
            _root = (ulong*)NativeMemory.AlignedAlloc((nuint)levels * Entries * sizeof(ulong), 4096);
            for (int level = _top; level > 0; level--)
                new Span<ulong>(TableOf(level), Entries).Fill((ulong)TableOf(level - 1) | 3);
            for (int i = 0; i < Entries; i++)
                TableOf(0)[i] = ((ulong)i << 12) | 3;
        }

        public ulong Sum()
        {
            ulong sum = 0;
            ulong* root = _root;
            if (_top == 3)
            {
                for (ulong va = BindFixture.Va; va < Walked.End; va += Page)
                    sum += Walk(root, va, top: 3);
            }
            else
            {
                for (ulong va = BindFixture.Va; va < Walked.End; va += Page)
                    sum += Walk(root, va, top: 4);
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
                sum += Walk(_root, va, _top);
                Volatile.Write(ref _pin.Word, 0);
            }

            return sum;
        }

        public void Dispose() => NativeMemory.AlignedFree(_root);

        private static ulong Walk(ulong* table, ulong va, int top)
        {
            for (int level = top; level > 0; level--)
            {
                ulong entry = table[(va >> (12 + (9 * level))) & (Entries - 1)];
                if ((entry & 1) == 0)
                    return 0;
                table = (ulong*)(entry & AddressMask);
            }

            return (table[(va >> 12) & (Entries - 1)] & AddressMask) | (va & (Page - 1));
        }

        private ulong* TableOf(int level) => _root + ((_top - level) * Entries);
    }
}
