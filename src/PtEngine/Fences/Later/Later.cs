using XePt.Epochs;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Fences;

/// <summary>
/// Something that is put off until a fence signals, the TLBs acknowledge or walkers have left, and is then settled inside a gate without
/// another call: by the harvest of its <see cref="LaterList"/>. The one kind of it there is; see <c>docs/concurrency/later.md</c>.
/// </summary>
/// <remarks>
/// <para>Three conditions. A fence and an acknowledgement, which is a fence too: the item is the callback (<see cref="TryAwait"/>).
/// Walkers: the item is told by the epoch domain (<see cref="AwaitReaders"/>). What waits for several of them waits for one after the
/// other, each time it is settled. Whatever makes it ripe without any of these, a job that is over, says so (<see cref="Ripen"/>).</para>
/// <para>Concurrency: an item is with its owner, hangs on one condition, or is ripe. Only its owner, inside the gate, has it hang, so no
/// two conditions ever hold it. Whoever makes it ripe, on any thread, hands it to the list and does not touch it again; the push is
/// interlocked and the harvest takes the list by an exchange, so the harvest sees all that came before. From the harvest on it is its
/// owner's again, inside the gate. So no field of an item needs synchronisation, and an item becomes ripe once each time it was
/// hung.</para>
/// </remarks>
/// <param name="list">Who settles it.</param>
internal abstract class Later(LaterList list) : FenceCallback, IReaderWait, IReturnable<Later>
{
    private Later? _nextRipe;
    private IReaderWait? _nextWait;

    ref Later? IReturnable<Later>.NextReturned => ref _nextRipe;

    ref IReaderWait? IReturnable<IReaderWait>.NextReturned => ref _nextWait;

    /// <summary>It can be settled; the caller's last access to it.</summary>
    public void Ripen() => list.Ripen(this);

    /// <summary>Gives back what it holds, inside the gate; or hangs on the next thing it waits for, and then becomes ripe once
    /// more.</summary>
    public abstract void Settle();

    void IReaderWait.ReadersLeft() => Ripen();

    /// <summary>Waits for a fence. Nothing is to happen sooner because of this, so the fence is not asked for.</summary>
    /// <returns>False when it has signalled.</returns>
    protected bool TryAwait(Fence fence) => fence.TryAddPassively(this);

    /// <summary>Waits until the readers of now have left. It may become ripe too early, or find that new ones have come.</summary>
    protected void AwaitReaders(EpochDomain epochs) => epochs.TellWhenReadersLeave(this);

    protected sealed override void Fire(Errno error) => Ripen();
}
