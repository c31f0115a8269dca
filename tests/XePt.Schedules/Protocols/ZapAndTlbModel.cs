using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>A mapping is zapped and flushed, and its page released, while a core makes accesses through the engine's TLB model. No access
/// uses the page after its release.</summary>
public sealed class ZapAndTlbModel : Protocol
{
    private readonly PageOwners _owners = new();
    private readonly TableWorld _world = new(isLinked: true);
    private readonly Core _core;

    private readonly int _accesses;

    /// <param name="isWarm">The TLB holds the translation at the start.</param>
    /// <param name="accesses">Accesses of the core.</param>
    public ZapAndTlbModel(bool isWarm, int accesses)
    {
        _core = new Core(_world);
        _accesses = accesses;
        if (isWarm)
            _core.Access(_owners);
    }

    public override IReadOnlyList<Action> Threads => [Zap, Run];

    /// <summary>One more access, which would find what should not have been kept.</summary>
    public override void CheckEnd() => _core.Access(_owners);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _core.Dispose();
        _world.Dispose();
    }

    private void Zap()
    {
        _world.Zap();
        _owners.Release(TableWorld.OldPage);
    }

    private void Run()
    {
        for (int i = 0; i < _accesses; i++)
            _core.Access(_owners);
    }
}
