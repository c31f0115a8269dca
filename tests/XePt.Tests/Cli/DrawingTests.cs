using XePt.Cli.Console;
using XePt.Cli.Drawing;
using XePt.Cli.State;

namespace XePt.Tests.Cli;

/// <summary>The parts that drawings are made of; <see cref="RenderingTests"/> has whole ones.</summary>
public class DrawingTests
{
    private static readonly Glyph Small = Glyph.OfPages("4K"), Large = Glyph.OfPages("2M");

    [Fact]
    public void A_cell_shows_what_most_of_it_is()
    {
        var bar = new Bar(0x1000, 0x4000, cells: 4);
        bar.Add(0x1000, 0x3000, Large);
        bar.Add(0x3000, 0x3400, Large);
        bar.Add(0x3400, 0x3c00, Small);
        Assert.Equal("[224.]", Draw(bar));
    }

    [Fact]
    public void A_single_page_in_the_largest_address_space_is_seen()
    {
        const ulong size = 1UL << 57;
        foreach (ulong at in (ulong[])[0, 0x1000, size / 3 & ~0xfffUL, size / 2 - 0x1000, size / 2, size - 0x1000])
        {
            var bar = new Bar(0, size, cells: 64);
            bar.Add(at, at + 0x1000, Small);
            string text = Draw(bar);
            Assert.Equal((int)(at / (size / 64)), text.IndexOf('4', StringComparison.Ordinal) - 1);
            Assert.Equal(1, text.Count(letter => letter == '4'));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(37)]
    [InlineData(64)]
    public void What_covers_a_bar_fills_all_cells_whatever_their_number(int cells)
    {
        const ulong start = 0x7f00_0000_0000, size = 0x12_3000;
        var bar = new Bar(start, size, cells);
        for (ulong at = start; at < start + size; at += 0x1000)
            bar.Add(at, at + 0x1000, Small);
        Assert.Equal($"[{new string('4', cells)}]", Draw(bar));
    }

    [Fact]
    public void A_table_is_seen_among_many_leaves()
    {
        var bar = new Bar(0, 512, cells: 16);
        bar.Add(0, 511, Large);
        bar.Add(511, 512, Glyph.Table);
        Assert.Equal("[222222222222222d]", Draw(bar));
    }

    [Fact]
    public void Vmas_that_are_too_many_share_bars_with_their_nearest()
    {
        MappedVma[] vmas = [Vma(0, 1), Vma(1, 2), Vma(10, 11), Vma(12, 13), Vma(100, 200)];
        Assert.Equal(["0-1", "1-2", "10-11", "12-13", "100-200"], Regions(vmas, most: 5));
        Assert.Equal(["0-2", "10-11", "12-13", "100-200"], Regions(vmas, most: 4));
        Assert.Equal(["0-2", "10-13", "100-200"], Regions(vmas, most: 3));
        Assert.Equal(["0-200"], Regions(vmas, most: 1));
        Assert.Equal(["0-1", "1-2", "10-11", "12-13", "100-200"], Regions(vmas, most: int.MaxValue));
        Assert.Empty(Region.Of([], most: 3));
    }

    [Fact]
    public void Tables_hang_below_the_one_that_covers_them()
    {
        TableState[] tables =
        [
            Table(tile: 0, level: 2), Table(0, 1), Table(0, 0), Table(0, 0), Table(0, 1), Table(0, 0),
            Table(tile: 1, level: 2), Table(1, 1),
        ];
        IReadOnlyList<TableNode> roots = TableNode.Roots(tables);
        Assert.Equal(["2(1(0 0) 1(0))", "2(1)"], roots.Select(Text));
        static string Text(TableNode node) =>
            node.Children.Count == 0 ? $"{node.Table.Level}" : $"{node.Table.Level}({string.Join(' ', node.Children.Select(Text))})";
    }

    private static string Draw(Bar bar) => bar.Draw(Ink.Plain, new Legend()).Text;

    private static IEnumerable<string> Regions(MappedVma[] vmas, int most) =>
        Region.Of(vmas, most).Select(region => $"{region.Start >> 12}-{region.End >> 12}");

    private static MappedVma Vma(ulong start, ulong end) =>
        new(new VmaState(start << 12, end << 12, "null", null, 0, "NULL", 0, "4K", 1, 0), [], 1);

    private static TableState Table(int tile, int level) => new(tile, level, 0, false, 0, 0, []);
}
