namespace XePt.Memory;

/// <summary>What the engine knows of one page-table page beside its bytes (PT-053). Lives parallel to the pool, indexed by page
/// number.</summary>
internal unsafe struct TablePage
{
    private const int LinksPerNote = 8;

    /// <summary>Page numbers of the child tables, 512 of them, 0 = none; null for level 0, which has no children. A directory shares
    /// <see cref="PageTablePool.NoChildren"/> until it gets its first child (<see cref="PageCache.TryOwnChildren"/>).</summary>
    public int* Children;

    /// <summary>Epoch in which the table was unlinked, while it waits for walkers to leave it.</summary>
    public long RetiredIn;

    /// <summary>The page behind this one in the list it is in, 0 = none: of free pages, of a chunk, or of retired tables.</summary>
    public int Next;

    /// <summary>In a list of free pages the page before this one; in the first page of a returned chunk the first page of the next
    /// chunk.</summary>
    public int Previous;

    /// <summary>Live entries, in units of the table's own entries (PT-059).</summary>
    public int Live;

    /// <summary>Level of the table; 0 is the last level.</summary>
    public byte Level;

    /// <summary>True for a level-0 table of 32 entries of 64 KiB (PT-004).</summary>
    public bool IsCompact;

    /// <summary>True between rent and return.</summary>
    public bool IsRented;

    /// <summary>Of a directory, which eight entries a child was linked in last: there its only child is to be found first.</summary>
    public byte LastLinked;

    /// <summary>Notes that a child is linked at an index.</summary>
    public void NoteLink(int index) => LastLinked = (byte)(index / LinksPerNote);

    /// <summary>The one child of a directory that has one live entry, when it is where a child was linked last; else 0.</summary>
    public readonly int SoleChild()
    {
        if (Live != 1)
            return 0;
        // SAFETY: a directory has 512 child numbers, eight for each note.
        var near = new ReadOnlySpan<int>(Children + (LastLinked * LinksPerNote), LinksPerNote);
        int at = near.IndexOfAnyExcept(0);
        return at < 0 ? 0 : near[at];
    }
}
