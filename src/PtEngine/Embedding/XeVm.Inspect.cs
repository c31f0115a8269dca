using XePt.Gpuva;
using XePt.Memory;
using XePt.Stage;

namespace XePt;

// Looking at a VM: VMAs, tables, what the last request did.
public sealed partial class XeVm
{
    /// <summary>The VMAs by address. Take it while no bind runs.</summary>
    public IReadOnlyList<VmaInfo> GetVmas()
    {
        var list = new List<VmaInfo>(Context.Space.Count);
        for (int vma = Context.Space.NextFrom(0); vma != 0;)
        {
            ref Vma v = ref Context.Space.Vmas[vma];
            list.Add(InfoOf(v));
            vma = Context.Space.NextFrom(v.End);
        }

        return list;
    }

    /// <summary>The VMA that contains an address, or null.</summary>
    public VmaInfo? FindVma(ulong va) => Context.Space.Find(va) is var vma && vma != 0 ? InfoOf(Context.Space.Vmas[vma]) : null;

    /// <summary>What the last request on this VM did. Take it before the next call.</summary>
    public RequestReport GetLastRequest() => RequestReport.Of(Context);

    /// <summary>Value of an entry without mapping at a level of a tile (PT-038).</summary>
    public ulong EmptyEntry(int level, int tile = 0) => Context.Tiles[tile].Tables.Empty(level);

    /// <summary>Shows all tables of a tile to a visitor; none of a VM that is destroyed. Run it while no bind runs.</summary>
    public void VisitTables<TVisitor>(ref TVisitor visitor, int tile = 0)
        where TVisitor : struct, ITableVisitor, allows ref struct
    {
        TileTables tables = Context.Tiles[tile].Tables;
        if (tables.Root != 0)
            Visit(tables.Pool, tables.Root, 0, ref visitor);
    }

    private VmaInfo InfoOf(in Vma v) => new(v) { IsStale = v.Userptr != 0 && Context.Userptrs.IsStale(v.Userptr) };

    private static unsafe void Visit<TVisitor>(PageTablePool pool, int page, ulong va, ref TVisitor visitor)
        where TVisitor : struct, ITableVisitor, allows ref struct
    {
        visitor.Visit(new TableView(pool, page, va));
        ref TablePage info = ref pool.Page(page);
        if (info.Children == null)
            return;

        int shift = Memory.PageSizes.EntryShift(info.Level);
        // SAFETY: a directory has 512 child numbers.
        for (int i = 0; i < PageTablePool.EntriesPerTable; i++)
        {
            if (info.Children[i] != 0)
                Visit(pool, info.Children[i], va + ((ulong)i << shift), ref visitor);
        }
    }
}
