using XePt.Uapi;

namespace XePt.Fences;

/// <summary>One blocking wait for a fence. Each thread keeps one and uses it again; after a time-out the node may still be in the fence's list,
/// so then the thread takes a new one next time.</summary>
internal sealed class FenceBlocker : FenceCallback, IDisposable
{
    [ThreadStatic]
    private static FenceBlocker? s_own;

    private readonly ManualResetEventSlim _signalled = new();

    /// <summary>Blocks until the fence signals; false when the time was over first.</summary>
    public static bool Wait(Fence fence, TimeSpan timeout)
    {
        FenceBlocker blocker = s_own ?? new FenceBlocker();
        s_own = null;
        blocker._signalled.Reset();
        if (!fence.TryAdd(blocker))
        {
            s_own = blocker;
            return true;
        }

        if (!blocker._signalled.Wait(timeout))
        {
            if (blocker.TryCancel())
                return false;

            // The signal has won the race and is about to set the event.
            blocker._signalled.Wait();
        }

        s_own = blocker;
        return true;
    }

    public void Dispose() => _signalled.Dispose();

    protected override void Fire(Errno error) => _signalled.Set();

    protected override void OnDropped() => Dispose();
}
