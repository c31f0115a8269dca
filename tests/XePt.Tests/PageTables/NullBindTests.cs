using CsCheck;
using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>NULL (sparse) mappings: PT-037, PT-068, PT-091.</summary>
public class NullBindTests
{
    [Fact]
    [Rule("PT-068")]
    [Rule("PT-091")]
    public void Leaves_are_as_large_as_VA_alignment_and_size_allow()
    {
        Gen.Select(Gen.ULong[0, 1ul << 20], Gen.ULong[1, 1ul << 20], Gen.Bool).Sample(
            (first, pages, isCompactPlatform) =>
            {
                using var gpu = new TestGpu(isCompactPlatform ? XePlatforms.Lnl : XePlatforms.Tgl);
                gpu.Run(MapNull(first * Page, pages * Page));
                Assert.Equal(Expected(first, first + pages), LeafCensus.Of(gpu.Vm));
            },
            iter: 60);
    }

    [Theory]
    [Rule("PT-037")]
    [InlineData("tgl", 0, VmBindFlags.None, 0x203, 0x283)]
    [InlineData("tgl", 3, VmBindFlags.ReadOnly, 0x219, 0x299)]
    [InlineData("dg2", 0, VmBindFlags.None, 0x203, 0x283)]
    [InlineData("pvc", 7, VmBindFlags.None, 0x29b, 0x129b)]
    [InlineData("bmg", 2, VmBindFlags.None, 0x213, 0x293)]
    [InlineData("ptl", 16, VmBindFlags.ReadOnly, 0x2000000000000201, 0x2000000000000281)]
    public void A_NULL_leaf_has_access_and_PAT_but_neither_address_nor_DM_nor_AE(
        string platform, int pat, VmBindFlags flags, ulong size4K, ulong size2M)
    {
        using var gpu = new TestGpu(platform);
        gpu.Run(MapNull(0x200000, (2 * MiB) + Page, pat, flags));
        Assert.Equal(size2M, ByteWalker.Walk(gpu.Vm, 0x200000).Entry);
        Assert.Equal(size4K, ByteWalker.Walk(gpu.Vm, 0x400000).Entry);
    }

    [Fact]
    [Rule("PT-080")]
    [Rule("PT-091")]
    public void NULL_needs_no_64K_pages_on_a_64K_platform()
    {
        using var gpu = new TestGpu(XePlatforms.Dg2);
        gpu.Run(MapNull(0x201000, (2 * MiB) + (3 * Page)));
        Assert.Equal(0, gpu.Vm.Counters.Warnings);
        // 64 KiB chunks: 31 up to the 2 MiB boundary, none in the 4 pages behind it.
        IEnumerable<ulong> entries = TableCopy.All(gpu.Vm).Where(table => table.Level == 0).SelectMany(table => table.Entries);
        Assert.Equal(31 * 16, entries.Count(entry => (entry & EntryBits.Ps64) != 0));
    }

    /// <summary>Counts leaves one after the other, always the largest that fits.</summary>
    private static LeafCensus Expected(ulong firstPage, ulong endPage)
    {
        const ulong pagesOf2M = 512, pagesOf1G = 512 * 512;
        var census = new LeafCensus();
        for (ulong page = firstPage; page < endPage;)
        {
            ulong step = Fits(pagesOf1G) ? pagesOf1G : Fits(pagesOf2M) ? pagesOf2M : 1;
            census = step switch
            {
                pagesOf1G => census with { Size1G = census.Size1G + 1 },
                pagesOf2M => census with { Size2M = census.Size2M + 1 },
                _ => census with { Size4K = census.Size4K + 1 },
            };
            page += step;

            bool Fits(ulong size) => page % size == 0 && page + size <= endPage;
        }

        return census;
    }
}
