using XePt.Memory;

namespace XePt.Stage;

/// <summary>What a bind walk writes: where the bytes come from and how their leaves look.</summary>
internal enum BindKind : byte
{
    /// <summary>Memory behind a cursor.</summary>
    Memory,

    /// <summary>NULL leaves (PT-091).</summary>
    Null,

    /// <summary>Non-present entries over scratch ones, always at the last level (PT-090 as the vectors show it).</summary>
    Clear,
}

/// <summary>Input of one bind walk over <c>[Start, End)</c> on one tile (specification 03 section 8).</summary>
internal struct BindSource
{
    public BindKind Kind;
    public ulong Start, End;

    /// <summary>For memory: the cursor, standing at <see cref="Offset"/>.</summary>
    public BackingCursor Cursor;

    /// <summary>Byte offset inside the backing of <see cref="Start"/>.</summary>
    public ulong Offset;

    /// <summary>Added to the cursor's addresses (PT-033).</summary>
    public ulong AddressBias;

    /// <summary>The VMA is a NULL one, also when it is being cleared.</summary>
    public bool IsNullVma;

    /// <summary>The VM demands 64 KiB pages for VRAM (PT-080).</summary>
    public bool VramNeeds64K;

    /// <summary>Compact 64 KiB tables exist on this platform (PT-077).</summary>
    public bool AllowCompact;
}
