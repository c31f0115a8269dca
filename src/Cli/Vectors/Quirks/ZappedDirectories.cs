using XePt.Cli.Vectors.Pages;

namespace XePt.Cli.Vectors.Quirks;

/// <summary>
/// A zap zeroes directory entries but keeps the tables below (PT-114). What is bound there later is written into those tables, out of reach
/// until the directory entry is written again; in the model such pages are zapped.
/// </summary>
internal ref struct ZappedDirectories(PageState state, PageModel model) : ITableVisitor
{
    private Difference? _difference;

    /// <summary>Zaps the pages below zeroed directory entries.</summary>
    /// <returns>The first such entry where nothing was ever zapped, or null.</returns>
    public static Difference? Apply(XeVm vm, PageState state, PageModel model)
    {
        var visitor = new ZappedDirectories(state, model);
        vm.VisitTables(ref visitor);
        return visitor._difference;
    }

    public void Visit(in TableView table)
    {
        for (int i = 0; i < table.Entries.Length; i++)
        {
            if (!table.HasChild(i) || table.Entries[i] != 0)
                continue;

            ulong size = 1UL << (12 + (9 * table.Level));
            ulong start = table.Va + ((ulong)i * size);
            if (state.WasZapped(start, start + size))
                model.Zap(start, start + size);
            else
                _difference ??= new Difference(
                    $"entry {i}", "not zero: its table is in use and was not zapped", "0")
                { Va = start, Level = table.Level };
        }
    }
}
