using XePt.Devices;
using XePt.Tlb;

namespace XePt.Tests.Tlb;

/// <summary>Invalidations of a GT that nobody keeps translations of, by two threads at once.</summary>
public class UnheardInvalidationTests
{
    private const int Rounds = 300_000;

    /// <summary>No later invalidation pushes them on: when both calls have returned, both are complete. Needs two processors to be worth
    /// anything.</summary>
    [Fact]
    [Rule("PT-184")]
    public void They_are_complete_when_their_calls_have_returned()
    {
        var hub = new TlbHub(XePlatforms.Bmg, new VirtualClock());
        Assert.True(hub.TryOpen(out TlbVm vm));
        int arrived = 0, bad = 0;
        void Run()
        {
            for (int round = 1; round <= Rounds; round++)
            {
                Interlocked.Increment(ref arrived);
                SpinUntil(2 * ((2 * round) - 1));
                hub.Invalidate(0, new TlbRequest(vm, 0, 0x1000, TlbInvalidationCause.Bind));
                Interlocked.Increment(ref arrived);
                SpinUntil(2 * (2 * round));
                if (hub.Acknowledged(0) != hub.Issued(0))
                    Interlocked.Exchange(ref bad, round);
                // Nobody issues before both have looked.
                if (Volatile.Read(ref bad) != 0)
                    return;
            }
        }

        void SpinUntil(int count)
        {
            var spin = default(SpinWait);
            while (Volatile.Read(ref arrived) < count && Volatile.Read(ref bad) == 0)
                spin.SpinOnce(sleep1Threshold: -1);
        }

        var other = new Thread(Run);
        other.Start();
        Run();
        other.Join();
        Assert.Equal(0, bad);
    }
}
