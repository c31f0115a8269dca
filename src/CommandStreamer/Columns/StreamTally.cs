using System.Collections.Concurrent;

namespace XePt.Streaming;

/// <summary>What a streamer counts. Any thread.</summary>
internal sealed class StreamTally
{
    private readonly ConcurrentDictionary<string, StrongCount> _steppedOver = new(StringComparer.Ordinal);
    private long _completed, _failed, _instructions, _stepped, _accesses, _bytes, _faults, _waits;

    public void Completed() => Interlocked.Increment(ref _completed);

    public void Failed() => Interlocked.Increment(ref _failed);

    public void Executed(long instructions) => Interlocked.Add(ref _instructions, instructions);

    public void Waited() => Interlocked.Increment(ref _waits);

    public void Access(in GpuAccess access)
    {
        Interlocked.Increment(ref _accesses);
        Interlocked.Add(ref _bytes, access.Bytes);
        if (access.Faults != 0)
            Interlocked.Add(ref _faults, access.Faults);
    }

    public void SteppedOver(string name)
    {
        Interlocked.Increment(ref _stepped);
        Interlocked.Increment(ref _steppedOver.GetOrAdd(name, static _ => new StrongCount()).Value);
    }

    public StreamerCounters Read() => new()
    {
        JobsCompleted = Volatile.Read(ref _completed),
        JobsFailed = Volatile.Read(ref _failed),
        Instructions = Volatile.Read(ref _instructions),
        SteppedOver = Volatile.Read(ref _stepped),
        Accesses = Volatile.Read(ref _accesses),
        Bytes = Volatile.Read(ref _bytes),
        Faults = Volatile.Read(ref _faults),
        Waits = Volatile.Read(ref _waits),
    };

    public IReadOnlyDictionary<string, long> ReadSteppedOver() =>
        _steppedOver.ToDictionary(entry => entry.Key, entry => Volatile.Read(ref entry.Value.Value), StringComparer.Ordinal);

    private sealed class StrongCount
    {
        public long Value;
    }
}
