using System.Diagnostics;

namespace XePt.Host;

/// <summary>What a modelled process knows of a subscription.</summary>
internal sealed class Subscriber
{
    public CpuSubscription? Subscription;

    /// <summary>Its number in the tree, or 0 when it has been unsubscribed.</summary>
    public int Number;

    /// <summary>Tells the older of two.</summary>
    public ulong Order;

    /// <summary>Changes so far; written inside the gate, read outside.</summary>
    public ulong Sequence;

    /// <summary>Changes in their middle that concern it; likewise.</summary>
    public int Active;
}

/// <summary>A change between its announcement and its end.</summary>
internal sealed class ChangeInFlight
{
    public CpuChangeKind Kind;
    public AddressRange Range;
    public bool MayBlock;

    /// <summary>Who was there when it began, in the order of the calls; behind them who came later and is only held up.</summary>
    public readonly List<Subscriber> Met = [];

    /// <summary>How many of <see cref="Met"/> are to be called.</summary>
    public int ToCall;

    /// <summary>Place among the changes that are in flight.</summary>
    public int Place;

    /// <summary>Whose callback is running, and on which thread.</summary>
    public Subscriber? Calling;
    public int Thread;
}
