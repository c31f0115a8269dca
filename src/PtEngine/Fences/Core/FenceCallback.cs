using XePt.Uapi;

namespace XePt.Fences;

/// <summary>
/// Something to be done once when a fence signals: a node of a timeline's list of callbacks. A node is in at most one list or heap; it may
/// be used again after it fired or, if it was cancelled, after it was dropped.
/// </summary>
/// <remarks>
/// Concurrency: the thread that sorts a timeline's callbacks owns those it takes out, so <see cref="Run"/> and <see cref="Drop"/> are each
/// entered by one thread. <see cref="TryCancel"/> races with <see cref="Run"/> from any thread; one interlocked exchange of the state
/// decides between them. A cancelled node stays where it is, because only a sorting thread can unlink it, until its point signals or a
/// sweep hands it to <see cref="OnDropped"/>.
/// </remarks>
internal abstract class FenceCallback
{
    private const int Armed = 0, Fired = 1, Cancelled = 2;

    private int _state;

    /// <summary>Next node of the list; belongs to the list.</summary>
    public FenceCallback? NextCallback;

    /// <summary>First of those below it in the heap of waiting nodes; belongs to the heap.</summary>
    internal FenceCallback? FirstChild;

    /// <summary>Number of the addition; belongs to the heap.</summary>
    internal ulong Order;

    /// <summary>The point waited for.</summary>
    public ulong Seqno { get; private set; }

    public bool IsCancelled => Volatile.Read(ref _state) == Cancelled;

    /// <summary>Makes the node ready to be added.</summary>
    public void Arm(ulong seqno)
    {
        Seqno = seqno;
        NextCallback = null;
        Volatile.Write(ref _state, Armed);
    }

    /// <summary>Takes the callback back; true when it had not fired and now never will.</summary>
    public bool TryCancel() => Interlocked.CompareExchange(ref _state, Cancelled, Armed) == Armed;

    /// <summary>The taker of the list found the point reached.</summary>
    public void Run(Errno error)
    {
        if (Interlocked.CompareExchange(ref _state, Fired, Armed) == Armed)
            Fire(error);
        else
            OnDropped();
    }

    /// <summary>The taker of the list unlinked the cancelled node.</summary>
    public void Drop() => OnDropped();

    /// <summary>The fence has signalled. Runs on the signalling thread; short, never waits.</summary>
    protected abstract void Fire(Errno error);

    /// <summary>The node was cancelled and is in no list any more.</summary>
    protected virtual void OnDropped()
    {
    }
}
