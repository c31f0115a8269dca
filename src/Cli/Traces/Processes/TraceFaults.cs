namespace XePt.Cli.Traces.Processes;

/// <summary>The answers to the page faults of a device, as its firmware gets them, until a record asks for them.</summary>
internal sealed class TraceFaults : IGpuFaultSink
{
    /// <summary>Answers kept; older ones are forgotten.</summary>
    public const int Most = 1 << 16;

    private readonly Queue<GpuFaultReply> _replies = [];
    private long _count;

    /// <summary>Answers so far.</summary>
    public long Count => _count;

    /// <inheritdoc/>
    public void Reply(in GpuFaultReply reply)
    {
        _count++;
        if (_replies.Count == Most)
            _replies.Dequeue();
        _replies.Enqueue(reply);
    }

    /// <summary>The answer to a fault among the newest ones; null when there is none.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="after">Answers that there were before it was raised.</param>
    public GpuFaultReply? Find(GpuFault fault, long after)
    {
        int fresh = (int)Math.Min(_count - after, _replies.Count);
        return _replies.Skip(_replies.Count - fresh).Where(reply => reply.Fault == fault)
            .Select(reply => (GpuFaultReply?)reply).LastOrDefault();
    }

    /// <summary>Takes all answers that nobody has asked for, oldest first.</summary>
    public GpuFaultReply[] Take()
    {
        GpuFaultReply[] all = [.. _replies];
        _replies.Clear();
        return all;
    }
}
