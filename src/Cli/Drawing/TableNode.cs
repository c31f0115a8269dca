using XePt.Cli.State;

namespace XePt.Cli.Drawing;

/// <summary>A page table with those below it.</summary>
internal sealed class TableNode(TableState table)
{
    private readonly List<TableNode> _children = [];

    /// <summary>The table.</summary>
    public TableState Table { get; } = table;

    /// <summary>Tables below it, by address.</summary>
    public IReadOnlyList<TableNode> Children => _children;

    /// <summary>The roots of a VM's tables, by tile.</summary>
    /// <param name="tables">Parents before children.</param>
    public static IReadOnlyList<TableNode> Roots(IEnumerable<TableState> tables)
    {
        var roots = new List<TableNode>();
        var path = new Stack<TableNode>();
        foreach (TableState table in tables)
        {
            var node = new TableNode(table);
            while (path.Count > 0 && (path.Peek().Table.Level <= table.Level || path.Peek().Table.Tile != table.Tile))
                path.Pop();
            if (path.Count > 0)
                path.Peek()._children.Add(node);
            else
                roots.Add(node);
            path.Push(node);
        }

        return roots;
    }
}
