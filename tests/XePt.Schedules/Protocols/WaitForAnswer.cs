using XePt.Accesses;
using XePt.Faults;
using XePt.Fences;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>
/// An access has a page fault while another thread raises one in the same queue: whoever finds the queue idle services both. The access
/// waits for its answer without looking at the queue meanwhile, and must be woken by it; or, when the queue waits for a fence that may be
/// this thread's to signal, by that.
/// </summary>
public sealed class WaitForAnswer : Protocol
{
    private readonly MirrorWorld _world = new(isDiscrete: false);
    private readonly Fence _held = new FenceTimeline("held").Next();
    private readonly bool _parks;

    /// <param name="parks">The other thread's fault waits for a fence, which the thread of the access signals when it has given up.</param>
    public WaitForAnswer(bool parks)
    {
        _parks = parks;
        if (parks)
            _world.Vm.Jobs.Reservation.Add(_held, FenceUsage.Bookkeep);
    }

    public override IReadOnlyList<Action> Threads => [Access, Service];

    public override void CheckEnd() => Require(_world.LastAnswer is not null, "the other fault is answered");

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    // What DeviceAccess.Run does for one page fault. Nacked by its level, so that nothing but the queue is under test.
    private void Access()
    {
        uint asid = _world.Vm.Tlb.Vm.Asid;
        AccessFault fault = _world.Accesses.Raise(new GpuFault { Asid = asid, Level = GpuFault.NackLevel });
        bool isKnown = _world.Accesses.TryWait(fault, asid);
        Require(isKnown || _parks, "the answer is seen");
        Require(!isKnown || (fault.Why.IsRejected && !fault.IsLost), "it is that of the fault");
        fault.GiveUp();
        if (_parks)
            _held.TrySignal();
    }

    private void Service() => _world.Fault();
}
