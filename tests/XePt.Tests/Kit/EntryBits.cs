namespace XePt.Tests.Kit;

/// <summary>
/// Bits of table entries as specification 03 section 2 numbers them (PT-016), written down here once more so that tests have their own.
/// </summary>
internal static class EntryBits
{
    public const ulong Present = 1ul << 0;
    public const ulong Writable = 1ul << 1;
    public const ulong Compact = 1ul << 6;
    public const ulong Huge = 1ul << 7;
    public const ulong Ps64 = 1ul << 8;
    public const ulong Null = 1ul << 9;
    public const ulong AtomicEnable = 1ul << 10;
    public const ulong DeviceMemory = 1ul << 11;
    public const ulong AddressMask = 0x000f_ffff_ffff_f000;

    /// <summary>Whether an entry of a level points to a table.</summary>
    public static bool IsPde(ulong entry, int level) =>
        level > 0 && (entry & Present) != 0 && (level > 2 || (entry & Huge) == 0);
}
