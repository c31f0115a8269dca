using System.Globalization;
using XePt.Cli.Console;
using XePt.Cli.State;
using XePt.Uapi.Formats;

namespace XePt.Cli.Drawing;

/// <summary>The page tables of a VM as a tree: a line per table with a bar of its 512 entries and what they are.</summary>
internal sealed class TableTreeDrawing
{
    private const int Entries = 512;

    private readonly Terminal _terminal;
    private readonly PteFormatId _format;
    private readonly Legend _legend;
    private readonly int _cells;
    private readonly List<Cell[]> _rows = [];
    private int _left;

    private TableTreeDrawing(Terminal terminal, PteFormatId format, Legend legend, int most)
    {
        (_terminal, _format, _legend, _left) = (terminal, format, legend, most);
        _cells = terminal.Screen.Width switch { < 100 => 16, < 120 => 32, _ => 64 };
    }

    /// <param name="most">Lines there may be for each tile.</param>
    public static void Write(Terminal terminal, MappedVm vm, Legend legend, int most)
    {
        IReadOnlyList<TableNode> roots = TableNode.Roots(vm.State.Tables);
        foreach (TableNode root in roots)
        {
            var drawing = new TableTreeDrawing(terminal, vm.Platform.FormatId, legend, most);
            if (root != roots[0] && drawing.IsSameTree(roots[0], root))
                terminal.Line($"page tables of tile {root.Table.Tile}: as those of tile {roots[0].Table.Tile}");
            else
                drawing.Write(root, vm.Pages.Length > 1 ? $" of tile {root.Table.Tile}" : "");
        }
    }

    private void Write(TableNode root, string place)
    {
        int tables = CountOf(root);
        _terminal.Line($"page tables{place}: {Count.Of(tables, "table")} of {Entries} entries");
        Add([root], "", isRoot: true);
        _terminal.Table(["level", Column.Number("from"), "entries", "what they are"], _rows);
        if (_left < 0)
            _terminal.Line($"  ... and {Count.Of(-_left, "line")} more (xept map --all draws each)");
    }

    /// <summary>Adds tables with the same parent, those that look alike as one.</summary>
    private void Add(IReadOnlyList<TableNode> nodes, string indent, bool isRoot)
    {
        for (int i = 0; i < nodes.Count;)
        {
            int alike = AlikeFrom(nodes, i);
            bool isLast = i + alike == nodes.Count;
            AddRow(nodes[i], alike, isRoot ? indent : indent + (isLast ? Tree.Last : Tree.Branch));
            Add(nodes[i].Children, isRoot ? indent : indent + (isLast ? Tree.Blank : Tree.Trunk), isRoot: false);
            i += alike;
        }
    }

    private TreeGlyphs Tree => _terminal.Screen.HasUnicode ? TreeGlyphs.Lines : TreeGlyphs.Ascii;

    private void AddRow(TableNode node, int alike, string prefix)
    {
        if (_left-- <= 0)
            return;
        TableState table = node.Table;
        string name = $"{table.Level}{(table.IsCompact ? " compact" : "")}{(alike > 1 ? $" x {alike}" : "")}";
        _rows.Add(
        [
            new InkText().Add(prefix, Ink.Faint).Add(name),
            string.Create(CultureInfo.InvariantCulture, $"0x{table.Va:x}"),
            BarOf(table),
            ContentsOf(table),
        ]);
    }

    private InkText BarOf(TableState table)
    {
        var bar = new Bar(0, Entries, _cells);
        foreach (EntryRun run in table.Entries)
            bar.Add((ulong)run.Index, (ulong)(run.Index + run.Count), GlyphOf(table, run));
        return bar.Draw(Ink.Plain, _legend);
    }

    private Glyph GlyphOf(TableState table, in EntryRun run) =>
        PageRun.Find(table, run, _format) is { } pages ? Glyph.OfPages(pages.Size) : Glyph.Table;

    /// <summary>What the entries are: <c>2 tables, 3 x 2M</c>.</summary>
    private string ContentsOf(TableState table)
    {
        int children = table.Entries.Count(run => run.IsChild), zeroed = 0;
        var pages = new PageCounter(table.Tile);
        foreach (EntryRun run in table.Entries)
        {
            if (PageRun.Find(table, run, _format) is not { } found)
                continue;
            pages.Add(found.Size, found.PageBytes, found.End - found.Start);
            zeroed += found.Size == PageRun.Zeroed ? run.Count : 0;
        }

        IEnumerable<string> parts =
        [
            .. children > 0 ? [Count.Of(children, "table")] : Array.Empty<string>(),
            .. pages.ToStatistics().Select(page => $"{page.Pages} x {page.Size}"),
            .. zeroed > 0 ? [$"{zeroed} zeroed"] : Array.Empty<string>(),
        ];
        return string.Join(", ", parts.DefaultIfEmpty("empty"));
    }

    /// <summary>How many tables from one on have no tables below them and look the same, one beside the other.</summary>
    private int AlikeFrom(IReadOnlyList<TableNode> nodes, int first)
    {
        int next = first + 1;
        while (next < nodes.Count && IsAlike(nodes[next - 1], nodes[next]))
            next++;
        return next - first;
    }

    private bool IsAlike(TableNode a, TableNode b) =>
        a.Children.Count == 0 && b.Children.Count == 0
        && b.Table.Va - a.Table.Va == Entries * StateCapture.EntryBytes(a.Table.Level, isCompact: false)
        && HasSameEntries(a, b);

    private bool IsSameTree(TableNode a, TableNode b) =>
        a.Table.Va == b.Table.Va && a.Children.Count == b.Children.Count && HasSameEntries(a, b)
        && a.Children.Zip(b.Children).All(pair => IsSameTree(pair.First, pair.Second));

    private bool HasSameEntries(TableNode a, TableNode b) =>
        a.Table.IsCompact == b.Table.IsCompact
        && a.Table.Entries.Select(run => (run.Index, run.Count, GlyphOf(a.Table, run)))
            .SequenceEqual(b.Table.Entries.Select(run => (run.Index, run.Count, GlyphOf(b.Table, run))));

    private static int CountOf(TableNode node) => 1 + node.Children.Sum(CountOf);
}

/// <summary>What the branches of a tree are drawn with.</summary>
internal sealed record TreeGlyphs(string Branch, string Last, string Trunk, string Blank)
{
    public static TreeGlyphs Lines { get; } = new("├─ ", "└─ ", "│  ", "   ");

    public static TreeGlyphs Ascii { get; } = new("|- ", "`- ", "|  ", "   ");
}
