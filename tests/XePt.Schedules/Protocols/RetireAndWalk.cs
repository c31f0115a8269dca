using XePt.Commit;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>
/// An unbind unlinks a leaf table, retires it and reclaims; another bind takes the page if it was freed and fills it. A walker that pinned
/// finds the old translation or none, never an entry of the new owner. Meanwhile another VM's request advances the epoch.
/// </summary>
/// <param name="atOnce">Freed at once when no reader is pinned, as a call does; else by way of the list, as jobs do.</param>
/// <remarks>All of it is production code: commit, retire list, epochs, page cache, walker.</remarks>
public sealed class RetireAndWalk(bool atOnce) : Protocol
{
    private readonly TableWorld _world = new(isLinked: true);

    public override MemoryModel Memory => MemoryModel.TotalStoreOrder;

    public override IReadOnlyList<Action> Threads => [Unbind, Walk, () => _world.Epochs.Advance()];

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private void Unbind()
    {
        _world.Later.Gate.Enter();
        _world.StageUnlink();
        _world.Commit();
        Retire();
        _world.ReuseFreed();
        _world.Later.Gate.Exit();
    }

    private void Retire()
    {
        if (atOnce)
        {
            TableCommit.Retire(_world.Update);
            return;
        }

        TableCommit.RetireDisplaced(_world.Update);
        _world.Tables.Retired.FreeUnseen();
    }

    private void Walk() =>
        Require(_world.Walk() is TableWorld.OldPage or TableWorld.NoPage, "a pinned walker never meets the page's next owner");
}
