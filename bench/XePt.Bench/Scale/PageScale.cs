namespace XePt.Bench.Scale;

/// <summary>Up to 100 GiB of one VM, mapped in scattered pages of 4 KiB.</summary>
internal static class PageScale
{
    private const int PagesOfGib = 1 << 18;
    private const int CompilingRuns = 4;
    private const int Batch = 1024;
    private const ulong Gib = 1UL << 30;
    private static readonly int[] s_gib = [1, 2, 5, 10, 20, 50, 100];

    public static IEnumerable<Plot> Measure()
    {
        for (int i = 0; i < CompilingRuns; i++)
            Time(s_gib[0]);
        var rows = s_gib.Select(gib => (Gib: (double)gib, Values: Time(gib))).ToArray();
        yield return new Plot("pages", "Scattered pages of 4 KiB in one VM", "GiB mapped", "ns", [
            Of("map, a page", 0), Of("translate at random", 1), Of("in batches, one address", 2)]);
        yield return new Plot("page-memory", "Memory of a 4 KiB mapping", "GiB mapped", "bytes", [Of("bytes of tables, a page", 3)]);

        Curve Of(string name, int value) => new(name, [.. rows.Select(row => (row.Gib, row.Values[value]))]);
    }

    private static double[] Time(int gib)
    {
        ScatteredPages pages = null!;
        double map = Rounds.Once(gib * PagesOfGib, () => pages = new ScatteredPages(gib));
        using ScatteredPages mapped = pages;
        using XeWalker walker = pages.Vm.OpenWalker();
        var random = new Random(1);
        ulong[] places = [.. Enumerable.Range(0, Batch * 64).Select(_ => ScatteredPages.Va + ((ulong)random.NextInt64(gib * (long)Gib)))];
        var results = new Translation[Batch];
        int first = 0;
        double one = Rounds.Quartile(Batch, () =>
        {
            for (int i = 0; i < Batch; i++)
                results[i] = walker.Translate(places[first + i]);
            first = (first + Batch) % places.Length;
        });
        double many = Rounds.Quartile(Batch, () =>
        {
            walker.Translate(places.AsSpan(first, Batch), results);
            first = (first + Batch) % places.Length;
        });
        double bytes = (double)pages.Vm.File.Device.TablesInUse * 4096 / ((double)gib * PagesOfGib);
        return [map, one, many, bytes];
    }
}
