using XePt.Devices;

namespace XePt.Tests.Svm.Mix;

/// <summary>What a random mix runs on: a platform with little memory, and the size of what is mapped.</summary>
/// <param name="Platform">The device.</param>
/// <param name="UnitPages">Pages that most intervals are a multiple of: 1, 16 or 512.</param>
/// <param name="Units">Units of the window that everything happens in.</param>
/// <param name="Vram">Bytes of each tile's memory that are not taken for good.</param>
/// <param name="Drive">How the device is driven.</param>
internal sealed record MixSetting(PlatformInfo Platform, int UnitPages, int Units, ulong Vram, DriveMode Drive)
{
    private const ulong Megabyte = 1 << 20;

    // Page tables have a part of it.
    private const ulong Least = 32 * Megabyte;

    /// <summary>An integrated device, a discrete one, and two with two tiles, of which one has no 4 KiB pages in VRAM.</summary>
    public static IReadOnlyList<string> Platforms { get; } = ["lnl", "bmg", "pvc2t", "bmg2t"];

    public static IReadOnlyList<string> Sizes { get; } = ["4K", "64K", "2M"];

    public int Pages => UnitPages * Units;

    /// <summary>Memory of a tile is less than what the window holds.</summary>
    public static MixSetting Of(string platform, string size, int seed)
    {
        (int unit, int units, ulong vram) = size switch
        {
            "4K" => (1, 160, Megabyte / 4),
            "64K" => (16, 40, 2 * Megabyte),
            _ => (512, 5, 8 * Megabyte),
        };
        PlatformInfo chosen = platform switch
        {
            "lnl" => XePlatforms.Lnl,
            "bmg" => XePlatforms.Bmg with { VramBytesPerTile = Least },
            "pvc2t" => XePlatforms.Pvc2T with { VramBytesPerTile = Least },
            _ => XePlatforms.Bmg with { TileCount = 2, VramBytesPerTile = Least, VramDpaBase = [0, 1UL << 34] },
        };
        return new MixSetting(chosen, unit, units, vram, seed % 2 == 0 ? DriveMode.Queued : DriveMode.Inline);
    }
}
