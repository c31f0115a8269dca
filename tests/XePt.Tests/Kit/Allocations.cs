namespace XePt.Tests.Kit;

/// <summary>Managed bytes that something takes in its steady state.</summary>
/// <remarks>
/// The count of a thread's bytes is exact, also when collections come in between. But the runtime takes some itself, on the thread that
/// happens to be there, once: for types and static fields when a path is run for the first time that the rounds before did not come to,
/// and when a loop is compiled anew while it runs. So one of five windows may show bytes. What a round takes every time it takes in all of
/// them, and what it takes once in so many rounds as a window has, in most.
/// </remarks>
internal static class Allocations
{
    private const int Windows = 5;

    /// <summary>Bytes of five times so many rounds, the worst window left out, after as many rounds that may grow lists.</summary>
    public static long Of(int rounds, Action round)
    {
        long sum = 0, most = 0;
        for (int window = -1; window < Windows; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < rounds; i++)
                round();
            long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            if (window < 0)
                continue;
            sum += bytes;
            most = Math.Max(most, bytes);
        }

        return sum - most;
    }
}
