using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;

namespace XePt;

/// <summary>The node by which a wait hangs on one fence.</summary>
/// <remarks>Concurrency: the wait that rented it gives it back once it has fired; a cancelled one goes back when its fence's list drops it.
/// A wake-up that is still on its way when the node is rented again reaches the new wait, which then looks once more than it had
/// to.</remarks>
internal sealed class WaitLeg(WaitPools pools) : FenceCallback, IReturnable<WaitLeg>
{
    private WaitLeg? _nextReturned;
    private PendingWait? _target;

    public ref WaitLeg? NextReturned => ref _nextReturned;

    public void Aim(PendingWait target) => Volatile.Write(ref _target, target);

    protected override void Fire(Errno error) => Volatile.Read(ref _target)!.Wake();

    protected override void OnDropped() => pools.Legs.Return(this);
}
