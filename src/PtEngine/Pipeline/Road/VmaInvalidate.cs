using System.Diagnostics;
using XePt.Calls;
using XePt.Commit;
using XePt.Gpuva;
using XePt.Stage;

namespace XePt.Pipeline;

/// <summary>Takes a VMA's mapping away without touching the VMA list: zap, flush, mark invalid (BIND-267, PT-117).</summary>
internal static class VmaInvalidate
{
    /// <summary>Invalidates one VMA, which is neither null nor a mirror (BIND-231), in a VM where nothing is in flight. Blocks until the
    /// TLBs are flushed.</summary>
    public static void Run(VmContext vm, int vma) => Run(vm, vma, vm.Space.Vmas[vma].ValidTiles);

    /// <summary>The same where the VM may have work in flight.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="vma">The VMA.</param>
    /// <param name="tiles">Tiles on which it may have entries, or TLBs may.</param>
    public static void Run(VmContext vm, int vma, byte tiles)
    {
        ref Vma v = ref vm.Space.Vmas[vma];
        Debug.Assert(!v.IsNull && !v.IsMirror);
        if (vm.Watch.IsTraced)
            VmaEvents.Invalidate(vm, vma);
        var zap = new ImmediateZap(vm, v.Start, v.End);
        zap.Take(tiles, v.Start, v.End);
        zap.Flush(TlbInvalidationCause.Zap);
        Mark(vm, ref v, zap.Tiles != 0);
    }

    /// <summary>The same for one whose entries have been taken away already.</summary>
    public static void Flush(VmContext vm, int vma, byte tiles)
    {
        ref Vma v = ref vm.Space.Vmas[vma];
        if (vm.Watch.IsTraced)
            VmaEvents.Invalidate(vm, vma);
        vm.Tlb.OfZap(tiles, v.Start, v.End, TlbInvalidationCause.Zap);
        Mark(vm, ref v, tiles != 0);
    }

    /// <summary>The same where the VM may have work in flight: the zap waits for all of it (PT-119) as an update of the tables of its own,
    /// and everything that needs the VM later waits for the zap. The call's fence signals when the TLBs are flushed. Cannot fail.</summary>
    public static void Submit(VmContext vm, int vma)
    {
        vm.Call.BeginSubmission();
        ref Vma v = ref vm.Space.Vmas[vma];
        Debug.Assert(!v.IsNull && !v.IsMirror);
        if (vm.Watch.IsTraced)
            VmaEvents.Invalidate(vm, vma);
        bool wrote = false;
        foreach (TileUpdate tile in vm.Call.Tiles)
        {
            if (!v.HasValidMapping(tile.Tile) || !ZapWalk.Stage(tile, vma, v.Start, v.End))
                continue;
            wrote = tile.IsZap = tile.WaitBookkeep = true;
        }

        StageEvents.Begin(vm, RoadStage.Run);
        Submission.Submit(vm, vm.Jobs.FaultQueue, waitsForFlushes: true);
        StageEvents.End(vm, RoadStage.Run, Outcome.Done);
        Mark(vm, ref v, wrote);
    }

    private static void Mark(VmContext vm, ref Vma v, bool wrote)
    {
        if (wrote)
            vm.Counters.ZapInvalidations++;
        v.TileInvalidated = vm.Facts.TileMask;
    }
}
