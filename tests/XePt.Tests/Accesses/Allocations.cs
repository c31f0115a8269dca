namespace XePt.Tests.Accesses;

/// <summary>Managed bytes that something takes in its steady state.</summary>
internal static class Allocations
{
    /// <summary>Bytes of so many rounds after as many that may grow lists. The least of three: what a round costs itself, it costs each
    /// time, but pools that all devices share can be empty just then.</summary>
    public static long Of(int rounds, Action round)
    {
        for (int i = 0; i < rounds; i++)
            round();
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 3 && least != 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < rounds; i++)
                round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
