namespace XePt.Memory;

/// <summary>Counts the allocations of one owner and can make one of them fail, so that every failure path can be driven.</summary>
/// <remarks>Not synchronised: whoever orders an owner's allocations orders the calls. Parallel owners have a gate each.</remarks>
internal sealed class AllocationGate
{
    private const long Disarmed = -1;

    private long _passesLeft = Disarmed;

    /// <summary>Allocations asked for since construction or <see cref="Reset"/>, the refused one included.</summary>
    public long Count { get; private set; }

    /// <summary>While set, every allocation passes and none is counted: undoing must not fail.</summary>
    public bool IsSuspended { get; set; }

    /// <summary>Asks for one allocation. Returns false when this is the one chosen to fail.</summary>
    public bool Allow()
    {
        if (IsSuspended)
            return true;

        Count++;
        return _passesLeft == Disarmed || _passesLeft-- > 0;
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
        Count = 0;
    }
}
