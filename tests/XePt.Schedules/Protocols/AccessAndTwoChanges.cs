using XePt.Fences;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>
/// A simulated GPU is in the middle of an access to a userptr: it has found the page and not moved its byte. One change has zapped the
/// entries meanwhile and waits, outside the VM, for its flush. Another one, made by a thread inside another VM, finds nothing that is
/// mapped; when it returns the page is somebody else's, and the access must be over.
/// </summary>
/// <remarks>The access mirrors <c>AccessRun.Move</c>: pin, look, use, lift the pin. The thread of the first change is stopped where it has
/// zapped.</remarks>
public sealed unsafe class AccessAndTwoChanges : Protocol
{
    private readonly UserptrWorld _world;
    private readonly WriterGate _other = new();
    private readonly long* _pin;
    private readonly int _found;
    private readonly FenceTimeline _first = new("first change");

    public AccessAndTwoChanges()
    {
        _world = new UserptrWorld(wait: _ => { });
        _pin = _world.Gate.Enter();
        _found = _world.Mapped;
        Require(_found == TableWorld.OldPage, "the access has found the page");
        _world.ZapUnflushed(_first.Next());
    }

    public override IReadOnlyList<Action> Threads => [EndAccess, Change];

    public override void CheckEnd()
    {
        _first.TrySignal(1);
        Require(!_world.TryAccess(), "nothing is mapped any more");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private void EndAccess()
    {
        _world.Owners.Use(_found);
        _world.Gate.Exit(_pin);
    }

    private void Change()
    {
        _other.Enter();
        _world.Discard();
        _other.Exit();
    }
}
