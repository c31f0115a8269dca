using System.Numerics;
using System.Runtime.CompilerServices;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Fences;

namespace XePt.Tlb;

/// <summary>How one VM flushes TLBs: which GTs, which interval, and whether to wait (PT-176, PT-178, PT-179, PT-183).</summary>
/// <remarks>Concurrency: any thread, but <see cref="Issue(int, ulong, ulong, TlbInvalidationCause)"/> and <see cref="OfClose"/> belong to
/// the VM's writer.</remarks>
internal sealed class TlbFlush(TlbHub hub, PlatformInfo platform, TlbVm vm)
{
    private const int MostGts = 4;

    [InlineArray(MostGts)]
    private struct PerGt
    {
        private Fence _first;
    }

    private readonly (TlbPort Primary, TlbPort? Media)[] _ports = PortsOf(hub, platform);
    private readonly TlbVmTally _tally = hub.Tallies.Add();
    private readonly bool _hasRanges = platform.HasRangeTlbInvalidation;

    public TlbVm Vm => vm;

    /// <summary>Makes sending fail.</summary>
    public required FailureInjector Failures { get; init; }

    /// <summary>GTs of each tile: the primary one and, if there is one, the media GT.</summary>
    public int GtsPerTile { get; } = platform.HasMediaGt ? 2 : 1;

    /// <summary>GT id of a tile's primary (0) or media GT (1).</summary>
    public int GtOf(int tile, int gtOfTile) => (tile * platform.GtSlotsPerTile) + gtOfTile;

    /// <summary>Somebody keeps translations of a tile, or watches.</summary>
    public bool IsHeard(int tile) => _ports[tile].Primary.IsHeard || _ports[tile].Media is { IsHeard: true };

    /// <summary>Issues a tile update's invalidation of all GTs of the tile (PT-178). The entries were written before.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="start">First address of the update's hull.</param>
    /// <param name="last">Last address of the hull, inclusive.</param>
    /// <param name="cause">What the update is: a bind, or a zap.</param>
    /// <returns>Whom to <see cref="Tell"/>; mostly nobody, and then the flush is complete.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TlbNumbers Issue(int tile, ulong start, ulong last, TlbInvalidationCause cause)
    {
        _tally.Issued(tile, last + 1 - start, TlbRequest.Shape(start, last + 1, cause, _hasRanges));
        ref readonly (TlbPort Primary, TlbPort? Media) ports = ref _ports[tile];
        ulong primary = ports.Primary.Issue();
        // Behind the barrier that the primary GT's number is: who hears of media invalidations from here on reads the new tables.
        return new TlbNumbers(primary, ports.Media is { IsHeard: true } media ? media.Issue() : 0);
    }

    /// <summary>Issues the same where somebody wants the events of it.</summary>
    public TlbNumbers IssueTraced(int tile, ulong start, ulong last, TlbInvalidationCause cause)
    {
        _tally.Issued(tile, last + 1 - start, TlbRequest.Shape(start, last + 1, cause, _hasRanges));
        ref readonly (TlbPort Primary, TlbPort? Media) ports = ref _ports[tile];
        return new TlbNumbers(ports.Primary.IssueTraced(), ports.Media is { } media ? media.IssueTraced() : 0);
    }

    /// <summary>Tells the clients of an invalidation that <see cref="Issue(int, ulong, ulong, TlbInvalidationCause)"/> has issued with the
    /// same arguments.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="start">First address of the update's hull.</param>
    /// <param name="last">Last address of the hull, inclusive.</param>
    /// <param name="cause">What the update is.</param>
    /// <param name="numbers">What it has returned.</param>
    /// <param name="reclaim">The pages to flush from caches on the primary GT (PT-194), or null: everything.</param>
    /// <param name="primary">The fence of the completion on the primary GT.</param>
    /// <param name="media">That of the media GT; the stub without one.</param>
    /// <returns>True when nothing is left to wait for: neither a completion, nor, for memory, a real acknowledgement.</returns>
    public bool Tell(
        int tile, ulong start, ulong last, TlbInvalidationCause cause, TlbNumbers numbers, ReclaimList? reclaim, out Fence primary,
        out Fence media)
    {
        TlbRequest request = Sent(new TlbRequest(vm, start, last + 1, cause) { Reclaim = reclaim });
        (TlbPort first, TlbPort? second) = _ports[tile];
        primary = numbers.Primary == 0 ? default : hub.Tell(first, numbers.Primary, request);
        media = numbers.Media == 0 ? default : hub.Tell(second!, numbers.Media, request with { Reclaim = null });
        return first.AcknowledgedUpTo >= primary.Seqno && (second is null || second.AcknowledgedUpTo >= media.Seqno);
    }

