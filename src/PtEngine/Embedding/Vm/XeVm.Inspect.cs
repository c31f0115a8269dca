using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Stage;

namespace XePt;

// Looking at a VM: VMAs, tables, what the last request did. Each look is made inside the VM, so it sees a request as a whole or not at all
// (BIND-271).
public sealed partial class XeVm
{
    /// <summary>The VMAs by address. Any thread.</summary>
    public IReadOnlyList<VmaInfo> GetVmas()
    {
        using VmContext.LookScope look = Context.Look();
        var list = new List<VmaInfo>(Context.Space.Count);
        for (int vma = Context.Space.NextFrom(0); vma != 0;)
        {
            ref Vma v = ref Context.Space.Vmas[vma];
            list.Add(InfoOf(v));
            vma = Context.Space.NextFrom(v.End);
        }

        return list;
    }

    /// <summary>The VMA that contains an address, or null. Any thread; allocates nothing.</summary>
    public VmaInfo? FindVma(ulong va)
    {
        using VmContext.LookScope look = Context.Look();
        return Context.Space.Find(va) is var vma && vma != 0 ? InfoOf(Context.Space.Vmas[vma]) : null;
    }

    /// <summary>What the last request on this VM did, by whichever thread. Take it before the next call.</summary>
    internal RequestReport GetLastRequest()
    {
        using VmContext.LookScope look = Context.Look();
        return RequestReport.Of(Context);
    }

    /// <summary>Compares the tables with the VMA list (<see cref="TableCheck"/>). Any thread.</summary>
    /// <returns>The first difference, or null.</returns>
    internal TableDifference? CheckTables()
    {
        using VmContext.LookScope look = Context.Look();
        return TableCheck.Run(Context);
    }

    /// <summary>Value of an entry without mapping at a level of a tile (PT-038).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tables of the VM have no such level, or the device no such tile.</exception>
    internal ulong EmptyEntry(int level, int tile = 0)
    {
        TileTables tables = TablesOf(tile);
        return (uint)level <= (uint)tables.RootLevel
            ? tables.Empty(level)
            : throw new ArgumentOutOfRangeException(nameof(level), level, $"levels of the tables are 0 to {tables.RootLevel}");
    }

    /// <summary>Shows all tables of a tile to a visitor; none of a VM that is destroyed. Any thread.</summary>
    /// <remarks>The visitor runs inside the VM: calls of other threads on it wait until it is done. It may look at this VM and translate;
    /// what would enter a VM otherwise throws <see cref="InvalidOperationException"/>. Entries of binds that wait for fences may be written
    /// while it runs.</remarks>
    public void VisitTables<TVisitor>(ref TVisitor visitor, int tile = 0)
        where TVisitor : struct, ITableVisitor, allows ref struct
    {
        TileTables tables = TablesOf(tile);
        using VmContext.LookScope look = Context.Look();
        if (tables.Root != 0)
            Visit(tables.Pool, tables.Root, 0, ref visitor);
    }

    private VmaInfo InfoOf(in Vma v) => new(v, Context.Facts.TileMask) { IsStale = v.Userptr != 0 && Context.Userptrs.IsStale(v.Userptr) };

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
