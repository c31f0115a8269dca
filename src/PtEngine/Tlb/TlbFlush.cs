using System.Numerics;
using System.Runtime.CompilerServices;
using XePt.Devices;
using XePt.Epochs;

namespace XePt.Tlb;

/// <summary>How one VM flushes TLBs: which GTs, which interval, and whether to wait (PT-176, PT-178, PT-179, PT-183).</summary>
/// <remarks>Concurrency: any thread, but <see cref="TryFlush"/> and <see cref="OfClose"/> belong to the VM's writer.</remarks>
internal sealed class TlbFlush(TlbHub hub, PlatformInfo platform, TlbVm vm, EpochDomain epochs)
{
    private const int MostGts = 4;

    [InlineArray(MostGts)]
    private struct PerGt
    {
        private Fence _first;
    }

    private readonly TlbPort[] _ports = PortsOf(hub, platform);
    private readonly TlbVmTally _tally = hub.Tallies.Open();
    private readonly bool _hasRanges = platform.HasRangeTlbInvalidation;

    public TlbVm Vm => vm;

    /// <summary>GTs of each tile: the primary one and, if there is one, the media GT.</summary>
    public int GtsPerTile { get; } = platform.HasMediaGt ? 2 : 1;

    /// <summary>GT id of a tile's primary (0) or media GT (1).</summary>
    public int GtOf(int tile, int gtOfTile) => (tile * platform.GtSlotsPerTile) + gtOfTile;

    /// <summary>Somebody keeps translations of a tile, or watches.</summary>
    public bool IsHeard(int tile)
    {
        int gt = tile * GtsPerTile;
        return _ports[gt].IsHeard || (GtsPerTile > 1 && _ports[gt + 1].IsHeard);
    }

    /// <summary>Issues a tile update's invalidation of all GTs of the tile (PT-178).</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="start">First address of the update's hull.</param>
    /// <param name="last">Last address of the hull, inclusive.</param>
    /// <param name="cause">What the update is: a bind, or a zap.</param>
    /// <param name="primary">The fence of the completion on the primary GT.</param>
    /// <param name="media">That of the media GT; the stub without one.</param>
    /// <returns>True when nothing is left to wait for: neither a completion, nor, for memory, a real acknowledgement.</returns>
    public bool TryFlush(int tile, ulong start, ulong last, TlbInvalidationCause cause, out Fence primary, out Fence media)
    {
        (primary, media) = (default, default);
        int gt = tile * GtsPerTile;
        _tally.Issued(tile, last + 1 - start, TlbRequest.Shape(start, last + 1, cause, _hasRanges));
        ulong first = _ports[gt].Issue();
        ulong second = GtsPerTile > 1 ? _ports[gt + 1].Issue() : 0;
        return (first | second) == 0 || Tell(gt, new TlbRequest(vm, start, last + 1, cause), first, second, out primary, out media);
    }

    /// <summary>Issues a tile update's invalidation of one of the tile's GTs (PT-178).</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="gtOfTile">0 for the primary GT, 1 for the media GT.</param>
    /// <param name="start">First address of the update's hull.</param>
    /// <param name="last">Last address of the hull, inclusive.</param>
    /// <param name="cause">What the update is: a bind, or a zap.</param>
    /// <returns>The fence of its completion; memory also waits for <see cref="AcknowledgedFence"/>.</returns>
    public Fence OfTileUpdate(int tile, int gtOfTile, ulong start, ulong last, TlbInvalidationCause cause) =>
        hub.Invalidate(GtOf(tile, gtOfTile), new TlbRequest(vm, start, last + 1, cause));

    /// <summary>The fence after which memory that a tile update has unlinked cannot be reached through the TLBs of a GT any more.</summary>
    public Fence AcknowledgedFence(int tile, int gtOfTile, Fence completion) =>
        hub.AcknowledgedFence(GtOf(tile, gtOfTile), completion.Seqno);

    /// <summary>Invalidates <c>[start, end)</c> on all GTs of some tiles and waits: all are issued, then each is waited for (PT-178). The
    /// entries were written before. An empty mask does nothing.</summary>
    public void OfZap(uint tileMask, ulong start, ulong end, TlbInvalidationCause cause)
    {
        PerGt issued = Issue(tileMask, new TlbRequest(vm, start, end, cause));
        for (int i = 0; i < GtCount; i++)
            hub.Wait(GtAt(i), issued[i]);
    }

    /// <summary>What a batch of a VM does before it starts where PT-176 asks for it: invalidates the VM on one GT. No message is
    /// sent.</summary>
    public Fence OfBatch(int gt) => hub.Invalidate(gt, new TlbRequest(vm, 0, platform.VmSize, TlbInvalidationCause.Exec));

    /// <summary>The VM is being closed and its tables are about to be retired: invalidates all of it on every GT (PT-183). The call does
    /// not wait, because it may run on the very thread that is to acknowledge; table memory does.</summary>
    public void OfClose()
    {
        PerGt issued = Issue((1u << platform.TileCount) - 1, new TlbRequest(vm, 0, platform.VmSize, TlbInvalidationCause.Close));
        for (int i = 0; i < GtCount; i++)
            AcknowledgementPin.Hold(epochs, hub.AcknowledgedFence(GtAt(i), issued[i].Seqno));
        hub.Tallies.Close(_tally);
        hub.Close(vm);
    }

    private static TlbPort[] PortsOf(TlbHub hub, PlatformInfo platform)
    {
        int perTile = platform.HasMediaGt ? 2 : 1;
        return [.. Enumerable.Range(0, platform.TileCount * perTile)
            .Select(i => hub.Port((i / perTile * platform.GtSlotsPerTile) + (i % perTile)))];
    }

    private bool Tell(int gt, in TlbRequest request, ulong first, ulong second, out Fence primary, out Fence media)
    {
        primary = first == 0 ? default : hub.Tell(_ports[gt], first, request);
        media = second == 0 ? default : hub.Tell(_ports[gt + 1], second, request);
        return _ports[gt].AcknowledgedUpTo >= primary.Seqno && (GtsPerTile < 2 || _ports[gt + 1].AcknowledgedUpTo >= media.Seqno);
    }

    private int GtCount => platform.TileCount * GtsPerTile;

    private int GtAt(int index) => GtOf(index / GtsPerTile, index % GtsPerTile);

    private PerGt Issue(uint tileMask, in TlbRequest request)
    {
        var issued = default(PerGt);
        for (uint left = tileMask; left != 0; left &= left - 1)
        {
            int tile = BitOperations.TrailingZeroCount(left);
            for (int gt = 0; gt < GtsPerTile; gt++)
                issued[(tile * GtsPerTile) + gt] = hub.Invalidate(GtOf(tile, gt), request);
        }

        return issued;
    }
}
