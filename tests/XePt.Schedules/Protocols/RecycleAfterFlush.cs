using XePt.Commit;
using XePt.Fences;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>
/// An unbind has unlinked a leaf table and flushes; a core whose page-walk cache holds the table's address reads entries through it until
/// it has acknowledged. The flush may also time out. The table is not used again before the real acknowledgement.
/// </summary>
/// <remarks>Jobs, flush and recycling are production code (<c>PtJob</c>, <c>VmJobs</c>, <c>TlbFlush</c>); the order of calls mirrors
/// <c>TileSubmission.TryFlush</c>, and the page-walk cache is the protocol's.</remarks>
public sealed unsafe class RecycleAfterFlush : Protocol, ITlbClient
{
    private readonly TableWorld _world = new(isLinked: true);
    private readonly VmJobs _jobs;
    private readonly TlbRegistration _place;
    private readonly ulong* _cached;
    private ulong _asked;

    public RecycleAfterFlush()
    {
        _world.Hub.WaitLimit = TimeSpan.FromSeconds(1);
        _place = _world.Hub.Register(0, this);
        _cached = _world.Tables.Pool.Entries(_world.Leaf);
        _jobs = new VmJobs(_world.Flush, [_world.Tables], _world.Later, new JobScheduler(isInline: true), _world.Gate, report: _ => { });
    }

    public override IReadOnlyList<Action> Threads => [Unbind, Core];

    public void Invalidate(in TlbInvalidation invalidation) => Volatile.Write(ref _asked, invalidation.Seqno);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _jobs.Dispose();
        _world.Dispose();
    }

    private void Unbind()
    {
        _world.Later.Gate.Enter();
        _world.StageUnlink();
        _world.Update.WidenHull(TableWorld.Va, TableWorld.Va + TableWorld.PageBytes, highestLevel: 0);
        _world.Update.Flushes = true;
        _world.Commit();
        _jobs.Invalidate(_world.Update, gts: 1, out Fence issued, out Fence media);
        PtJob job = _jobs.AwaitFlushes(_world.Update, _jobs.DefaultQueue.Lanes[0]);
        job.Watch(issued, media);
        _world.Hub.Wait(0, issued);
        _world.Later.Harvest();
        _world.ReuseFreed();
        _world.Later.Gate.Exit();
    }

    /// <summary>An access, unless an invalidation has arrived; then the acknowledgement.</summary>
    private void Core()
    {
        if (Volatile.Read(ref _asked) == 0)
        {
            ulong* table = _cached;
            int page = TableWorld.PageIn(Volatile.Read(ref table[0]));
            Require(page == TableWorld.OldPage, $"the page-walk cache leads to the table's next owner: page {page}");
        }

        _place.Acknowledge(Await.Change(ref _asked, 0));
    }
}