    /// <summary>Issues a tile update's invalidation of one of the tile's GTs (PT-178).</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="gtOfTile">0 for the primary GT, 1 for the media GT.</param>
    /// <param name="start">First address of the update's hull.</param>
    /// <param name="last">Last address of the hull, inclusive.</param>
    /// <param name="cause">What the update is: a bind, or a zap.</param>
    /// <param name="reclaim">The pages to flush from caches, or null: everything.</param>
    /// <returns>The fence of its completion; memory also waits for <see cref="AcknowledgedFence"/>.</returns>
    public Fence OfTileUpdate(int tile, int gtOfTile, ulong start, ulong last, TlbInvalidationCause cause, ReclaimList? reclaim) =>
        hub.Invalidate(GtOf(tile, gtOfTile), Sent(new TlbRequest(vm, start, last + 1, cause) { Reclaim = reclaim }));

    /// <summary>The fence after which memory that a tile update has unlinked cannot be reached through the TLBs of a GT any more.</summary>
    public Fence AcknowledgedFence(int tile, int gtOfTile, Fence completion) =>
        hub.AcknowledgedFence(GtOf(tile, gtOfTile), completion.Seqno);

    /// <summary>Invalidates <c>[start, end)</c> on all GTs of some tiles and waits: all are issued, then each is waited for (PT-178). The
    /// entries were written before. An empty mask does nothing.</summary>
    public void OfZap(uint tileMask, ulong start, ulong end, TlbInvalidationCause cause)
    {
        if (tileMask == 0)
            return;
        PerGt issued = Issue(tileMask, Sent(new TlbRequest(vm, start, end, cause)));
        for (int i = 0; i < GtCount; i++)
            hub.Wait(GtAt(i), issued[i]);
    }

    /// <summary>Waits, as a zap does, until everything that has been issued is complete on all GTs.</summary>
    public void AwaitIssued()
    {
        for (int i = 0; i < GtCount; i++)
            hub.WaitForIssued(GtAt(i));
    }

    /// <summary>What a batch of a VM does before it starts where PT-176 asks for it: invalidates the VM on one GT. No message is
    /// sent.</summary>
    public Fence OfBatch(int gt) => hub.Invalidate(gt, new TlbRequest(vm, 0, platform.VmSize, TlbInvalidationCause.Exec));

    /// <summary>The VM is being closed and its tables are about to be retired: invalidates all of it on every GT (PT-183). The call does
    /// not wait, because it may run on the very thread that is to acknowledge; table memory does.</summary>
    /// <returns>The real acknowledgements that have not come yet.</returns>
    public IReadOnlyList<Fence> OfClose()
    {
        PerGt issued = Issue((1u << platform.TileCount) - 1, new TlbRequest(vm, 0, platform.VmSize, TlbInvalidationCause.Close));
        var owed = new List<Fence>();
        for (int i = 0; i < GtCount; i++)
        {
            if (hub.AcknowledgedFence(GtAt(i), issued[i].Seqno) is { IsSignalled: false } fence)
                owed.Add(fence);
        }

        hub.Tallies.Close(_tally);
        hub.Close(vm);
        return owed;
    }

    private static (TlbPort Primary, TlbPort? Media)[] PortsOf(TlbHub hub, PlatformInfo platform) =>
    [
        .. Enumerable.Range(0, platform.TileCount).Select(tile => tile * platform.GtSlotsPerTile)
            .Select(gt => (hub.Port(gt), platform.HasMediaGt ? hub.Port(gt + 1) : null)),
    ];

    /// <summary>What is sent in the end. One that was lost is sent once more, for the whole VM: nobody gets an errno for it, because
    /// nobody could do anything else than this.</summary>
    private TlbRequest Sent(in TlbRequest request) => Failures.IsArmed && IsLost()
        ? new TlbRequest(vm, 0, platform.VmSize, request.Cause) : request;

    /// <summary>The entries are gone, so the TLBs hear of it whatever the hook throws.</summary>
    private bool IsLost()
    {
        try
        {
            return Failures.Fires(FailurePoint.TlbSend);
        }
        catch (Exception thrown)
        {
            Failures.Watch.Fail(thrown);
            ThreadJobs.Own.Note(thrown);
            return false;
        }
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
