namespace XePt.Bench;

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
    /// <param name="rounds">Rounds of a window.</param>
    /// <param name="round">What is measured.</param>
    /// <param name="before">Comes before each round and does not count.</param>
    /// <param name="after">Comes after each round, likewise.</param>
    public static long Of(int rounds, Action round, Action? before = null, Action? after = null)
    {
        long sum = 0, most = 0;
        for (int window = -1; window < Windows; window++)
        {
            long bytes = 0;
            for (int i = 0; i < rounds; i++)
            {
                before?.Invoke();
                long start = GC.GetAllocatedBytesForCurrentThread();
                round();
                bytes += GC.GetAllocatedBytesForCurrentThread() - start;
                after?.Invoke();
            }

            if (window < 0)
                continue;
            sum += bytes;
            most = Math.Max(most, bytes);
        }

        return sum - most;
    }

    /// <summary>The same for one round: what a round takes only now and then is rounded up to a whole byte.</summary>
    public static long OfOne(int rounds, Action round, Action? before = null, Action? after = null)
    {
        long counted = (Windows - 1L) * rounds;
        return (Of(rounds, round, before, after) + counted - 1) / counted;
    }
}
