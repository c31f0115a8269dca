using XePt.Host;
using XePt.Memory;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>
/// Somebody looks at a page of a modelled process and binds it, while the page changes: who reads the number of the last change outside the
/// machine's gate has seen no page that a change in its middle is about to take away (<c>SubscriptionBook</c>).
/// </summary>
public sealed class LookAndChange : Protocol
{
    private const int Nothing = 0, OldPage = 1, NewPage = 2;

    private readonly MachineGate _gate = new();
    private readonly SubscriptionBook _book;
    private readonly Binding _binding = new();
    private int _page = OldPage;

    public LookAndChange()
    {
        _book = new SubscriptionBook(_gate);
        _book.Add(_binding, Page);
    }

    public override IReadOnlyList<Action> Threads => [Change, Look];

    private static AddressRange Page => new(0, MirrorWorld.PageBytes);

    public override void CheckEnd() => Require(_binding.Bound != OldPage, "the old page is bound after the change");

    private void Change()
    {
        _gate.Enter();
        ChangeInFlight change = _book.Begin(CpuChangeKind.Clear, Page.Start, Page.End);
        _gate.Exit();
        _book.Tell(change);
        _gate.Enter();
        _page = NewPage;
        _book.End(change);
        _gate.Exit();
    }

    private void Look()
    {
        if (!SubscriptionBook.TryReadBegin(_binding, out ulong sequence))
            return;
        _gate.Enter();
        int seen = _page;
        _gate.Exit();
        _binding.Gate.Enter();
        if (!SubscriptionBook.ReadRetry(_binding, sequence))
            _binding.Bound = seen;
        _binding.Gate.Exit();
    }

    private sealed class MachineGate : IHostGate
    {
        private SpinGate _gate;

        public void Enter() => _gate.Enter();

        public void Exit() => _gate.Exit();
    }

    /// <summary>What is bound goes before the page changes.</summary>
    private sealed class Binding : CpuSubscription
    {
        public SpinGate Gate;

        public int Bound { get; set; }

        public override bool Invalidate(in CpuChange change)
        {
            Gate.Enter();
            Bound = Nothing;
            Gate.Exit();
            return true;
        }
    }
}
