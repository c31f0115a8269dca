using XePt.Memory;

namespace XePt.Tests.Memory;

public unsafe class VmaIndexSearchTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void All_tiers_rank_as_the_scalar_search_does_at_every_fill(bool isLeaf)
    {
        var random = new Random(2);
        VmaIndex.Node node = default;
        for (int fill = 0; fill <= (isLeaf ? VmaIndex.LeafCapacity : VmaIndex.InnerCapacity); fill++)
        {
            long[] keys = [.. Enumerable.Range(0, fill).Select(_ => random.NextInt64(long.MinValue, long.MaxValue)).Order()];
            for (int i = 0; i < VmaIndex.LeafCapacity; i++)
                node.Keys[i] = i < fill ? keys[i] : VmaIndex.Vacant;
            long[] probes = [long.MinValue, -1, 0, long.MaxValue - 1, .. keys, .. keys.Select(k => k + 1), .. keys.Select(k => k - 1)];
            foreach (long probe in probes)
            {
                int expected = keys.Count(k => k <= probe);
                Assert.Equal(expected, VmaIndex.RankScalar(node.Keys, probe, isLeaf));
                Assert.Equal(expected, VmaIndex.RankVector256(node.Keys, probe, isLeaf));
                Assert.Equal(expected, VmaIndex.RankVector512(node.Keys, probe, isLeaf));
            }
        }
    }
}
