namespace XePt.Bench.Contract;

/// <summary>P14: a fault against a bind.</summary>
internal static class FaultLines
{
    private const ulong Size64K = 64UL << 10;

    public static IEnumerable<ContractLine> All()
    {
        yield return ContractLine.Of(
            "P14", "first-touch fault of 64 KiB on a mirror ÷ bind + unbind of 64 KiB",
            Goal.AtMost(2), FirstTouch);
    }

    private static PairCase FirstTouch()
    {
        const int Count = 512;
        var mirror = new MirrorFixture(Size64K, Count, migrates: false);
        mirror.Populate();
        var fixture = new BindFixture(Size64K, Size64K, isVram: false);
        // A table that stays is what the ranges of one table have too, but for the first.
        fixture.KeepTable();
        return new PairCase(new Side(Count, mirror.Touch, mirror.Renew), new Side(1, fixture.BindAndUnbind), mirror, fixture);
    }
}
