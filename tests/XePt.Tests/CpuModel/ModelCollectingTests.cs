using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.CpuModel.TestProcess;

namespace XePt.Tests.CpuModel;

/// <summary>What the engine sees of pages, and what it makes of them: <c>Snapshot</c> and <c>FaultIn</c>.</summary>
public class ModelCollectingTests : IDisposable
{
    private readonly TestProcess _p = new();
    private readonly CpuPageList _list = new();
    private readonly object _owner = new();

    private ModelProcess Process => _p.Process;

    /// <summary>Nothing of the process is left at the end of any test.</summary>
    public void Dispose()
    {
        _p.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    [Rule("HST-001")]
    public void Nobody_enters_a_process_that_is_gone_and_it_stays_until_everybody_has_left()
    {
        Process.Map(AddressRange.OfSize(Base, Page), CpuProtection.ReadWrite);
        Process.Touch(AddressRange.OfSize(Base, Page), write: true);
        Assert.True(Process.TryEnter());
        Assert.True(Process.TryEnter());
        Process.Exit();
        Assert.Equal("s1", _p.Pages(Base, Base + Page));
        Assert.True(Process.TryEnter());
        Process.Leave();
        Process.Leave();
        Assert.Empty(_p.Events);
        Process.Leave();
        Assert.Equal(["Release", "Unmap 0 1000"], _p.Events.Select((text, i) => i == 0 ? text.Split(' ')[0] : text));
        Assert.False(Process.TryEnter());
        Assert.True(Process.IsGone);
        Assert.Equal(0, _p.Memory.UsedBytes);
    }

    [Fact]
    public void A_process_that_has_only_lost_its_users_keeps_its_memory()
    {
        Process.Map(AddressRange.OfSize(Base, Page), CpuProtection.ReadWrite);
        Process.Touch(AddressRange.OfSize(Base, Page), write: true);
        Process.LoseUsers();
        Assert.False(Process.TryEnter());
        Assert.Empty(_p.Events);
        Assert.Equal(Errno.Ok, Process.Unmap(AddressRange.OfSize(Base, Page)));
        Assert.Equal("Unmap 0 1000", _p.TakeEvents());
    }

    [Fact]
    [Rule("HST-004")]
    public void A_snapshot_populates_nothing_and_shows_where_pages_are()
    {
        var device = new TestDevice(_owner);
        Process.Map(AddressRange.OfSize(Base, 8 * Page), CpuProtection.ReadWrite);
        Process.Touch(new AddressRange(Base + Page, Base + (3 * Page)), write: true);
        Process.Touch(new AddressRange(Base + (4 * Page), Base + (6 * Page)), write: true);
        Assert.Equal(Errno.Ok, device.Migrate(Process, Base + (4 * Page), Base + (6 * Page)));
        Process.Protect(AddressRange.OfSize(Base + (2 * Page), Page), CpuProtection.Read);
        _p.TakeEvents();

        Process.Snapshot(new AddressRange(Base - Page, Base + (9 * Page)), _owner, _list);
        Assert.Equal("a2 s2 a1 d2 a3", Text(_list));
        Assert.Equal(10, _list.Pages);
        Assert.Equal(4, _list.PresentPages);
        CpuPageRun[] runs = _list.Runs.ToArray();
        Assert.Equal(Base - Page, runs[0].Address);
        Assert.True(runs[1].IsWritable);
        Assert.False(runs[2].IsWritable);
        Assert.Same(device.Blocks[0], runs[4].Block);
        Assert.Equal(0, runs[4].FirstPage);

        Process.Snapshot(AddressRange.OfSize(Base, 8 * Page), new object(), _list);
        Assert.Equal("a1 s2 a5", Text(_list));
        Process.Snapshot(AddressRange.OfSize(Base, 8 * Page), null, _list);
        Assert.Equal("a1 s2 a5", Text(_list));
        Process.Protect(AddressRange.OfSize(Base, 8 * Page), CpuProtection.None);
        Process.Snapshot(AddressRange.OfSize(Base, 8 * Page), _owner, _list);
        Assert.Equal("a8", Text(_list));
        Process.Protect(AddressRange.OfSize(Base, 8 * Page), CpuProtection.ReadWrite);
        Process.Snapshot(AddressRange.OfSize(Base, 8 * Page), _owner, _list);
        Assert.Equal("a1 s2 a1 d2 a2", Text(_list));
    }

    [Fact]
    public void A_snapshot_of_the_whole_space_skips_what_is_not_there()
    {
        Process.Map(AddressRange.OfSize(Base, 1UL << 40), CpuProtection.ReadWrite);
        Process.Touch(AddressRange.OfSize(Base + (1UL << 39), Page), write: true);
        Process.Snapshot(new AddressRange(0, Process.Limit), null, _list);
        Assert.Equal((long)(Process.Limit >> 12), _list.Pages);
        Assert.Equal(1, _list.PresentPages);
    }

    [Fact]
    [Rule("HST-005")]
    public void Collecting_makes_every_page_present_and_writable_where_asked()
    {
        Process.Map(AddressRange.OfSize(Base, 8 * Page), CpuProtection.ReadWrite);
        Process.Touch(new AddressRange(Base + Page, Base + (2 * Page)), write: true);
        Process.Protect(AddressRange.OfSize(Base, 8 * Page), CpuProtection.Read);
        Assert.Equal(Errno.Ok, Process.FaultIn(AddressRange.OfSize(Base, 2 * Page), write: false, null, _list));
        Assert.Equal("s2", Text(_list));
        Assert.All(_list.Runs.ToArray(), run => Assert.False(run.IsWritable));
        Assert.Equal(Errno.EPERM, Process.FaultIn(new AddressRange(Base + Page, Base + (3 * Page)), write: true, null, _list));
        Process.Protect(AddressRange.OfSize(Base, 8 * Page), CpuProtection.ReadWrite);
        Assert.Equal(Errno.Ok, Process.FaultIn(AddressRange.OfSize(Base, 4 * Page), write: true, null, _list));
        Assert.Equal("s4", Text(_list));
        Assert.All(_list.Runs.ToArray(), run => Assert.True(run.IsWritable));
        Assert.Equal("s4 a4", _p.Pages(Base, Base + (8 * Page)));
    }

    [Theory]
    [Rule("HST-005")]
    [InlineData(CpuProtection.None, CpuVmaKind.Anonymous)]
    [InlineData(CpuProtection.ReadWrite, CpuVmaKind.Io)]
    public void What_the_CPU_cannot_read_is_a_fault_and_pages_before_it_stay(CpuProtection protection, CpuVmaKind kind)
    {
        Process.Map(AddressRange.OfSize(Base, 2 * Page), CpuProtection.ReadWrite);
        Process.Map(AddressRange.OfSize(Base + (2 * Page), Page), protection, kind);
        Assert.Equal(Errno.EFAULT, Process.FaultIn(AddressRange.OfSize(Base, 3 * Page), write: false, null, _list));
        Assert.Equal(Errno.EFAULT, Process.FaultIn(new AddressRange(Base + (2 * Page), Base + (3 * Page)), write: true, null, _list));
        Assert.Equal(Errno.EFAULT, Process.FaultIn(new AddressRange(Base + (3 * Page), Base + (4 * Page)), write: false, null, _list));
        Assert.Equal("s2 a1", _p.Pages(Base, Base + (3 * Page)));
    }

    [Fact]
    [Rule("HST-005")]
    public void Own_device_pages_are_taken_without_a_look_at_write_protection_those_of_others_are_pulled()
    {
        var device = new TestDevice(_owner);
        Process.Map(AddressRange.OfSize(Base, 4 * Page), CpuProtection.ReadWrite);
        _p.WriteWord(Base + Page, 7);
        device.Migrate(Process, Base, Base + (4 * Page));
        Process.Protect(AddressRange.OfSize(Base, 4 * Page), CpuProtection.Read);
        Assert.Equal(Errno.Ok, Process.FaultIn(AddressRange.OfSize(Base, 4 * Page), write: true, _owner, _list));
        Assert.Equal("d4", Text(_list));

        Assert.Equal(Errno.EPERM, Process.FaultIn(AddressRange.OfSize(Base, 4 * Page), write: true, new object(), _list));
        Assert.Equal(0, device.Pulls);
        Assert.Equal(Errno.Ok, Process.FaultIn(new AddressRange(Base + Page, Base + (2 * Page)), write: false, new object(), _list));
        Assert.Equal("s1", Text(_list));
        Assert.Equal(1, device.Pulls);
        Assert.Empty(device.Blocks);
        Assert.Equal(7UL, _p.ReadWord(Base + Page));
    }

    [Fact]
    [Rule("HST-005")]
    public void A_pull_that_fails_and_a_page_that_somebody_migrates_fail_the_collection()
    {
        var device = new TestDevice(_owner) { PullFails = Errno.ENOMEM };
        Process.Map(AddressRange.OfSize(Base, 4 * Page), CpuProtection.ReadWrite);
        device.Migrate(Process, Base, Base + Page);
        Assert.Equal(Errno.EFAULT, Process.FaultIn(AddressRange.OfSize(Base, Page), write: false, null, _list));

        var migration = new CpuMigration();
        Process.Collect(migration, AddressRange.OfSize(Base, 2 * Page), CpuCollectKinds.ToDevice(_owner));
        Assert.Equal(Errno.EBUSY, Process.FaultIn(AddressRange.OfSize(Base, Page), write: false, _owner, _list));
        Assert.Equal(Errno.EBUSY, Process.FaultIn(new AddressRange(Base + Page, Base + (2 * Page)), write: false, _owner, _list));
        Process.Snapshot(AddressRange.OfSize(Base, 2 * Page), _owner, _list);
        Assert.Equal("a2", Text(_list));
        Process.Restore(migration);
        Assert.Equal(Errno.Ok, Process.FaultIn(AddressRange.OfSize(Base, 2 * Page), write: false, _owner, _list));
        Assert.Equal("d1 s1", Text(_list));
        device.PullFails = null;
    }

    [Fact]
    [Rule("HST-005")]
    public void Pages_that_a_child_shares_are_copied_when_they_will_be_written_and_everybody_hears_of_it()
    {
        Process.Map(AddressRange.OfSize(Base, 2 * Page), CpuProtection.ReadWrite);
        _p.WriteWord(Base, 5);
        Process.FaultIn(AddressRange.OfSize(Base, Page), write: true, null, _list);
        ulong before = _list.Runs[0].Frame;
        Assert.Equal(Errno.Ok, Process.Fork(out ModelProcess? child));
        Assert.Equal("ProtectionPage 0 2000", _p.TakeEvents());

        Process.FaultIn(AddressRange.OfSize(Base, Page), write: false, null, _list);
        Assert.Equal(before, _list.Runs[0].Frame);
        Assert.False(_list.Runs[0].IsWritable);
        Assert.Empty(_p.Events);
        Assert.Equal(Errno.Ok, Process.FaultIn(AddressRange.OfSize(Base, Page), write: true, null, _list));
        Assert.Equal("Clear 0 1000", _p.TakeEvents());
        Assert.NotEqual(before, _list.Runs[0].Frame);
        Assert.True(Process.Frames.TryWrite(_list.Runs[0].Frame, [9]));
        var seen = new byte[1];
        Assert.True(child!.TryRead(Base, seen));
        Assert.Equal(5, seen[0]);
        Assert.Equal(9UL, _p.ReadWord(Base));

        // The child is the only one left.
        Assert.True(child.TryWrite(Base, [6]));
        child.FaultIn(AddressRange.OfSize(Base, Page), write: true, null, _list);
        Assert.Equal(before, _list.Runs[0].Frame);
        child.Dispose();
    }
}
