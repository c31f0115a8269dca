using System.Diagnostics;

namespace XePt;

/// <summary>The computer's monotonic clock: CLOCK_MONOTONIC on Linux, as clients of the driver know it. Its events happen when a wait or a
/// pump of the device, or the embedder, lets it look.</summary>
public sealed class SystemClock : XeClock
{
    /// <inheritdoc/>
    public override long Now => (long)((Int128)Stopwatch.GetTimestamp() * 1_000_000_000 / Stopwatch.Frequency);

    /// <inheritdoc/>
    internal override void Pause(long nanoseconds) => Thread.Sleep((int)(nanoseconds / Millisecond));
}
