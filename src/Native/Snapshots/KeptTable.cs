using XePt.Memory;
using XePt.Uapi.Formats;

namespace XePt.Native;

/// <summary>A page table of a snapshot.</summary>
/// <param name="Tile">Tile that it is for.</param>
/// <param name="Level">Level; 0 is the last.</param>
/// <param name="Va">First GPU address that it covers.</param>
/// <param name="IsCompact">A table of 64 KiB entries.</param>
/// <param name="Live">Entries in use, as the driver counts them.</param>
/// <param name="Address">Where it was in device memory.</param>
/// <param name="Empty">What an entry of the VM that maps nothing holds at this level.</param>
/// <param name="Entries">Raw entries.</param>
/// <param name="HasChild">Entries with a table attached below.</param>
internal sealed record KeptTable(
    int Tile, int Level, ulong Va, bool IsCompact, int Live, ulong Address, ulong Empty, ulong[] Entries, bool[] HasChild)
{
    /// <summary>Its place in the order of a comparison.</summary>
    public (int Tile, int Height, ulong Va) Place => (Tile, -Level, Va);

    /// <summary>Bytes that one entry covers.</summary>
    public ulong EntryBytes => IsCompact ? PageSizes.Size64K : 1ul << PageSizes.EntryShift(Level);

    /// <summary>An entry without what says only where a table is: that of a child, or of scratch memory.</summary>
    public ulong WithoutPlaces(int index) =>
        HasChild[index] || Entries[index] == Empty ? Entries[index] & ~PteFormats.AddressMask : Entries[index];
}
