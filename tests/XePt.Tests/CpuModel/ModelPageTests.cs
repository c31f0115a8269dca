using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.CpuModel.TestProcess;

namespace XePt.Tests.CpuModel;

/// <summary>Pages of the modelled process: how they are populated, what is in them, and when they go.</summary>
public class ModelPageTests : IDisposable
{
    private readonly TestProcess _p = new();

    private ModelProcess Process => _p.Process;

    /// <summary>Nothing of the process is left at the end of any test.</summary>
    public void Dispose()
    {
        _p.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    [Rule("HST-011")]
    public void Memory_reads_as_zero_until_written_and_costs_nothing_before()
    {
        Process.Map(AddressRange.OfSize(Base, 4 * Page), CpuProtection.ReadWrite);
        Assert.Equal(0UL, _p.ReadWord(Base + Page));
        Assert.Equal("a1 s1 a2", _p.Pages(Base, Base + (4 * Page)));
        Assert.Equal(0, _p.Memory.WrittenBytes);
        byte[] bytes = [.. Enumerable.Range(0, 9000).Select(i => (byte)(i * 7))];
        Assert.True(Process.TryWrite(Base + 100, bytes));
        var read = new byte[9000];
        Assert.True(Process.TryRead(Base + 100, read));
        Assert.Equal(bytes, read);
        Assert.Equal(0UL, _p.ReadWord(Base));
        Assert.Equal("s3 a1", _p.Pages(Base, Base + (4 * Page)));
        Assert.Equal(3 * (long)Page, _p.Memory.WrittenBytes);
    }

    [Theory]
    [InlineData(CpuProtection.None, CpuVmaKind.Anonymous, Errno.EFAULT, Errno.EFAULT)]
    [InlineData(CpuProtection.Read, CpuVmaKind.Anonymous, Errno.Ok, Errno.EFAULT)]
    [InlineData(CpuProtection.Read, CpuVmaKind.File, Errno.Ok, Errno.EFAULT)]
    [InlineData(CpuProtection.ReadWrite, CpuVmaKind.Shared, Errno.Ok, Errno.Ok)]
    [InlineData(CpuProtection.ReadWrite, CpuVmaKind.Io, Errno.EFAULT, Errno.EFAULT)]
    public void The_CPU_may_do_what_protection_and_kind_allow(CpuProtection protection, CpuVmaKind kind, Errno reads, Errno writes)
    {
        Process.Map(AddressRange.OfSize(Base, Page), protection, kind);
        Assert.Equal(writes, Process.Write(Base, [1]));
        Assert.Equal(writes, Process.Touch(AddressRange.OfSize(Base, Page), write: true));
        Assert.Equal(reads, Process.Read(Base, new byte[1]));
        Assert.Equal(reads, Process.Touch(AddressRange.OfSize(Base, Page), write: false));
        Assert.Equal(Errno.EFAULT, Process.Read(Base + Page, new byte[1]));
    }

    [Fact]
    public void A_touch_stops_at_the_first_page_that_cannot_be_had()
    {
        Process.Map(AddressRange.OfSize(Base, 2 * Page), CpuProtection.ReadWrite);
        Process.Map(AddressRange.OfSize(Base + (3 * Page), Page), CpuProtection.ReadWrite);
        Assert.Equal(Errno.EFAULT, Process.Touch(AddressRange.OfSize(Base, 4 * Page), write: false));
        Assert.Equal("s2 a2", _p.Pages(Base, Base + (4 * Page)));
    }

    [Fact]
    public void Discarded_pages_read_as_zero_and_each_mapping_hears_of_its_part()
    {
        Process.Map(AddressRange.OfSize(Base, 2 * Page), CpuProtection.ReadWrite);
        Process.Map(AddressRange.OfSize(Base + (2 * Page), 2 * Page), CpuProtection.Read);
        Process.Map(AddressRange.OfSize(Base + (5 * Page), 2 * Page), CpuProtection.ReadWrite);
        _p.WriteWord(Base + Page, 1);
        _p.WriteWord(Base, 2);
        Assert.Equal(Errno.Ok, Process.Discard(AddressRange.OfSize(Base + Page, 5 * Page)));
        Assert.Equal("Clear 1000 2000; Clear 2000 4000; Clear 5000 6000", _p.TakeEvents());
        Assert.Equal(0UL, _p.ReadWord(Base + Page));
        Assert.Equal(2UL, _p.ReadWord(Base));
    }

    [Theory]
    [InlineData("unmap")]
    [InlineData("protect")]
    [InlineData("discard")]
    [InlineData("migrate")]
    public void A_huge_page_is_split_by_what_touches_a_part_of_it(string what)
    {
        Process.Map(AddressRange.OfSize(Base, 3 * Huge), CpuProtection.ReadWrite);
        Assert.Equal(Errno.Ok, Process.Touch(AddressRange.OfSize(Base, Page), write: false, huge: true));
        Assert.Equal(Errno.Ok, Process.Touch(AddressRange.OfSize(Base + Huge, Page), write: false, huge: true));
        Assert.Equal("h1024 a512", _p.Pages(Base, Base + (3 * Huge)));
        Assert.Equal(0, _p.Memory.WrittenBytes);
        Assert.Equal(Errno.Ok, what switch
        {
            "unmap" => Process.Unmap(AddressRange.OfSize(Base + Page, Page)),
            "protect" => Process.Protect(AddressRange.OfSize(Base, Page), CpuProtection.Read),
            "discard" => Process.Discard(AddressRange.OfSize(Base + Huge - Page, Page)),
            _ => new TestDevice(this).Migrate(Process, Base + Page, Base + (2 * Page)),
        });
        Assert.Equal(
            what switch { "unmap" => "s1 a1 s510 h512", "protect" => "s512 h512", "discard" => "s511 a1 h512", _ => "s1 d1 s510 h512" },
            _p.Pages(Base, Base + (2 * Huge)));
    }

    [Fact]
    public void A_huge_page_stays_one_under_what_covers_it()
    {
        Process.Map(AddressRange.OfSize(Base, 3 * Huge), CpuProtection.ReadWrite);
        Process.Touch(AddressRange.OfSize(Base + Huge, Page), write: true, huge: true);
        Process.Protect(AddressRange.OfSize(Base + Huge, Huge), CpuProtection.Read);
        Assert.Equal("a512 h512 a512", _p.Pages(Base, Base + (3 * Huge)));
        Process.Protect(AddressRange.OfSize(Base + Huge, Huge), CpuProtection.ReadWrite);
        Process.Touch(new AddressRange(Base + Huge + Page, Base + Huge + (2 * Page)), write: true);
        var list = new CpuPageList();
        Assert.Equal(Errno.Ok, Process.FaultIn(new AddressRange(Base + Huge, Base + (2 * Huge)), write: true, null, list));
        Assert.Equal(1, list.Runs.Length);
        Assert.True(list.Runs[0] is { Order: 9, Pages: 512, IsWritable: true });
        Assert.Equal(0UL, list.Runs[0].Frame % Huge);
    }

    [Fact]
    public void Two_MiB_of_which_something_is_there_or_outside_the_mapping_do_not_become_a_huge_page()
    {
        Process.Map(AddressRange.OfSize(Base, Huge + Page), CpuProtection.ReadWrite);
        Process.Touch(AddressRange.OfSize(Base, Page), write: true);
        Process.Touch(new AddressRange(Base + Page, Base + (2 * Page)), write: true, huge: true);
        Process.Touch(AddressRange.OfSize(Base + Huge, Page), write: true, huge: true);
        Assert.Equal("s2 a510 s1", _p.Pages(Base, Base + Huge + Page));
    }

    [Fact]
    public void Huge_page_memory_is_populated_two_MiB_at_a_time()
    {
        Process.Map(AddressRange.OfSize(Base, 2 * Huge), CpuProtection.ReadWrite, CpuVmaKind.HugeTlb);
        Process.Touch(new AddressRange(Base + Page, Base + (2 * Page)), write: false);
        Assert.Equal("h512 a512", _p.Pages(Base, Base + (2 * Huge)));
        var list = new CpuPageList();
        Assert.Equal(Errno.Ok, Process.FaultIn(new AddressRange(Base + Huge + Page, Base + Huge + (2 * Page)), write: true, null, list));
        Assert.Equal("h1024", _p.Pages(Base, Base + (2 * Huge)));
        Assert.Equal(Errno.EBUSY, new TestDevice(this).Migrate(Process, Base, Base + Page));
    }

    [Fact]
    public void A_pin_belongs_to_the_page()
    {
        Process.Map(AddressRange.OfSize(Base, 4 * Page), CpuProtection.ReadWrite);
        Process.Touch(AddressRange.OfSize(Base, 2 * Page), write: true);
        Process.SetPinned(new AddressRange(Base + Page, Base + (3 * Page)), isPinned: true);
        Assert.Equal("s1 p1 a2", _p.Pages(Base, Base + (4 * Page)));
        Assert.Equal(Errno.Ok, Process.Remap(AddressRange.OfSize(Base, 2 * Page), 8 * Page, mayMove: true, out ulong moved));
        Assert.NotEqual(Base, moved);
        Assert.Equal("s1 p1 a6", _p.Pages(moved, moved + (8 * Page)));
        Process.Discard(AddressRange.OfSize(moved + Page, Page));
        Process.Touch(new AddressRange(moved + Page, moved + (2 * Page)), write: true);
        Assert.Equal("s2 a6", _p.Pages(moved, moved + (8 * Page)));
    }

    [Fact]
    [Rule("HST-012")]
    public void A_frame_that_was_given_up_is_not_used_again_and_is_found_to_be_stale()
    {
        Process.Map(AddressRange.OfSize(Base, 4 * Page), CpuProtection.ReadWrite);
        var seen = new HashSet<ulong>();
        var list = new CpuPageList();
        ulong last = 0;
        for (int i = 0; i < 2000; i++)
        {
            Assert.Equal(Errno.Ok, Process.FaultIn(AddressRange.OfSize(Base, Page), write: true, null, list));
            Assert.True(seen.Add(last = list.Runs[0].Frame));
            Assert.True(Process.Frames.TryWrite(last, [1]));
            Process.Discard(AddressRange.OfSize(Base, Page));
            Assert.False(Process.Frames.TryRead(last, new byte[1]));
            Assert.False(Process.Frames.TryWrite(last, [1]));
            Assert.False(Process.Frames.TryCompareExchange(last, 8, 0, 1, out _));
        }

        Assert.Equal(0, _p.Memory.UsedBytes);
    }

    [Fact]
    public void Frames_are_neighbours_or_scattered_as_the_machine_says()
    {
        var list = new CpuPageList();
        Process.Map(AddressRange.OfSize(Base, 2 * Huge), CpuProtection.ReadWrite);
        Process.FaultIn(AddressRange.OfSize(Base, 8 * Page), write: true, null, list);
        Assert.Equal(1, list.Runs.Length);

        using var scattered = new TestProcess(new ModelMemoryOptions { ScattersFrames = true });
        scattered.Process.Map(AddressRange.OfSize(Base, 2 * Huge), CpuProtection.ReadWrite);
        scattered.Process.FaultIn(AddressRange.OfSize(Base, 300 * Page), write: true, null, list);
        Assert.Equal(300, list.Runs.Length);
        Assert.Equal(300, list.Pages);
        scattered.Process.Touch(new AddressRange(Base + Huge, Base + (2 * Huge)), write: true, huge: true);
        scattered.Process.FaultIn(new AddressRange(Base + Huge, Base + (2 * Huge)), write: true, null, list);
        Assert.Equal(1, list.Runs.Length);
    }

    [Fact]
    public void Words_in_frames_can_be_exchanged_and_belong_to_the_process()
    {
        Process.Map(AddressRange.OfSize(Base, Page), CpuProtection.ReadWrite);
        var list = new CpuPageList();
        Process.FaultIn(AddressRange.OfSize(Base, Page), write: true, null, list);
        ulong frame = list.Runs[0].Frame;
        Assert.True(Process.Frames.TryCompareExchange(frame + 8, 8, 0, 0x1_0000_0002, out ulong found));
        Assert.Equal(0UL, found);
        Assert.True(Process.Frames.TryCompareExchange(frame + 8, 4, 3, 9, out found));
        Assert.Equal(2UL, found);
        Assert.True(Process.Frames.TryCompareExchange(frame + 12, 4, 1, 5, out found));
        Assert.Equal(0x5_0000_0002UL, _p.ReadWord(Base + 8));
        Assert.Throws<ArgumentException>(() => Process.Frames.TryCompareExchange(frame + 4, 8, 0, 1, out _));
        Assert.False(Process.Frames.TryRead(frame + 4095, new byte[2]));
    }

    [Fact]
    public void A_machine_has_as_much_memory_as_it_was_given()
    {
        using var p = new TestProcess(new ModelMemoryOptions { Bytes = 4 * Page });
        p.Process.Map(AddressRange.OfSize(Base, 2 * Huge), CpuProtection.ReadWrite);
        Assert.Equal(Errno.ENOMEM, p.Process.Touch(AddressRange.OfSize(Base, 5 * Page), write: true, huge: true));
        Assert.Equal("s4 a508", p.Pages(Base, Base + Huge));
        Assert.Equal(Errno.ENOMEM, p.Process.FaultIn(AddressRange.OfSize(Base + Huge, Page), write: false, null, new CpuPageList()));
        p.Process.Discard(AddressRange.OfSize(Base, Page));
        Assert.Equal(Errno.Ok, p.Process.Write(Base + (4 * Page), [1]));
    }
}
