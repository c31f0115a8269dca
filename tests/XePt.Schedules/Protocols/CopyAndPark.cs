using XePt.Schedules.Exploring;
using XePt.Uapi;

namespace XePt.Schedules.Protocols;

/// <summary>
/// A fault begins the copies of a migration and is about to wait for them, while another thread ends them (<c>FaultQueue</c>,
/// <c>FaultService</c>): at any point between its looks at their fence. It is answered after it has bound the page, and the migration is
/// nobody's any more.
/// </summary>
public sealed class CopyAndPark : Protocol
{
    private readonly MirrorWorld _world = new(isDiscrete: true, copiesLate: true);

    public CopyAndPark() => _world.PreferDevice();

    public override IReadOnlyList<Action> Threads => [() => _world.Fault(), EndCopies];

    public override void CheckEnd()
    {
        // Those that had not begun.
        EndCopies();
        Require(_world.LastAnswer == Errno.Ok, $"the fault is answered: {_world.LastAnswer}");
        Require(_world.Process.Ends == 1 && _world.Process.Inside == 0, $"the migration has ended {_world.Process.Ends} times");
        Require(_world.Mapped == MirrorWorld.DevicePage, "the page is mapped where the copies have brought it");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private void EndCopies() => _world.Copies.EndAll(Errno.Ok);
}
