namespace XePt.Gpuva;

/// <summary>What the split core asks to be done with a VMA.</summary>
internal enum GpuvaOpKind : byte
{
    Map,
    Unmap,
    Remap,
    Prefetch,
}

/// <summary>What a MAP or PREFETCH does to tables. Decided when the op is parsed; residency, staging, the last look at userptrs and the
/// marks of the VMA go by it.</summary>
internal enum OpPlan : byte
{
    /// <summary>Nothing: a mirror, or a bind that is left to a fault.</summary>
    Nothing,

    /// <summary>Writes the entries of its memory.</summary>
    Bind,

    /// <summary>Replaces scratch entries by non-present ones (BIND-019).</summary>
    Clear,
}

/// <summary>One piece that a split leaves of a VMA, left (prev) or right (next) of the request (BIND-161).</summary>
internal struct GpuvaPiece
{
    public ulong Start;
    public ulong End;
    public ulong Offset;

    /// <summary>The new VMA, once made; 0 before.</summary>
    public int Vma;

    public bool Exists;

    /// <summary>The piece keeps its existing entries (BIND-184).</summary>
    public bool Skip;

    /// <summary>The piece is bound again.</summary>
    public readonly bool Binds => Exists && !Skip;
}

/// <summary>One operation on the VMA map, filled in by the split core and completed by parsing (specification 02 sections 10 and
/// 11).</summary>
internal unsafe struct GpuvaOp
{
    public GpuvaOpKind Kind;

    /// <summary>MAP, PREFETCH: what it does to tables.</summary>
    public OpPlan Plan;

    /// <summary>UNMAP, REMAP: the entries of the old VMA go; a mirror has none.</summary>
    public bool Unbinds;

    /// <summary>The BO and its distance from the VA stay the same (BIND-160); told to the caller, not acted on.</summary>
    public bool Keep;

    /// <summary>PREFETCH has pinned the pages of a userptr anew.</summary>
    public bool IsRepinned;

    /// <summary>MAP with IMMEDIATE.</summary>
    public bool Immediate;

    /// <summary>MAP that must replace scratch entries by non-present ones (BIND-019).</summary>
    public bool InvalidateOnBind;

    /// <summary>Index of the bind op this belongs to.</summary>
    public int BindIndex;

    /// <summary>MAP, UNMAP, PREFETCH: the interval. REMAP: the old VMA's original interval.</summary>
    public ulong Start, End;

    /// <summary>MAP: BO slot or 0.</summary>
    public int Bo;

    /// <summary>MAP: BO offset or CPU address.</summary>
    public ulong Offset;

    /// <summary>MAP: kind and access bits of the new VMA.</summary>
    public VmaFlags CreateFlags;

    /// <summary>MAP: PAT index.</summary>
    public ushort Pat;

    /// <summary>MAP: the new VMA. Others: the VMA operated on.</summary>
    public int Vma;

    /// <summary>MAP, UNMAP: the record of that VMA, which stays where it is.</summary>
    public Vma* Record;

    /// <summary>PREFETCH of a userptr: the pages that it had before this op pinned them anew (BIND-191), with the state they were collected
    /// under.</summary>
    public UserptrPages OldPages;

    /// <summary>PREFETCH: target region, or 0xffffffff for the advised one.</summary>
    public uint Region;

    /// <summary>REMAP: what is left on each side.</summary>
    public GpuvaPiece Previous, Next;

    /// <summary>REMAP: the interval whose entries must go, after the skips (BIND-187).</summary>
    public ulong UnbindStart, UnbindEnd;
}
