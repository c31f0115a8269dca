using XePt.Schedules.Exploring;
using XePt.Uapi;

namespace XePt.Schedules.Protocols;

/// <summary>
/// Memory is unmapped, and the garbage collector removes its range, while the GPU faults there. The worker runs by whoever is free to: the
/// thread that unmaps, or the one that leaves the VM. In the end neither the range nor entries are left, and a fault that has come too late
/// was told that nothing is there.
/// </summary>
public sealed class UnmapAndFault : Protocol
{
    private readonly MirrorWorld _world = new(isDiscrete: false);

    /// <param name="isBound">There is a bound range at the start.</param>
    public UnmapAndFault(bool isBound)
    {
        if (isBound)
            _world.Fault();
    }

    public override IReadOnlyList<Action> Threads => [Unmap, Fault];

    public override void CheckEnd()
    {
        Require(_world.Mapped == TableWorld.NoPage, "nothing is mapped in the end");
        Require(_world.Mirrors.Ranges.Count == 0, $"{_world.Mirrors.Ranges.Count} ranges are left");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private void Unmap()
    {
        _world.Unmap();
        Require(Quietly(() => _world.Mapped) == TableWorld.NoPage, "the old page is mapped after the change");
    }

    private void Fault()
    {
        Errno? answer = _world.Fault();
        Require(answer is Errno.Ok or Errno.ENOENT, $"serviced, or told that nothing is there: {answer}");
    }
}
