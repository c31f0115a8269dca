namespace XePt.Memory;

/// <summary>Counts allocations and can make one of them fail, so that every failure path can be driven.</summary>
/// <remarks>
/// <para>A device has one gate, and a child of it for each VM: what tests arm and count at the device's gate goes for all of them.</para>
/// <para>Concurrency: <see cref="Allow"/> of different gates may run in parallel; each gate has one owner. Unless a failure is armed, a child
/// touches only itself and reads one word of the device's gate. Arming, counting and opening children are for the device's owner.</para>
/// </remarks>
internal sealed class AllocationGate
{
    private const long Disarmed = -1;

    private readonly AllocationGate _device;
    private readonly List<AllocationGate> _children = [];
    private long _passesLeft = Disarmed;
    private long _count;

    public AllocationGate() => _device = this;

    private AllocationGate(AllocationGate device) => _device = device;

    /// <summary>Allocations asked for since construction or <see cref="Reset"/>, the refused ones and those of children included.</summary>
    public long Count => Interlocked.Read(ref _count) + _children.Sum(child => child.Count);

    /// <summary>While set, every allocation of this gate passes and none is counted: undoing must not fail.</summary>
    public bool IsSuspended { get; set; }

    /// <summary>A gate for one VM.</summary>
    public AllocationGate OpenChild()
    {
        var child = new AllocationGate(this);
        _children.Add(child);
        return child;
    }

    /// <summary>Ends a child of this gate; what it has counted stays counted.</summary>
    public void CloseChild(AllocationGate child)
    {
        if (_children.Remove(child))
            _count += child._count;
    }

    /// <summary>Asks for one allocation. Returns false when this is the one chosen to fail.</summary>
    public bool Allow()
    {
        if (IsSuspended)
            return true;

        _count++;
        return Volatile.Read(ref _device._passesLeft) == Disarmed || _device.Pass();
    }

    /// <summary>Lets the next <paramref name="n"/> allocations pass and refuses the one after them; later ones pass again.</summary>
    public void FailAfter(long n)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        _passesLeft = n;
    }

    /// <summary>Disarms the failure and sets <see cref="Count"/> to zero.</summary>
    public void Reset()
    {
        _passesLeft = Disarmed;
        _count = 0;
        foreach (AllocationGate child in _children)
            child._count = 0;
    }

    /// <summary>One step towards the failure. Exactly one of parallel callers reaches it; those that come later pass.</summary>
    private bool Pass()
    {
        for (long left = Volatile.Read(ref _passesLeft); left != Disarmed; left = Volatile.Read(ref _passesLeft))
        {
            if (Interlocked.CompareExchange(ref _passesLeft, left - 1, left) == left)
                return left > 0;
        }

        return true;
    }
}
