namespace XePt.Fences;

/// <summary>
/// Tells waiters about changes that no fence stands for: a user fence was written, a sync object got a point. Each change is one point of a
/// timeline, so waiting for a change is waiting for a fence. A waiter takes <see cref="Next"/>, then looks at what it waits for, then
/// waits.
/// </summary>
/// <remarks>Concurrency: a change made before <see cref="Notify"/> is either seen by the waiter's look or signals the fence it took before:
/// the interlocked numbering of changes orders them all, and a later change that overtakes an earlier one signals for both. Without waiters
/// a notification is two interlocked operations and never blocks.</remarks>
internal sealed class Wakeups(string name)
{
    private readonly FenceTimeline _changes = new(name);

    /// <summary>The fence of the next change.</summary>
    public Fence Next => _changes.At(_changes.Completed + 1);

    /// <summary>Something has changed: everybody looks again.</summary>
    public void Notify() => _changes.Next().TrySignal();
}
