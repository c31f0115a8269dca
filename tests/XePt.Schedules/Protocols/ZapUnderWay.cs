using XePt.Commit;
using XePt.Gpuva;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>
/// The entries of a page are zeroed already, by a thread that was stopped before its flush, when another change drops the page, while a
/// core whose TLB has the translation accesses it. The change finds nothing to zap; no access uses the page after it all the same.
/// </summary>
/// <remarks>What the stopped thread has done mirrors <c>AdviceZap</c> and <c>RangeInvalidation</c>: zeroes, marks, and that a zap is under
/// way, inside the notifier gate.</remarks>
public sealed class ZapUnderWay : Protocol
{
    private readonly MirrorWorld _world = new(isDiscrete: false);
    private readonly Core _core;

    public ZapUnderWay()
    {
        _core = new Core(_world);
        _world.Fault();
        _core.Access(_world.Owners);
        SvmRangeMap ranges = _world.Mirrors.Ranges;
        ranges.Gate.Enter();
        ZapWalk.Run(_world.Vm.Tables[0], MirrorWorld.Va, MirrorWorld.Va + MirrorWorld.PageBytes);
        ranges[ranges.Containing(MirrorWorld.Va)].TileInvalidated |= 1;
        ranges.Zaps.Begin(1);
        ranges.Gate.Exit();
    }

    public override IReadOnlyList<Action> Threads => [_world.Discard, () => _core.Access(_world.Owners)];

    public override void CheckEnd()
    {
        _core.Access(_world.Owners);
        _world.Mirrors.Ranges.EndZap(1);
        Require(_world.Mirrors.Ranges.Zaps.Tiles == 0, "no zap is under way");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _core.Dispose();
        _world.Dispose();
    }
}
