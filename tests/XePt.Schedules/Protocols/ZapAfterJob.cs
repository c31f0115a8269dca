using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>
/// A job that must not fault uses a mapping and then signals its fence; an invalidation from the CPU side waits for the fence, zaps,
/// flushes and releases the page. The job never faults and never uses a released page.
/// </summary>
public sealed class ZapAfterJob : Protocol
{
    private readonly PageOwners _owners = new();
    private readonly TableWorld _world = new(isLinked: true);
    private readonly Fence _done = new FenceTimeline("queue").Next();
    private readonly Core _core;
    private readonly bool _waits;

    /// <param name="waits">False plants a bug: the zap does not wait for the fence.</param>
    public ZapAfterJob(bool waits)
    {
        _waits = waits;
        _core = new Core(_world);
    }

    public override IReadOnlyList<Action> Threads => [Invalidate, Job];

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _core.Dispose();
        _world.Dispose();
    }

    private void Invalidate()
    {
        if (_waits)
            _done.Wait(Timeout.InfiniteTimeSpan);
        _world.Zap();
        _owners.Release(TableWorld.OldPage);
    }

    private void Job()
    {
        for (int i = 0; i < 2; i++)
            Require(_core.Access(_owners) == TableWorld.OldPage, "a running job does not fault");
        _done.TrySignal();
    }
}
