namespace XePt.Bench.Contract;

/// <summary>How cost grows with the number of VMAs: random places among a million against random places among a thousand.</summary>
internal static class GrowthLines
{
    private const string Category = "Growth";
    private const int Few = 1_000, Many = 1_000_000;
    private const int Batch = ScatteredVmas.Batch;

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
}
