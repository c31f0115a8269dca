using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>
/// A bind fills a private leaf table and links it; then an unbind unlinks it. Walkers find the new translation or none, never what was in the page before.
/// </summary>
/// <param name="linksFirst">Plants a bug: the leaf is filled after it was linked.</param>
public sealed class PublishAndWalk(bool linksFirst) : Protocol
{
    private readonly TableWorld _world = new(isLinked: false);

    public PublishAndWalk()
        : this(linksFirst: false)
    {
    }

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
        if (!linksFirst)
            _world.FillLeaf(TableWorld.NewPage);
        _world.Commit();
        if (linksFirst)
            _world.FillLeaf(TableWorld.NewPage);
        _world.StageUnlink();
        _world.Commit();
    }

    private void Walk() =>
        Require(TableWorld.PageIn(_world.Translate()) is TableWorld.NewPage or TableWorld.NoPage, "a walker finds the new page or none");
}
