using XePt.Fences;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Schedules.Protocols;

/// <summary>A copy engine whose copies end when a protocol has them end. Nothing is copied: pages are told apart by numbers.</summary>
internal sealed class LateCopies : ICopyEngine
{
    private readonly FenceTimeline _ends = new("copies");
    private ulong _begun;

    public Errno Copy(in CopyJob job) => Errno.Ok;

    public Errno Begin(in CopyJob job, out Fence done)
    {
        done = _ends.Next();
        Volatile.Write(ref _begun, done.Seqno);
        return Errno.Ok;
    }

    /// <summary>Ends all that have begun.</summary>
    public void EndAll(Errno error) => _ends.TrySignal(Volatile.Read(ref _begun), error);
}
