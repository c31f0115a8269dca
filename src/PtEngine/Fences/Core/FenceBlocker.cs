using System.Diagnostics;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Fences;

/// <summary>One blocking wait for one fence, in real time.</summary>
/// <remarks>Concurrency: the flag is only touched under the node's own monitor, so a node that has woken its waiter is not touched again.
/// After a time-out the node may still be in the fence's list; it goes back to the pool when it is dropped from there.</remarks>
internal sealed class FenceBlocker : FenceCallback, IReturnable<FenceBlocker>
{
    private static SharedPool<FenceBlocker> s_idle;

    private readonly object _monitor = new();
    private bool _isSignalled;
    private FenceBlocker? _nextReturned;

    public ref FenceBlocker? NextReturned => ref _nextReturned;

    /// <summary>Blocks until the fence signals; false when the time was over first.</summary>
    public static bool Wait(Fence fence, TimeSpan timeout)
    {
        ThreadJobs.Own.RunBeforeBlocking();
        FenceBlocker blocker = s_idle.Rent() ?? new FenceBlocker();
        blocker._isSignalled = false;
        if (fence.TryAdd(blocker))
        {
            // When the cancellation comes too late, the signal has won the race and is about to set the flag.
            if (!blocker.Park(timeout) && blocker.TryCancel())
                return false;
            blocker.Park(Timeout.InfiniteTimeSpan);
        }

        s_idle.Return(blocker);
        return true;
    }

    protected override void Fire(Errno error)
    {
        lock (_monitor)
        {
            _isSignalled = true;
            Monitor.Pulse(_monitor);
        }
    }

    protected override void OnDropped() => s_idle.Return(this);

    private bool Park(TimeSpan timeout)
    {
        bool isEndless = timeout == Timeout.InfiniteTimeSpan;
        long start = Stopwatch.GetTimestamp();
        lock (_monitor)
        {
            while (!_isSignalled)
            {
                TimeSpan left = isEndless ? TimeSpan.MaxValue : timeout - Stopwatch.GetElapsedTime(start);
                if (left <= TimeSpan.Zero)
                    return false;
                Monitor.Wait(_monitor, WaitTime.ToMilliseconds(left));
            }
        }

        return true;
    }
}
