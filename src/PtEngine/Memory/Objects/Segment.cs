namespace XePt.Memory;

/// <summary>What kind of memory a physical segment is, as the leaf template must say (PT-031, PT-032).</summary>
internal enum SegmentKind : byte
{
    /// <summary>System memory, or a peer's.</summary>
    System = 0,

    /// <summary>Device memory of this device.</summary>
    Vram = 1,
}

/// <summary>One physically contiguous piece of a backing. A backing's segments are in order and end with a sentinel whose
/// <see cref="Offset"/> is the backing's size.</summary>
/// <param name="Offset">First byte inside the backing.</param>
/// <param name="Tagged">Physical address, 4 KiB aligned, with the <see cref="SegmentKind"/> in bit 0.</param>
internal readonly record struct Segment(ulong Offset, ulong Tagged)
{
    public Segment(ulong offset, ulong address, SegmentKind kind)
        : this(offset, address | (ulong)kind)
    {
    }

    /// <summary>Physical address of the first byte, before any region base is added (PT-069).</summary>
    public ulong Address => Tagged & ~0xfffUL;

    public SegmentKind Kind => (SegmentKind)(Tagged & 1);
}
