namespace XePt;

/// <summary>How work that waits for fences gets done; the end states are the same.</summary>
public enum DriveMode
{
    /// <summary>Everything that can complete does so inside the call that makes it possible, in one thread; a wait for something that
    /// nothing can bring about is -EDEADLK instead of a hang. Deterministic.</summary>
    Inline,

    /// <summary>Submitted work stays queued until the embedder's threads pump it; waits block until another thread signals, unless there
    /// is none (<see cref="XeDeviceOptions.SingleThreaded"/>).</summary>
    Queued,
}
