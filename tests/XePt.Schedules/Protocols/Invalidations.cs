using XePt.Schedules.Exploring;
using XePt.Tlb;

namespace XePt.Schedules.Protocols;

/// <summary>Threads invalidate and a client acknowledges, inside the call or on a thread of its own. No fence signals before its
/// acknowledgement, and all do in the end.</summary>
public sealed class Invalidations : Protocol, ITlbClient
{
    private readonly TlbHub _hub = new(TableWorld.Platform, new VirtualClock());
    private readonly TlbRegistration _place;
    private readonly Fence[] _fences;
    private readonly TlbVm _vm;
    private readonly bool _isInside;
    private ulong _asked;

    /// <param name="issuers">Threads that issue one invalidation each.</param>
    /// <param name="isInside">The client acknowledges inside the call.</param>
    public Invalidations(int issuers, bool isInside)
    {
        _fences = new Fence[issuers];
        _isInside = isInside;
        _place = _hub.Register(0, this);
        _hub.TryOpen(out _vm);
    }

    public override IReadOnlyList<Action> Threads
    {
        get
        {
            IEnumerable<Action> issuers = Enumerable.Range(0, _fences.Length).Select(i => new Action(() => Issue(i)));
            return [.. _isInside ? issuers : issuers.Append(Client)];
        }
    }

    public void Invalidate(in TlbInvalidation invalidation)
    {
        if (_isInside)
            invalidation.Acknowledge();
        else
            Volatile.Write(ref _asked, invalidation.Seqno);
    }

    public override void CheckEnd() =>
        Require(Array.TrueForAll(_fences, fence => fence.IsSignalled), "an acknowledged invalidation is complete");

    private void Issue(int i)
    {
        Fence fence = _hub.Invalidate(0, new TlbRequest(_vm, 0, TableWorld.PageBytes, TlbInvalidationCause.Zap));
        _fences[i] = fence;
        Require(Quietly(() => !fence.IsSignalled || _place.Acknowledged >= fence.Seqno), "no fence signals before the acknowledgement");
    }

    private void Client()
    {
        for (ulong done = 0; done < (ulong)_fences.Length; _place.Acknowledge(done))
            done = Await.Change(ref _asked, done);
    }
}
