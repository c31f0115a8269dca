using XePt.Schedules.Exploring;
using XePt.Uapi;

namespace XePt.Schedules.Protocols;

/// <summary>
/// The copies of an atomic fault end with an error, so that it begins others and waits again (<c>FaultQueue</c>), while the device ends.
/// The fault is not left to nobody: whoever raised it is told once, and no migration is left in the process.
/// </summary>
public sealed class RetryAndEnd : Protocol
{
    private readonly MirrorWorld _world = new(isDiscrete: true, copiesLate: true);

    public RetryAndEnd() => Require(_world.Fault(GpuAccessKind.Atomic) is null, "the fault waits for its copies");

    public override IReadOnlyList<Action> Threads => [() => _world.Copies.EndAll(Errno.EIO), _world.AbandonFaults];

    public override void CheckEnd()
    {
        Require(_world.Told == 1, $"told {_world.Told} times what has become of the fault");
        Require(_world.Process.Inside == 0, $"{_world.Process.Inside} are inside the process");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }
}
