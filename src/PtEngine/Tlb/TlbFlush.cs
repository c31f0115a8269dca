using System.Numerics;
using System.Runtime.CompilerServices;
using XePt.Devices;

namespace XePt.Tlb;

/// <summary>How one VM flushes TLBs: which GTs, which interval, and whether to wait (PT-176, PT-178, PT-179, PT-183).</summary>
internal sealed class TlbFlush(TlbHub hub, PlatformInfo platform, TlbVm vm)
{
    private const int MostGts = 4;

    [InlineArray(MostGts)]
    private struct Issued
    {
        private Fence _first;
    }

    public TlbVm Vm => vm;

    /// <summary>GTs of each tile: the primary one and, if there is one, the media GT.</summary>
    public int GtsPerTile { get; } = platform.HasMediaGt ? 2 : 1;

    /// <summary>GT id of a tile's primary (0) or media GT (1).</summary>
    public int GtOf(int tile, int gtOfTile) => (tile * platform.GtSlotsPerTile) + gtOfTile;

    /// <summary>Issues a tile update's invalidation of one of the tile's GTs (PT-178).</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="gtOfTile">0 for the primary GT, 1 for the media GT.</param>
    /// <param name="start">First address of the update's hull.</param>
    /// <param name="last">Last address of the hull, inclusive.</param>
    /// <returns>The fence of its completion; memory also waits for <see cref="AcknowledgedFence"/>.</returns>
    public Fence OfTileUpdate(int tile, int gtOfTile, ulong start, ulong last) =>
        hub.Invalidate(GtOf(tile, gtOfTile), new TlbRequest(vm, start, last + 1, TlbInvalidationCause.Bind));

    /// <summary>The fence after which memory that a tile update has unlinked cannot be reached through the TLBs of a GT any more.</summary>
    public Fence AcknowledgedFence(int tile, int gtOfTile, Fence completion) => hub.AcknowledgedFence(GtOf(tile, gtOfTile), completion.Seqno);

    /// <summary>Invalidates <c>[start, end)</c> on all GTs of some tiles and waits: all are issued, then each is waited for (PT-178). The
    /// entries were written before. An empty mask does nothing.</summary>
    public void OfZap(uint tileMask, ulong start, ulong end, TlbInvalidationCause cause)
    {
        var request = new TlbRequest(vm, start, end, cause);
        var issued = default(Issued);
        for (uint left = tileMask; left != 0; left &= left - 1)
        {
            int tile = BitOperations.TrailingZeroCount(left);
            for (int gt = 0; gt < GtsPerTile; gt++)
                issued[(tile * GtsPerTile) + gt] = hub.Invalidate(GtOf(tile, gt), request);
        }

        for (int i = 0; i < platform.TileCount * GtsPerTile; i++)
            hub.Wait(GtOf(i / GtsPerTile, i % GtsPerTile), issued[i]);
    }

    /// <summary>What a batch of a VM does before it starts where PT-176 asks for it: invalidates the VM on one GT. No message is sent.</summary>
    public Fence OfBatch(int gt) => hub.Invalidate(gt, new TlbRequest(vm, 0, platform.VmSize, TlbInvalidationCause.Exec));

    /// <summary>The VM is being closed: invalidates all of it on every GT and waits (PT-183), then gives its name back.</summary>
    public void OfClose()
    {
        OfZap((1u << platform.TileCount) - 1, 0, platform.VmSize, TlbInvalidationCause.Close);
        hub.Close(vm);
    }
}
