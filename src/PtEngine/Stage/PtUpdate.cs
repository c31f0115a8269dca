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

    /// <summary>Directory tables: children not in the plan. Until the op is taken into the plan the new ones, then the displaced ones. Null
    /// for level 0.</summary>
    public int* Children;
}

/// <summary>What a PT op does with the entries of its interval.</summary>
internal enum PtOpKind : byte
{
    /// <summary>Writes the entries of memory.</summary>
    Bind,

    /// <summary>Writes non-present entries over scratch ones and touches no memory of its VMA (BIND-019).</summary>
    Clear,

    /// <summary>Takes the entries and what is below them away.</summary>
    Unbind,

    /// <summary>Zeroes the entries in place (PT-112).</summary>
    Zap,
}

/// <summary>One page-table operation of a tile (a "PT op"): the bind, unbind or zap of one interval.</summary>
internal struct PtOp
{
    public PtOpKind Kind;

    /// <summary>The interval was present already, so its entries are overwritten and not counted again (PT-100).</summary>
    public bool IsRebind;

    /// <summary>The same call has bound the VMA before, so its entries are counted already.</summary>
    public bool IsRepeat;

    /// <summary>The VMA bound, unbound or zapped: the mirror for the bind of an SVM range, 0 for the unbind of one.</summary>
    public int Vma;

    /// <summary>The SVM range bound, or 0.</summary>
    public int Range;

    /// <summary>Index of the bind op it is of, or -1.</summary>
    public int BindIndex;

    public int FirstUpdate;
    public int UpdateCount;

    /// <summary>What the VMA had before, for an abort (PT-099).</summary>
    public VmaFlags FlagsBefore;

    public byte StagedBefore;

    /// <summary>The op writes entries: it adds to live counts and may be undone in its VMA.</summary>
    public readonly bool IsBind => Kind <= PtOpKind.Clear;

    /// <summary>What each entry adds to the live count of its table: a bind one, unless it is there already; an unbind takes it away
    /// (PT-093, PT-094).</summary>
    public readonly int LiveDirection => !IsBind ? -1 : IsRebind || IsRepeat ? 0 : 1;
}
