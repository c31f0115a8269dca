using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.CpuModel.TestProcess;

namespace XePt.Tests.CpuModel;

/// <summary>Who hears of changes, when, and what sequence numbers say.</summary>
public class ModelSubscriptionTests : IDisposable
{
    private readonly TestProcess _p = new();

    private ModelProcess Process => _p.Process;

    /// <summary>Nothing of the process is left at the end of any test.</summary>
    public void Dispose()
    {
        _p.Dispose();
        GC.SuppressFinalize(this);
    }

    public ModelSubscriptionTests() => _p.Process.Map(AddressRange.OfSize(Base, 64 * Page), CpuProtection.ReadWrite);

    [Fact]
    [Rule("HST-006")]
    public void Everybody_whom_a_change_meets_is_called_before_it_takes_effect_by_start_the_oldest_first()
    {
        var order = new List<string>();
        Listener Listen(string name, int from, int to)
        {
            var listener = new Listener(_ => order.Add(name + _p.Pages(Base, Base + (2 * Page))));
            Process.Subscribe(listener, new AddressRange(Base + ((ulong)from * Page), Base + ((ulong)to * Page)));
            return listener;
        }

        Process.Touch(AddressRange.OfSize(Base, Page), write: true);
        Listener late = Listen("late", 1, 9), wide = Listen("wide", 0, 64), same = Listen("same", 0, 2), beside = Listen("beside", 2, 64);
        Process.Discard(AddressRange.OfSize(Base, 2 * Page));
        Assert.Equal(["wides1 a1", "sames1 a1", "lates1 a1"], order);
        Assert.Equal("a2", _p.Pages(Base, Base + (2 * Page)));

        // Not clipped, and numbers rise.
        Assert.Equal(
            (CpuChangeKind.Clear, Base, Base + (2 * Page)), (late.Heard[0].Kind, late.Heard[0].Range.Start, late.Heard[0].Range.End));
        Process.Discard(AddressRange.OfSize(Base, 2 * Page));
        Assert.True(late.Heard[1].Sequence > late.Heard[0].Sequence);
        Assert.Empty(beside.Heard);

        // A number of the tree that is used again does not make its owner older.
        order.Clear();
        Process.Unsubscribe(wide);
        Listener young = Listen("young", 0, 3);
        Process.Discard(AddressRange.OfSize(Base, Page));
        Assert.Equal(["samea2", "younga2"], order);
        foreach (Listener listener in new[] { late, same, beside, young })
            Process.Unsubscribe(listener);
        Process.Discard(AddressRange.OfSize(Base, 64 * Page));
        Assert.Equal(2, order.Count);
        Assert.Equal(0, Process.SubscriptionCount);
    }

    [Fact]
    [Rule("HST-006")]
    public void A_subscription_may_end_or_begin_inside_a_callback()
    {
        var other = new Listener();
        Listener? own = null, second = null;
        own = new Listener(_ =>
        {
            Process.Unsubscribe(own!);
            Process.Unsubscribe(second!);
            Process.Subscribe(other, AddressRange.OfSize(Base, Page));
        });
        second = new Listener();
        Process.Subscribe(own, AddressRange.OfSize(Base, Page));
        Process.Subscribe(second, AddressRange.OfSize(Base, Page));
        Process.Discard(AddressRange.OfSize(Base, Page));
        Assert.Single(own.Heard);
        Assert.Empty(second.Heard);
        Assert.Empty(other.Heard);
        Process.Discard(AddressRange.OfSize(Base, Page));
        Assert.Single(own.Heard);
        Assert.Single(other.Heard);
        Process.Unsubscribe(other);
    }

    [Fact]
    [Rule("HST-007")]
    public void A_number_is_outdated_exactly_when_a_change_has_begun_since()
    {
        var listener = new Listener();
        Process.Subscribe(listener, AddressRange.OfSize(Base, 4 * Page));
        ulong sequence = Process.ReadBegin(listener);
        Process.Touch(AddressRange.OfSize(Base, Page), write: true);
        Process.Discard(AddressRange.OfSize(Base + (4 * Page), Page));
        Process.Raise(CpuChangeKind.SoftDirty, new AddressRange(Base + (5 * Page), Base + (6 * Page)));
        Assert.False(Process.ReadRetry(listener, sequence));
        foreach (CpuChangeKind kind in Enum.GetValues<CpuChangeKind>())
        {
            sequence = Process.ReadBegin(listener);
            Assert.False(Process.ReadRetry(listener, sequence));
            Assert.True(Process.Raise(kind, new AddressRange(Base + (3 * Page), Base + (5 * Page))));
            Assert.True(Process.ReadRetry(listener, sequence));
            Assert.Equal(kind, listener.Heard[^1].Kind);
        }

        Process.Unsubscribe(listener);
    }

