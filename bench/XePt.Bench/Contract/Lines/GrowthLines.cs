namespace XePt.Bench.Contract;

/// <summary>How cost grows with the number of VMAs: random places among a million against random places among a thousand.</summary>
internal static unsafe class GrowthLines
{
    private const string Category = "Growth";
    private const int Few = 1_000, Many = 1_000_000;
    private const int Batch = ScatteredVmas.Batch;

    public static IEnumerable<ContractLine> All()
    {
        yield return ContractLine.Of(
            Category, "bind + unbind 4 KiB at random among 1 M VMAs ÷ 1 k", Goal.AtMostOrTimesFloor(2.5, times: 1.3),
            () => Grown((vas, at) => vas.Bind(at), BindsAndReads));
        yield return ContractLine.Of(
            Category, "VMA look-up at random among 1 M ÷ 1 k", Goal.AtMostOrTimesFloor(2.5, times: 1.5),
            () => Grown((vas, at) => vas.Find(at), Reads));
        yield return ContractLine.Of(
            Category, "translate at random among 1 M VMAs ÷ 1 k", Goal.AtMostOrTimesFloor(2.5, times: 2.5),
            () => Grown((vas, at) => vas.Translate(at), Walks));
        yield return ContractLine.Of(
            Category, "first-touch fault of 4 KiB among 1 M ranges ÷ 1 k", Goal.AtMost(2.5, floor: 3.5), Faults);
    }

    private static PairCase Grown(
        Action<ScatteredVmas, int> act, Func<ScatteredVmas, ScatteredVmas, (Side Side, IDisposable Owned)> floor)
    {
        ScatteredVmas many = new(Many), few = new(Few);
        (Side side, IDisposable owned) = floor(many, few);
        return new PairCase(new Side(Batch, () => All(many)), new Side(Batch, () => All(few)), many, few, owned) { Floor = side };

        void All(ScatteredVmas vas)
        {
            for (int i = 0; i < Batch; i++)
                act(vas, i);
            vas.Move();
        }
    }

    /// <summary>The same places, walked to by hand.</summary>
    private static (Side, IDisposable) Walks(ScatteredVmas many, ScatteredVmas few)
    {
        var tables = new HandTables(many.Levels, BindFixture.NeighbourBase, Many, ScatteredVmas.Step);
        return (Each(many, va => HandTables.Walk(tables.Root, va, tables.Top) != 0), tables);
    }

    /// <summary>A leaf of the index, then the VMA.</summary>
    private static (Side, IDisposable) Reads(ScatteredVmas many, ScatteredVmas few)
    {
        var reads = new DistantReads(Many);
        return (Each(many, va => reads.Find(NumberOf(va)) >= 0), reads);
    }

    /// <summary>The same, and the pair among few. What else it needs can be asked for before it is known to be needed.</summary>
    private static (Side, IDisposable) BindsAndReads(ScatteredVmas many, ScatteredVmas few)
    {
        var reads = new DistantReads(Many);
        int at = 0;
        return (Each(many, va =>
        {
            few.Bind(at++);
            if (at == Batch)
            {
                few.Move();
                at = 0;
            }

            return reads.Find(NumberOf(va)) >= 0;
        }), reads);
    }

    private static int NumberOf(ulong va) => (int)((va - BindFixture.NeighbourBase) / ScatteredVmas.Step);

    private static Side Each(ScatteredVmas many, Func<ulong, bool> isThere)
    {
        int first = 0;
        return new Side(Batch, () =>
        {
            foreach (ulong va in many.Places.Slice(first, Batch))
            {
                if (!isThere(va))
                    throw new InvalidOperationException("no VMA");
            }

            first = (first + Batch) & (ScatteredVmas.PlaceCount - 1);
        });
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
}
