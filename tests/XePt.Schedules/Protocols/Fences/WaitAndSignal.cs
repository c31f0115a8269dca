using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>A thread blocks on a fence, for ever or with a time-out that may be over at any time, while another signals. Nobody sleeps for
/// ever.</summary>
public sealed class WaitAndSignal(bool hasTimeout) : Protocol
{
    private readonly Fence _fence = new FenceTimeline("line").Next();

    public WaitAndSignal()
        : this(hasTimeout: true)
    {
    }

    public override IReadOnlyList<Action> Threads => [Wait, () => Require(_fence.TrySignal(), "the only signal wins")];

    private void Wait()
    {
        bool isSignalled = _fence.Wait(hasTimeout ? TimeSpan.FromSeconds(1) : Timeout.InfiniteTimeSpan);
        Require(isSignalled || hasTimeout, "an endless wait ends with the signal");
        Require(!isSignalled || Quietly(() => _fence.IsSignalled), "a wait that says so has seen the signal");
    }
}
