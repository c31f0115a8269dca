using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>
/// A bind fills a private leaf table and links it; then an unbind unlinks it. Walkers find the new translation or none, never what was in
/// the page before.
/// </summary>
public sealed class PublishAndWalk : Protocol
{
    private readonly TableWorld _world = new(isLinked: false);

    public override MemoryModel Memory => MemoryModel.WeakStores;

    public override IReadOnlyList<Action> Threads => [Bind, Walk, Walk];

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private void Bind()
    {
        _world.StageLink();
        _world.FillLeaf(TableWorld.NewPage);
        _world.Commit();
        _world.StageUnlink();
        _world.Commit();
    }

    private void Walk() =>
        Require(TableWorld.PageIn(_world.Translate()) is TableWorld.NewPage or TableWorld.NoPage, "a walker finds the new page or none");
}
