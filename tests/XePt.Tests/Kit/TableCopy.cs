using XePt.Memory;

namespace XePt.Tests.Kit;

/// <summary>A page table as it was at one moment.</summary>
/// <param name="Number">n of Tn: tables of a tile in the order of their places.</param>
/// <param name="Entries">512 entries, or the 32 of a compact table.</param>
/// <param name="HasChild">Per entry: a child table is attached.</param>
internal sealed record TableCopy(
    int Number, ulong DeviceAddress, ulong Va, int Level, bool IsCompact, int Live, ulong[] Entries, bool[] HasChild)
{
    /// <summary>All tables that hang on a tile's root, each before its children, by rising address.</summary>
    public static List<TableCopy> All(XeVm vm, int tile = 0)
    {
        var collector = new Collector(vm.Context.Call.Tiles[tile].Tables.Pool);
        vm.VisitTables(ref collector, tile);
        return collector.Tables;
    }

    /// <summary>log2 of the bytes one entry covers.</summary>
    public int Shift => IsCompact ? 16 : 12 + (9 * Level);

    /// <summary>First address an entry covers.</summary>
    public ulong VaOf(int index) => Va + ((ulong)index << Shift);

    private readonly struct Collector(PageTablePool pool) : ITableVisitor
    {
        public List<TableCopy> Tables { get; } = [];

        public void Visit(in TableView table)
        {
            var hasChild = new bool[table.Entries.Length];
            for (int i = 0; i < hasChild.Length; i++)
                hasChild[i] = table.HasChild(i);
            int number = pool.PageAt(table.DeviceAddress) - pool.FirstPage;
            Tables.Add(new TableCopy(
                number, table.DeviceAddress, table.Va, table.Level, table.IsCompact, table.Live, table.Entries.ToArray(), hasChild));
        }
    }
}
