namespace XePt.Memory;

/// <summary>Frees tables with everything below them.</summary>
internal static unsafe class TableTree
{
    /// <summary>Returns a table and, recursively, its children to the pool (PT-060).</summary>
    /// <returns>How many tables were freed.</returns>
    public static int Free(PageTablePool pool, int page)
    {
        int* children = pool.Page(page).Children;
        int freed = 1;
        if (children != null)
        {
            // The children are read before the parent goes back, because its array goes back with it.
            // SAFETY: a directory's array has 512 numbers, each 0 or a rented page.
            for (int i = 0; i < PageTablePool.EntriesPerTable; i++)
            {
                if (children[i] != 0)
                    freed += Free(pool, children[i]);
            }
        }

        pool.Return(page);
        return freed;
    }
}
