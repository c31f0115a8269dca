using System.Runtime.CompilerServices;

namespace XePt.Memory;

/// <summary>Counts allocations and can make one of them fail, so that every failure path can be driven.</summary>
/// <remarks>
/// <para>A device has one gate, and a child of it for each VM: what tests arm and count at the device's gate goes for all of them.</para>
/// <para>Concurrency: <see cref="Allow"/> of different gates may run in parallel; each gate has one owner at a time. Unless a failure is
/// armed, a child touches only itself and reads one word of the device's gate. Children are opened and closed on any thread, so their list
/// and what the closed ones have counted are behind a gate of their own, a leaf. Arming and counting, too, may be done on any thread; a
/// count is exact while nobody allocates.</para>
/// </remarks>
internal sealed class AllocationGate
{
    private const long Disarmed = -1;

    private readonly AllocationGate _device;
    private readonly HashSet<AllocationGate> _children = [];
    private SpinGate _childrenGate;
    private long _passesLeft = Disarmed;
    private long _count;
    private long _closedCount;

    public AllocationGate() => _device = this;

    private AllocationGate(AllocationGate device) => _device = device;

    /// <summary>Allocations asked for since construction or <see cref="Reset"/>, the refused ones and those of children included.</summary>
    public long Count
    {
        get
        {
            _childrenGate.Enter();
            long count = Interlocked.Read(ref _count) + _closedCount;
            foreach (AllocationGate child in _children)
                count += Interlocked.Read(ref child._count);
            _childrenGate.Exit();
            return count;
        }
    }

    /// <summary>While set, every allocation of this gate passes and none is counted: undoing must not fail.</summary>
    public bool IsSuspended { get; set; }

    /// <summary>A gate for one VM.</summary>
    public AllocationGate OpenChild()
    {
        var child = new AllocationGate(this);
        _childrenGate.Enter();
        _children.Add(child);
        _childrenGate.Exit();
        return child;
    }

    /// <summary>Ends a child of this gate; what it has counted stays counted.</summary>
    public void CloseChild(AllocationGate child)
    {
        _childrenGate.Enter();
        if (_children.Remove(child))
            _closedCount += child._count;
        _childrenGate.Exit();
    }

    /// <summary>Asks for one allocation. Returns false when this is the one chosen to fail.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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
        Volatile.Write(ref _passesLeft, n);
    }

    /// <summary>Disarms the failure and sets <see cref="Count"/> to zero.</summary>
    public void Reset()
    {
        Volatile.Write(ref _passesLeft, Disarmed);
        _childrenGate.Enter();
        _count = _closedCount = 0;
        foreach (AllocationGate child in _children)
            child._count = 0;
        _childrenGate.Exit();
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
