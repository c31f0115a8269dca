using XePt.Cli.State;

namespace XePt.Cli.Vectors.Pages;

/// <summary>
/// Finds compact tables that hold entries of 4 KiB. Clearing a NULL VMA makes compact tables, a split can leave them behind, and a partial
/// bind then writes into them as into normal tables: the vectors show it, and walkers take those entries for other pages of the same 2 MiB.
/// What is found there says nothing about the engine (docs/deviations.md).
/// </summary>
internal readonly ref struct MixedTables : ITableVisitor
{
    private readonly IntervalSet _found;

    private MixedTables(IntervalSet found) => _found = found;

    /// <summary>The addresses below such tables.</summary>
    public static IntervalSet In(XeVm vm)
    {
        var visitor = new MixedTables(new IntervalSet());
        vm.VisitTables(ref visitor);
        return visitor._found;
    }

    public void Visit(in TableView table)
    {
        const int CompactShift = 16;
        // Only entries that are too many for the table can have got there as 4 KiB ones.
        if (table.IsCompact && table.Live > table.Entries.Length)
            _found.Add(table.Va, table.Va + ((ulong)table.Entries.Length << CompactShift));
    }
}
