namespace XePt.Cli.Stress.Svm;

/// <summary>Counts the answers to faults: each fault has one, unless its queue was full or its GT was reset.</summary>
internal sealed class FaultAnswers : IGpuFaultSink
{
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    /// <inheritdoc/>
    public void Reply(in GpuFaultReply reply) => Interlocked.Increment(ref _count);
}
