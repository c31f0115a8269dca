using CsCheck;
using XePt.Memory;

namespace XePt.Tests.Memory;

/// <summary>Pages and slots taken by a request and given back in reverse leave the store as it was: the next ones come in the same
/// order.</summary>
public class RentOrderTests
{
    private const int Ahead = 20;

    /// <summary>A history of rents (0) and returns (1 + which of the rented ones), then how many an aborted request takes.</summary>
    private static readonly Gen<(int[] History, int Taken)> Histories = Gen.Select(Gen.Int[0, 8].Array[0, 40], Gen.Int[1, Ahead]);

    [Fact]
    [Rule("PT-099")]
    public void An_aborted_request_does_not_change_which_pages_come_next() => Histories.Sample(history =>
    {
        using var pool = new PageTablePool(1ul << 32, 1ul << 24);
        PageCache cache = pool.OpenCache(new AllocationGate());
        Play(history.History, () => cache.Rent(0), cache.Return);
        AssertRestores(history.Taken, () => cache.Rent(1), cache.Return);
    });

    [Fact]
    [Rule("BIND-219")]
    public void An_aborted_request_does_not_change_which_slots_come_next() => Histories.Sample(history =>
    {
        using var store = new SlotStore<long>(new AllocationGate());
        Play(history.History, store.Rent, store.Return);
        AssertRestores(history.Taken, store.Rent, store.Return);
    });

    private static void Play(int[] history, Func<int> rent, Action<int> giveBack)
    {
        var rented = new List<int>();
        foreach (int step in history)
        {
            if (step == 0 || rented.Count < step)
            {
                rented.Add(rent());
                continue;
            }

            giveBack(rented[step - 1]);
            rented.RemoveAt(step - 1);
        }
    }

    private static void AssertRestores(int taken, Func<int> rent, Action<int> giveBack)
    {
        int[] expected = Take(Ahead, rent, giveBack);
        Take(taken, rent, giveBack);
        Assert.Equal(expected, Take(Ahead, rent, giveBack));
    }

    /// <summary>Takes some and gives them back in reverse.</summary>
    private static int[] Take(int count, Func<int> rent, Action<int> giveBack)
    {
        int[] taken = [.. Enumerable.Range(0, count).Select(_ => rent())];
        foreach (int item in taken.Reverse())
            giveBack(item);
        return taken;
    }
}
