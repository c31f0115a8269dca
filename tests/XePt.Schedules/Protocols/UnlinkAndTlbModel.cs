using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>A leaf table is unlinked and flushed, and the page it maps released, while a core accesses it through the engine's TLB model,
/// whose page-walk cache leads to the table. No access uses the page after its release.</summary>
public sealed class UnlinkAndTlbModel : Protocol
{
    private readonly PageOwners _owners = new();
    private readonly TableWorld _world = new(isLinked: true);
    private readonly Core _core;

    public UnlinkAndTlbModel()
    {
        _core = new Core(_world, hasWalkCache: true);
        // The TLB knows the way already.
        _core.Access(_owners);
    }

    public override IReadOnlyList<Action> Threads => [Unlink, () => _core.Access(_owners)];

    /// <summary>One more access, which would find what should not have been kept.</summary>
    public override void CheckEnd() => _core.Access(_owners);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _core.Dispose();
        _world.Dispose();
    }

    private void Unlink()
    {
        _world.Unlink();
        _owners.Release(TableWorld.OldPage);
    }
}
