using XePt.Host;
using XePt.Schedules.Exploring;
using XePt.Uapi;

namespace XePt.Schedules.Protocols;

/// <summary>
/// The copies of a migration end, and the fault that waits for them goes on (<c>PendingMove</c>, <c>FaultQueue</c>), while another thread
/// needs the page and helps the migration to its end (<c>PendingMigrations</c>), or the device gives it up. The pages are put somewhere
/// once, the process is left as often as it was entered, and a fault that is not given up is answered.
/// </summary>
public sealed class EndOfMove : Protocol
{
    private readonly MirrorWorld _world;
    private readonly bool _fails;
    private readonly bool _isGivenUp;

    /// <param name="fails">The copies end with an error.</param>
    /// <param name="isGivenUp">The device ends meanwhile; else somebody needs the page.</param>
    public EndOfMove(bool fails, bool isGivenUp)
    {
        (_fails, _isGivenUp) = (fails, isGivenUp);
        _world = new MirrorWorld(isDiscrete: true, copiesLate: true);
        _world.PreferDevice();
        Require(_world.Fault() is null && _world.Process.Ends == 0, "the fault waits for its copies");
    }

    public override IReadOnlyList<Action> Threads => [EndCopies, _isGivenUp ? _world.AbandonFaults : NeedPage];

    public override void CheckEnd()
    {
        Require(_world.Process.Ends == 1, $"the migration has ended {_world.Process.Ends} times");
        Require(_world.Process.Inside == 0, $"{_world.Process.Inside} are inside the process");
        Require(_isGivenUp || _world.Process.IsInBlock != _fails, "the page is where the copies have left it");
        Require(_isGivenUp || _world.LastAnswer == Errno.Ok, $"the fault is answered: {_world.LastAnswer}");
        Require(_world.Mapped is TableWorld.NoPage || _world.Mapped == _world.Present, "what is mapped is what the process has");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private void EndCopies() => _world.Copies.EndAll(_fails ? Errno.EIO : Errno.Ok);

    private void NeedPage()
    {
        bool hasEnded = !PendingMigrations.TryHasten(_world.Process, AddressRange.OfSize(MirrorWorld.Va, MirrorWorld.PageBytes));
        Require(!hasEnded || Quietly(() => _world.Process.Ends) > 0, "nobody is told that the page is free before it is");
    }
}
