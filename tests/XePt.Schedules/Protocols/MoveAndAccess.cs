using XePt.Schedules.Exploring;
using XePt.Uapi;

namespace XePt.Schedules.Protocols;

/// <summary>A page moves into device memory, or comes back when the CPU touches it, while a core accesses it through the engine's TLB
/// model. No access uses the system page or the block after it was given back.</summary>
public sealed class MoveAndAccess : Protocol
{
    private readonly MirrorWorld _world = new(isDiscrete: true);
    private readonly Core _core;
    private readonly bool _isBack;

    /// <param name="isBack">The way back; else the way into device memory.</param>
    public MoveAndAccess(bool isBack)
    {
        _core = new Core(_world);
        _isBack = isBack;
        if (isBack)
            _world.PreferDevice();
        _world.Fault();
        _world.PreferDevice();
        _core.Access(_world.Owners);
    }

    public override IReadOnlyList<Action> Threads => [Move, Access];

    public override void CheckEnd()
    {
        _core.Access(_world.Owners);
        Require(_world.Process.IsInBlock != _isBack, "the page has moved");
        Require(_world.Mapped is TableWorld.NoPage || _world.Mapped == _world.Present, "what is mapped is what the process has");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _core.Dispose();
        _world.Dispose();
    }

    private void Move()
    {
        if (_isBack)
        {
            Require(_world.Process.Touch() == Errno.Ok, "the page comes back");
            return;
        }

        _world.MoveIn();
    }

    private void Access()
    {
        for (int i = 0; i < 2; i++)
            _core.Access(_world.Owners);
    }
}
