using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>
/// A call binds a userptr with the page of now while the process drops the page: it is collected against changes (<c>HostUserptrs</c>),
/// looked at a last time before entries are written (<c>Submission</c>), and the change is carried out inside the VM by whoever is there.
/// When the change has returned no entry leads to the old page, and what is mapped in the end is the page that the process has.
/// </summary>
public sealed class UserptrAndChange : Protocol
{
    private readonly UserptrWorld _world = new(wait: gone => Await.Signal(gone));

    public override IReadOnlyList<Action> Threads => [Bind, Change];

    public override void CheckEnd() => Require(
        _world.Mapped is TableWorld.NoPage || _world.Mapped == _world.Present, "what is mapped is what the process has");

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private void Bind() => Require(_world.TryBind(), "the userptr is bound");

    private void Change()
    {
        _world.Discard();
        Require(Quietly(() => _world.Mapped) != TableWorld.OldPage, "the old page is mapped after the change");
    }
}
