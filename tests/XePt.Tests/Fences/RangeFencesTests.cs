using XePt.Fences;
using XePt.Tests.Kit;

namespace XePt.Tests.Fences;

/// <summary>Which writes are in flight where: every address has the fence of the newest job over it.</summary>
public class RangeFencesTests
{
    private readonly FencePool _fences = new("fence");
    private readonly FenceSet _set = new();
    private readonly RangeFences _ranges = new();

    [Fact]
    [Rule("BIND-247")]
    [Rule("PT-172")]
    public void They_give_what_meets_an_interval()
    {
        Fence low = Add(0x1000, 0x1fff), high = Add(0x3000, 0x3fff);
        Assert.Equal([low], Met(0x1fff, 0x2fff));
        Assert.Equal([high], Met(0x2000, 0x3000));
        Assert.Equal([], Met(0x2000, 0x2fff));
        Assert.Equal([low, high], Met(0, ulong.MaxValue));
        low.TrySignal();
        Assert.Equal([high], Met(0, ulong.MaxValue));
        Assert.Equal(1, _ranges.Count);
        _ranges.Add(0, 1, Fence.Signalled);
        Assert.Equal(1, _ranges.Count);
    }

    [Fact]
    [Rule("PT-172")]
    public void A_newer_job_stands_for_those_it_waits_for()
    {
        Fence wide = Add(0x1000, 0x8fff), cut = Add(0x3000, 0x4fff);
        Assert.Equal([wide], Met(0x1000, 0x2fff));
        Assert.Equal([cut], Met(0x3000, 0x4fff));
        Assert.Equal([wide], Met(0x5000, 0x8fff));
        Assert.Equal(3, _ranges.Count);

        Fence edge = Add(0x4fff, 0x5000);
        Assert.Equal([cut], Met(0x4ffe, 0x4ffe));
        Assert.Equal([edge], Met(0x4fff, 0x5000));
        Assert.Equal([wide], Met(0x5001, 0x5001));

        Fence all = Add(0, ulong.MaxValue);
        Assert.Equal([all], Met(0, ulong.MaxValue));
        Assert.Equal(1, _ranges.Count);
    }

    [Fact]
    [Rule("PT-172")]
    public void Random_intervals_agree_with_a_map_of_addresses()
    {
        const int Addresses = 64;
        var random = new Random(3);
        var newest = new Fence[Addresses];
        var pending = new List<Fence>();
        for (int step = 0; step < 20_000; step++)
        {
            int start = random.Next(Addresses), last = random.Next(start, Addresses);
            Assert.Equal(newest[start..(last + 1)].Where(fence => !fence.IsSignalled).ToHashSet(), Met(start, last).ToHashSet());
            if (random.Next(3) == 0)
            {
                Fence fence = Add((ulong)start, (ulong)last);
                Array.Fill(newest, fence, start, last + 1 - start);
                pending.Add(fence);
            }
            else if (pending.Count > random.Next(40))
            {
                int at = random.Next(pending.Count);
                pending[at].TrySignal();
                pending.RemoveAt(at);
            }
        }

        Assert.True(_ranges.Count <= Addresses);
    }

    [Fact]
    public void Intervals_that_nobody_meets_again_go_when_their_fences_have_signalled()
    {
        Fence held = Add(1UL << 50, (1UL << 50) + 0xfff);
        for (int job = 0; job < 10_000; job++)
        {
            ulong page = (ulong)job << 12;
            Met(page, page + 0xfff);
            Add(page, page + 0xfff).TrySignal();
            Assert.InRange(_ranges.Count, 1, 16);
        }

        held.TrySignal();
        for (int call = 0; call < 16; call++)
            Met(1, 1);
        Assert.Equal(0, _ranges.Count);
    }

    private Fence Add(ulong start, ulong last)
    {
        Fence fence = _fences.Create();
        _ranges.Add(start, last, fence);
        return fence;
    }

    private Fence[] Met(int start, int last) => Met((ulong)start, (ulong)last);

    private Fence[] Met(ulong start, ulong last)
    {
        _set.Clear();
        _ranges.Collect(start, last, _set);
        return _set.Fences.ToArray();
    }
}
