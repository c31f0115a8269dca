using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>Memory of single pages in no order, which is bound from a list as long as it lies within 8 TiB around the first page.</summary>
public class ScatteredPageTests
{
    private const ulong Va = 4 * GiB;
    private const int Pages = 3 * 512;
    private const ulong Spread = 1UL << 43;

    /// <summary>Whole tables, parts of tables at both ends, and a page alone, which is bound without the list.</summary>
    [Theory]
    [InlineData(0, 0, Pages)]
    [InlineData(511, 0, Pages)]
    [InlineData(0, 3, Pages - 5)]
    [InlineData(100, 511, 514)]
    [InlineData(0, 700, 1)]
    [Rule("PT-066")]
    public void Every_page_is_where_the_list_says(int vaPages, int firstPage, int count)
    {
        foreach (ulong farthest in (ulong[])[GiB, Spread + (ulong)int.MaxValue * Page, 3 * Spread])
        {
            using var gpu = new TestGpu(XePlatforms.Bmg);
            ulong[] pages = Places(farthest);
            XeBo bo = gpu.SystemBo([.. pages.Select(page => new PhysicalRun(page, Page))]);
            AssertBound(gpu, bo, pages, Va + ((ulong)vaPages * Page), firstPage, count);
        }
    }

    [Theory]
    [InlineData(0, 0, Pages)]
    [InlineData(3, 1, 600)]
    [Rule("PT-033")]
    public void Every_page_of_a_region_with_a_base_is_behind_that_base(int vaPages, int firstPage, int count)
    {
        const ulong Base = 0x1_0000_0000;
        using var gpu = new TestGpu(XePlatforms.Bmg with { VramDpaBase = [Base] });
        ulong[] pages = Places(GiB);
        XeBo bo = gpu.VramBo([.. pages.Select(page => new PhysicalRun(page, Page))]);
        AssertBound(gpu, bo, [.. pages.Select(page => page + Base)], Va + ((ulong)vaPages * Page), firstPage, count);
    }

    private static void AssertBound(TestGpu gpu, XeBo bo, ulong[] pages, ulong va, int first, int count)
    {
        gpu.Run(Map(bo, va, offset: (ulong)first * Page, size: (ulong)count * Page));
        for (int i = 0; i < count; i++)
        {
            Translation found = gpu.Vm.Translate(va + ((ulong)i * Page) + 5);
            Assert.Equal(
                (TranslationStatus.Mapped, pages[first + i] + 5, Page, bo.Region == 1),
                (found.Status, found.Address, found.PageSize, found.IsDeviceMemory));
        }
    }

    /// <summary>The first page in the middle, the others before and behind it up to as far as asked, none beside another.</summary>
    private static ulong[] Places(ulong farthest)
    {
        var random = new Random(7);
        ulong[] pages = [.. Enumerable.Range(0, Pages).Select(i => (farthest / Pages * (ulong)i) & ~(2 * Page - 1))];
        random.Shuffle(pages);
        int middle = Array.IndexOf(pages, pages.Order().ElementAt(Pages / 2));
        (pages[0], pages[middle]) = (pages[middle], pages[0]);
        return pages;
    }
}
