using XePt.Host;

namespace XePt.Tests.CpuModel;

/// <summary>A subscription that writes down what it hears, and may do something then.</summary>
internal sealed class Listener(Action<CpuChange>? act = null) : CpuSubscription
{
    public List<CpuChange> Heard { get; } = [];

    public bool Accepts { get; set; } = true;

    public override bool Invalidate(in CpuChange change)
    {
        Heard.Add(change);
        act?.Invoke(change);
        return Accepts;
    }
}
