using XePt.Memory;
using XePt.Schedules.Exploring;
using XePt.Uapi;

namespace XePt.Schedules.Protocols;

/// <summary>
/// The copies into a block end, and its pages are installed (<c>PendingMove</c>), while somebody who needs the room is about to drive it
/// out (<c>SvmBlock</c>). A block that has left holds no page, neither then nor later: it is in no order any more in which others look
/// for room.
/// </summary>
public sealed class FillAndMoveOut : Protocol
{
    private readonly MirrorWorld _world = new(isDiscrete: true, copiesLate: true);
    private Errno _moved;

    public FillAndMoveOut()
    {
        _world.PreferDevice();
        Require(_world.Fault() is null, "the fault waits for its copies");
    }

    public override IReadOnlyList<Action> Threads => [() => _world.Copies.EndAll(Errno.Ok), MoveOut];

    public override void CheckEnd()
    {
        Require(_world.Told == 1 && _world.Process.Inside == 0, "the fault is answered");
        Require(_moved != Errno.Ok || !_world.Process.IsInBlock, "a block that has left holds no page");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    // As VictimOrder and VictimSearch do.
    private void MoveOut()
    {
        IMovable block = _world.Block!;
        Require(block.TryAddReference(), "it has memory");
        _moved = block.MoveOut();
        block.DropReference();
    }
}
