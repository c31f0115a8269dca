using XePt.Fences;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>
/// The queue of a preempt-fence VM is stopped, and the worker is about to let it go on. Meanwhile a BO moves and another call rebinds it;
/// that is pending, because it waits for something else of the VM. The queue goes on only over the new memory.
/// </summary>
/// <remarks>Mirrors <c>RebindWorker.Rebind</c> and <c>.Resume</c>, <c>BoMover.CompleteMove</c> and <c>XeVm.RebindEvicted</c>: all inside
/// the VM, and a rebind waits for all fences of the VM and is a KERNEL fence.</remarks>
/// <param name="looksAgain">False plants a bug: the worker resumes when nothing is listed, whatever is pending.</param>
public sealed class RepairAndResume(bool looksAgain) : Protocol
{
    private sealed class Repair(TableWorld world) : FenceCountdown
    {
        public Fence Fence { get; } = new FenceTimeline("rebind").Next();

        protected override void Complete(Uapi.Errno error)
        {
            world.StoreLeaf(TableWorld.NewPage);
            Fence.TrySignal();
        }
    }

    private readonly PageOwners _owners = new();
    private readonly TableWorld _world = new(isLinked: true);
    private readonly WriterGate _writer = new();
    private readonly Reservation _reservation = new();
    private readonly LegPool _legs = new();
    private readonly Fence _other = new FenceTimeline("other").Next();
    private readonly FenceTimeline _preempt = new("preempt");
    private Fence _armed;
    private bool _isListed;
    private int _used;

    public override IReadOnlyList<Action> Threads => [Work, MoveAndRebind];

    public override void CheckEnd() => Require(_used != TableWorld.NoPage, "the queue goes on");

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private void Work()
    {
        while (!TryResume())
        {
        }

        _used = _world.Walk();
        _owners.Use(_used);
        // The queue has stopped.
        _armed.TrySignal();
    }

    private bool TryResume()
    {
        var kernel = new FenceSet();
        _writer.Enter();
        RebindListed();
        _reservation.Collect(FenceUsage.Kernel, kernel);
        _writer.Exit();
        foreach (Fence fence in kernel.Fences)
            Await.Signal(fence);

        _writer.Enter();
        bool mayRun = !_isListed && (!looksAgain || _reservation.IsIdle(FenceUsage.Kernel));
        if (mayRun)
            _armed = _preempt.Next();
        _writer.Exit();
        return mayRun;
    }

    private void MoveAndRebind()
    {
        _writer.Enter();
        _reservation.Add(_other, FenceUsage.Bookkeep);
        _isListed = true;
        Fence armed = _armed;
        _writer.Exit();
        Await.Signal(armed);
        _owners.Release(TableWorld.OldPage);

        _writer.Enter();
        RebindListed();
        _writer.Exit();
        _other.TrySignal();
    }

    private void RebindListed()
    {
        if (!_isListed)
            return;

        var waits = new FenceSet();
        _reservation.Collect(FenceUsage.Bookkeep, waits);
        var repair = new Repair(_world);
        _reservation.Add(repair.Fence, FenceUsage.Kernel);
        repair.Begin();
        foreach (Fence fence in waits.Fences)
            repair.Await(fence, _legs);
        repair.End();
        _isListed = false;
    }
}
