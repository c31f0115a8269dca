using XePt.Gpuva;

namespace XePt.Stage;

/// <summary>
/// One run of entries of one shared table that a request changes (a "record", PT-085, PT-086): for a bind the values and children to
/// put there, for an unbind the children that were there. The memory behind the pointers belongs to the request's arena.
/// </summary>
internal unsafe struct PtUpdate
{
    public int Page;
    public int First;
    public int Count;
    public byte Level;

    /// <summary>Values of a bind, <see cref="Count"/> of them; null for an unbind, which writes the level's empty value (PT-162).</summary>
    public ulong* Values;

    /// <summary>Directory tables: children not in the plan. Before prepare-commit the new ones, after it the displaced ones. Null for level 0.</summary>
    public int* Children;
}

/// <summary>One page-table operation of a tile (a "PT op"): the bind or unbind of one interval.</summary>
internal struct PtOp
{
    public bool IsBind;

    /// <summary>The interval was present already, so its entries are overwritten and not counted again (PT-100).</summary>
    public bool IsRebind;

    /// <summary>The bind writes non-present entries and touches no memory of its VMA (BIND-019).</summary>
    public bool IsClear;

    /// <summary>The same request has bound the VMA before, so its entries are counted already.</summary>
    public bool IsRepeat;

    /// <summary>The VMA bound or unbound, or 0 for a range unbind.</summary>
    public int Vma;

    public int FirstUpdate;
    public int UpdateCount;

    /// <summary>What the VMA had before, for an abort (PT-099).</summary>
    public VmaFlags FlagsBefore;

    public byte StagedBefore;
}