    [Fact]
    [Rule("HST-007")]
    public void In_the_middle_of_a_change_there_is_no_number_to_collect_under()
    {
        bool isQuiet = true, isOutdated = false, isLateQuiet = true;
        Listener? listener = null;
        var late = new Listener();
        listener = new Listener(change =>
        {
            isQuiet = Process.TryReadBegin(listener!, out ulong middle);
            isOutdated = Process.ReadRetry(listener!, middle);
            Process.Subscribe(late, AddressRange.OfSize(Base, Page));
            isLateQuiet = Process.TryReadBegin(late, out ulong _);
        });
        Process.Subscribe(listener, AddressRange.OfSize(Base, Page));
        Process.Discard(AddressRange.OfSize(Base, Page));
        Assert.False(isQuiet);
        Assert.True(isOutdated);
        Assert.False(isLateQuiet);
        Assert.True(Process.TryReadBegin(listener, out ulong now));
        Assert.False(Process.ReadRetry(listener, now));
        Assert.True(Process.TryReadBegin(late, out _));
        Process.Unsubscribe(listener);
        Process.Unsubscribe(late);
    }

    [Fact]
    public void A_change_that_may_not_block_is_refused_by_whoever_would_have_to()
    {
        Listener first = new(), second = new();
        Process.Subscribe(first, AddressRange.OfSize(Base, Page));
        Process.Subscribe(second, AddressRange.OfSize(Base, Page));
        Assert.True(Process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(Base, Page), mayBlock: false));
        Assert.False(first.Heard[0].MayBlock);
        first.Accepts = false;
        Assert.False(Process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(Base, Page), mayBlock: false));
        Assert.Single(second.Heard);
        Assert.True(Process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(Base, Page)));
        Assert.True(Process.TryReadBegin(first, out _));
        Process.Unsubscribe(first);
        Process.Unsubscribe(second);
    }

    [Fact]
    [Rule("HST-006")]
    [Rule("HST-007")]
    [Rule("CON-015")]
    public async Task Reading_a_number_and_unsubscribing_wait_for_another_thread()
    {
        using var inside = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var listener = new Listener(_ =>
        {
            inside.Set();
            goOn.Wait(TestContext.Current.CancellationToken);
        });
        Process.Subscribe(listener, AddressRange.OfSize(Base, Page));
        _p.WriteWord(Base, 1);
        Task change = Task.Run(() => Process.Discard(AddressRange.OfSize(Base, Page)));
        inside.Wait(TestContext.Current.CancellationToken);
        Assert.False(Process.TryReadBegin(listener, out _));
        Assert.False(Process.TryUnsubscribe(listener));

        // The change has not taken effect, and others are not held up.
        Assert.Equal(1UL, _p.ReadWord(Base));
        Assert.Equal(Errno.Ok, Process.FaultIn(AddressRange.OfSize(Base, 2 * Page), write: true, null, new CpuPageList()));

        string seen = "";
        Task<ulong> read = Task.Run(() =>
        {
            ulong sequence = Process.ReadBegin(listener);
            seen = _p.Pages(Base, Base + Page);
            return sequence;
        });
        goOn.Set();
        await change;
        Assert.False(Process.ReadRetry(listener, await read));
        Assert.Equal("a1", seen);

        inside.Reset();
        goOn.Reset();
        change = Task.Run(() => Process.Discard(AddressRange.OfSize(Base, Page)));
        inside.Wait(TestContext.Current.CancellationToken);
        Task unsubscribe = Task.Run(() => Process.Unsubscribe(listener), TestContext.Current.CancellationToken);
        goOn.Set();
        await unsubscribe;
        await change;
        Assert.Equal(2, listener.Heard.Count);
        Process.Discard(AddressRange.OfSize(Base, Page));
        Assert.Equal(2, listener.Heard.Count);
    }

    [Fact]
    public void Subscribing_twice_and_to_nothing_are_mistakes()
    {
        var listener = new Listener();
        Assert.Throws<ArgumentOutOfRangeException>(() => Process.Subscribe(listener, new AddressRange(Base, Base)));
        Process.Subscribe(listener, AddressRange.OfSize(Base, Page));
        Assert.Throws<InvalidOperationException>(() => Process.Subscribe(listener, AddressRange.OfSize(Base, Page)));
        Process.Unsubscribe(listener);
        Process.Subscribe(listener, new AddressRange(Base + Page, Base + (2 * Page)));
        Assert.Equal(Base + Page, listener.Range.Start);
        Process.Unsubscribe(listener);
    }
}
