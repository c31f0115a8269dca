using System.Numerics;
using XePt.Diagnostics;

namespace XePt.Pipeline;

/// <summary>Raises the events of flushes of several tiles at once: one for each tile, nested.</summary>
internal static class FlushEvents
{
    /// <summary>Tiles are told.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="tiles">Mask of the tiles.</param>
    /// <param name="start">First address.</param>
    /// <param name="end">End, exclusive.</param>
    public static void Start(VmContext vm, uint tiles, ulong start, ulong end)
    {
        for (; tiles != 0; tiles &= tiles - 1)
            EngineEvents.FlushStart(vm.Watch, Of(vm, BitOperations.TrailingZeroCount(tiles), start, end));
    }

    /// <summary>They have been told, and waited for where somebody waits.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="tiles">Mask of the tiles.</param>
    /// <param name="start">First address.</param>
    /// <param name="end">End, exclusive.</param>
    public static void Stop(VmContext vm, uint tiles, ulong start, ulong end)
    {
        while (tiles != 0)
        {
            int tile = BitOperations.Log2(tiles);
            EngineEvents.FlushStop(vm.Watch, Of(vm, tile, start, end));
            tiles &= ~(1u << tile);
        }
    }

    private static TileEvent Of(VmContext vm, int tile, ulong start, ulong end) =>
        TileEvent.Of(vm.Tlb.Vm.Number, tile, start, end - 1);
}
