using XePt.Gpuva;

namespace XePt.Tests.Gpuva;

public unsafe class VmaIndexSearchTests
{
    [Fact]
    public void All_tiers_rank_as_the_scalar_search_does_at_every_fill()
    {
        var random = new Random(2);
        VmaIndex.Node node;
        for (int fill = 0; fill <= VmaIndex.Capacity; fill++)
        {
            long[] keys = [.. Enumerable.Range(0, fill).Select(_ => random.NextInt64(long.MinValue, long.MaxValue)).Order()];
            for (int i = 0; i < VmaIndex.Capacity; i++)
                node.Keys[i] = i < fill ? keys[i] : VmaIndex.Vacant;
            long[] probes = [long.MinValue, -1, 0, long.MaxValue - 1, .. keys, .. keys.Select(k => k + 1), .. keys.Select(k => k - 1)];
            foreach (long probe in probes)
            {
                int expected = keys.Count(k => k <= probe);
                Assert.Equal(expected, VmaIndex.RankScalar(&node, probe));
                Assert.Equal(expected, VmaIndex.RankVector256(&node, probe));
                Assert.Equal(expected, VmaIndex.RankVector512(&node, probe));
            }
        }
    }
}
