namespace XePt.Bench.Scale;

/// <summary>One VM with up to a million VMAs: time of an operation at a random place, and memory of a VMA.</summary>
internal static class VmaScale
{
    private const int CompilingRuns = 3;

    // Of fewer the runtime's own memory would be most of what is seen.
    private const int FewestForMemory = 250_000;

    private static readonly int[] s_counts = [1_000, 4_000, 16_000, 64_000, 250_000, 1_000_000];

    public static IEnumerable<Plot> Measure()
    {
        // What has to be compiled first is no VMA's.
        for (int i = 0; i < CompilingRuns; i++)
            Time(s_counts[0]);
        var rows = s_counts.Select(count => (Count: (double)count, Values: Time(count))).ToArray();
        yield return new Plot("vmas", "Operations at random places of one VM", "VMAs", "ns", [
            Of("bind + unbind 4 KiB", 0, 0), Of("VMA look-up", 1, 0), Of("translate", 2, 0)]);
        yield return new Plot("vma-memory", "Memory of a VMA besides the page tables", "VMAs", "bytes", [Of("bytes", 3, FewestForMemory)]);

        Curve Of(string name, int value, int fewest) =>
            new(name, [.. rows.Where(row => row.Count >= fewest).Select(row => (row.Count, row.Values[value]))]);
    }

    private static double[] Time(int count)
    {
        long before = HostMemory.ResidentBytes();
        using var vas = new ScatteredVmas(count);
        double bytes = (HostMemory.ResidentBytes() - before - vas.TableBytes - ScatteredVmas.OwnBytes) / (double)count;
        return [Of(vas.Bind), Of(vas.Find), Of(vas.Translate), Math.Max(1, bytes)];

        double Of(Action<int> act) => Rounds.Quartile(ScatteredVmas.Batch, () =>
        {
            for (int i = 0; i < ScatteredVmas.Batch; i++)
                act(i);
            vas.Move();
        });
    }
}
