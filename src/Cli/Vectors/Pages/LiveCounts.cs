namespace XePt.Cli.Vectors.Pages;

/// <summary>Compares the live count of each table with the number of its entries that are in use.</summary>
internal ref struct LiveCounts(PageModel model, bool mayExceed) : ITableVisitor
{
    private Difference? _difference;

    /// <param name="vm">The VM.</param>
    /// <param name="model">Says which pages are mapped, zapped ones included.</param>
    /// <param name="mayExceed">Counts may be higher than that, and tables left over.</param>
    public static Difference? Compare(XeVm vm, PageModel model, bool mayExceed)
    {
        var counts = new LiveCounts(model, mayExceed);
        vm.VisitTables(ref counts);
        return counts._difference;
    }

    public void Visit(in TableView table)
    {
        int shift = table.IsCompact ? 16 : 12 + (9 * table.Level);
        int used = 0;
        for (int i = 0; i < table.Entries.Length; i++)
        {
            if (table.HasChild(i) || model.Find(table.Va + ((ulong)i << shift)) is not null)
                used++;
        }

        if (mayExceed ? table.Live < used : table.Live != used)
            _difference ??= new Difference("live count", $"{used}", $"{table.Live}") { Va = table.Va, Level = table.Level };
    }
}
