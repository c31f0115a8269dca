using XePt.Fences;
using XePt.Uapi;

namespace XePt.Schedules.Protocols;

/// <summary>Counts how often it fires and is dropped, and keeps the error. The counts are no shared words of the protocol, so plain fields
/// do.</summary>
internal sealed class CountingCallback : FenceCallback
{
    public int Fired { get; private set; }

    public int Dropped { get; private set; }

    public Errno Error { get; private set; }

    protected override void Fire(Errno error)
    {
        Error = error;
        Fired++;
    }

    protected override void OnDropped() => Dropped++;
}
