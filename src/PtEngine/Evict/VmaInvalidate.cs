using System.Diagnostics;
using XePt.Commit;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Stage;

namespace XePt.Evict;

/// <summary>Takes a VMA's mapping away without touching the VMA list: zap, flush, mark invalid (BIND-267, PT-117).</summary>
internal static class VmaInvalidate
{
    /// <summary>Invalidates one VMA, which is neither null nor a mirror (BIND-231).</summary>
    public static void Run(VmContext vm, int vma)
    {
        ref Vma v = ref vm.Space.Vmas[vma];
        Debug.Assert(!v.IsNull && !v.IsMirror);
        uint wrote = 0;
        foreach (TileUpdate tile in vm.Tiles)
        {
            if (v.HasValidMapping(tile.Tile) && ZapWalk.Run(tile.Tables, v.Start, v.End))
                wrote |= 1u << tile.Tile;
        }

        vm.Tlb.OfZap(wrote, v.Start, v.End, TlbInvalidationCause.Zap);
        if (wrote != 0)
            vm.Counters.ZapInvalidations++;
        v.TileInvalidated = v.TileMask;
    }
}
