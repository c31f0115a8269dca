namespace XePt;

/// <summary>What the buffer objects of a client have of a memory region, as the driver tells it of an open file. Bytes; an object counts
/// once for each of its handles, also where it is someone else's, too.</summary>
/// <param name="Region">0 system memory, 1 + t the VRAM of tile t; -1 for objects that have no memory yet.</param>
/// <param name="Total">All of them.</param>
/// <param name="Shared">Those that have several handles, or that were exported, imported or named.</param>
/// <param name="Resident">Those that have memory.</param>
/// <param name="Active">Those that work in flight uses.</param>
public readonly record struct RegionUsage(int Region, ulong Total, ulong Shared, ulong Resident, ulong Active)
{
    /// <summary>For example <c>region 1: 0x20000 bytes, 0x10000 shared, 0x20000 resident, 0x0 active</c>.</summary>
    public override string ToString() =>
        $"region {Region}: 0x{Total:x} bytes, 0x{Shared:x} shared, 0x{Resident:x} resident, 0x{Active:x} active";
}
