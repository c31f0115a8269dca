using System.Numerics;

namespace XePt.Gpuva;

/// <summary>
/// Zaps of ranges between the stores of the zeroes and the end of their flush. Entries are gone and marks say so, but TLBs may still lead
/// to the old pages: whoever finds nothing to zap has to flush all the same while such a zap is under way (CON-005, CON-014).
/// </summary>
/// <remarks>Concurrency: inside the notifier gate. It counts zaps for each tile, not intervals: what is flushed too much is flushed only
/// while several threads change the same process.</remarks>
internal sealed class ZapsInFlight
{
    private const int MostTiles = 8;

    private readonly int[] _zaps = new int[MostTiles];

    /// <summary>Tiles on which there are any.</summary>
    public uint Tiles { get; private set; }

    /// <summary>Entries were zeroed on some tiles.</summary>
    public void Begin(uint tiles) => Count(tiles, 1);

    /// <summary>They are flushed.</summary>
    public void End(uint tiles) => Count(tiles, -1);

    private void Count(uint tiles, int change)
    {
        for (uint left = tiles; left != 0; left &= left - 1)
        {
            int tile = BitOperations.TrailingZeroCount(left);
            _zaps[tile] += change;
            Tiles = _zaps[tile] == 0 ? Tiles & ~(1u << tile) : Tiles | (1u << tile);
        }
    }
}
