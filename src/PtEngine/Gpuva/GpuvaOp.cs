using System.Runtime.InteropServices;

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
/// <remarks>What only one kind has shares its place with what only another has: an array of a hundred ops, which every stage goes through
/// once more, stays in the nearest cache.</remarks>
[StructLayout(LayoutKind.Explicit)]
internal unsafe struct GpuvaOp
{
    private const int OfKind = 40;

    [FieldOffset(0)]
    public GpuvaOpKind Kind;

    /// <summary>MAP, PREFETCH: what it does to tables.</summary>
    [FieldOffset(1)]
    public OpPlan Plan;

    /// <summary>UNMAP, REMAP: the entries of the old VMA go; a mirror has none.</summary>
    [FieldOffset(2)]
    public bool Unbinds;

    /// <summary>The BO and its distance from the VA stay the same (BIND-160); told to the caller, not acted on.</summary>
    [FieldOffset(3)]
    public bool Keep;

    /// <summary>PREFETCH has pinned the pages of a userptr anew.</summary>
    [FieldOffset(4)]
    public bool IsRepinned;

    /// <summary>MAP with IMMEDIATE.</summary>
    [FieldOffset(5)]
    public bool Immediate;

    /// <summary>MAP that must replace scratch entries by non-present ones (BIND-019).</summary>
    [FieldOffset(6)]
    public bool InvalidateOnBind;

    /// <summary>Index of the bind op this belongs to.</summary>
    [FieldOffset(8)]
    public int BindIndex;

    /// <summary>MAP: the new VMA. Others: the VMA operated on.</summary>
    [FieldOffset(12)]
    public int Vma;

    /// <summary>MAP, UNMAP, PREFETCH: the interval. REMAP: the old VMA's original interval.</summary>
    [FieldOffset(16)]
    public ulong Start;

    /// <summary>Its end.</summary>
    [FieldOffset(24)]
    public ulong End;

    /// <summary>MAP, UNMAP: the record of that VMA, which stays where it is.</summary>
    [FieldOffset(32)]
    public Vma* Record;

    /// <summary>MAP: BO offset or CPU address.</summary>
    [FieldOffset(OfKind)]
    public ulong Offset;

    /// <summary>MAP: BO slot or 0.</summary>
    [FieldOffset(OfKind + 8)]
    public int Bo;

    /// <summary>MAP: kind and access bits of the new VMA.</summary>
    [FieldOffset(OfKind + 12)]
    public VmaFlags CreateFlags;

    /// <summary>MAP: PAT index.</summary>
    [FieldOffset(OfKind + 16)]
    public ushort Pat;

    /// <summary>PREFETCH of a userptr: the pages that it had before this op pinned them anew (BIND-191), with the state they were collected
    /// under.</summary>
    [FieldOffset(OfKind)]
    public UserptrPages OldPages;

    /// <summary>PREFETCH: target region, or 0xffffffff for the advised one.</summary>
    [FieldOffset(OfKind + 16)]
    public uint Region;

    /// <summary>REMAP: what is left before the request.</summary>
    [FieldOffset(OfKind)]
    public GpuvaPiece Previous;

    /// <summary>REMAP: what is left behind it.</summary>
    [FieldOffset(OfKind + 32)]
    public GpuvaPiece Next;

    /// <summary>REMAP: the first address whose entries must go, after the skips (BIND-187).</summary>
    [FieldOffset(OfKind + 64)]
    public ulong UnbindStart;

    /// <summary>REMAP: the end of those.</summary>
    [FieldOffset(OfKind + 72)]
    public ulong UnbindEnd;
}
