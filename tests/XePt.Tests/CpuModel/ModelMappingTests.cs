using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.CpuModel.TestProcess;

namespace XePt.Tests.CpuModel;

/// <summary>Mappings of the modelled process: what the calls return, which mappings there are afterwards, and who hears of it.</summary>
public class ModelMappingTests : IDisposable
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
    public void Anonymous_mappings_that_touch_and_have_one_protection_are_one_others_are_not()
    {
        Assert.Equal(Errno.Ok, Process.Map(AddressRange.OfSize(Base, 4 * Page), CpuProtection.ReadWrite));
        Assert.Equal(Errno.Ok, Process.Map(AddressRange.OfSize(Base + (8 * Page), 4 * Page), CpuProtection.ReadWrite));
        Assert.Equal(Errno.Ok, Process.Map(AddressRange.OfSize(Base + (4 * Page), 4 * Page), CpuProtection.ReadWrite));
        Assert.Equal("0 c000 ReadWrite Anonymous", _p.Mappings);
        Assert.Equal(Errno.Ok, Process.Map(AddressRange.OfSize(Base + (12 * Page), Page), CpuProtection.Read));
        Assert.Equal(Errno.Ok, Process.Map(AddressRange.OfSize(Base + (13 * Page), Page), CpuProtection.Read, CpuVmaKind.File));
        Assert.Equal(Errno.Ok, Process.Map(AddressRange.OfSize(Base + (14 * Page), Page), CpuProtection.Read, CpuVmaKind.File));
        Assert.Equal("0 c000 ReadWrite Anonymous; c000 d000 Read Anonymous; d000 e000 Read File; e000 f000 Read File", _p.Mappings);
        Assert.Empty(_p.Events);
    }

    [Fact]
    [Rule("HST-011")]
    public void A_mapping_over_others_unmaps_the_interval_first()
    {
        Process.Map(AddressRange.OfSize(Base, 8 * Page), CpuProtection.ReadWrite);
        Process.Touch(AddressRange.OfSize(Base, 8 * Page), write: true);
        Assert.Equal(Errno.Ok, Process.Map(AddressRange.OfSize(Base + (2 * Page), 2 * Page), CpuProtection.None));
        Assert.Equal("Unmap 2000 4000", _p.TakeEvents());
        Assert.Equal("0 2000 ReadWrite Anonymous; 2000 4000 None Anonymous; 4000 8000 ReadWrite Anonymous", _p.Mappings);
        Assert.Equal("s2 a2 s4", _p.Pages(Base, Base + (8 * Page)));
        Assert.Equal(Errno.Ok, Process.Map(AddressRange.OfSize(Base + (2 * Page), 2 * Page), CpuProtection.ReadWrite));
        Assert.Equal("0 8000 ReadWrite Anonymous", _p.Mappings);
        Assert.Equal("s2 a2 s4", _p.Pages(Base, Base + (8 * Page)));
    }

    [Fact]
    [Rule("HST-011")]
    public void An_unmap_cuts_mappings_and_drops_their_pages_and_without_any_nobody_hears_of_it()
    {
        Process.Map(AddressRange.OfSize(Base, 8 * Page), CpuProtection.ReadWrite);
        Process.Map(AddressRange.OfSize(Base + (10 * Page), 2 * Page), CpuProtection.ReadWrite);
        Process.Touch(AddressRange.OfSize(Base, 8 * Page), write: true);
        Assert.Equal(Errno.Ok, Process.Unmap(AddressRange.OfSize(Base + (6 * Page), 5 * Page)));
        Assert.Equal("Unmap 6000 b000", _p.TakeEvents());
        Assert.Equal("0 6000 ReadWrite Anonymous; b000 c000 ReadWrite Anonymous", _p.Mappings);
        Assert.Equal(6 * (long)Page, _p.Memory.UsedBytes);
        Assert.Equal(Errno.Ok, Process.Unmap(AddressRange.OfSize(Base + (6 * Page), 5 * Page)));
        Assert.Empty(_p.Events);
    }

    [Fact]
    [Rule("HST-011")]
    public void A_new_protection_is_announced_for_every_piece_that_has_another_one()
    {
        Process.Map(AddressRange.OfSize(Base, 4 * Page), CpuProtection.ReadWrite);
        Process.Map(AddressRange.OfSize(Base + (4 * Page), 4 * Page), CpuProtection.Read);
        Process.Map(AddressRange.OfSize(Base + (8 * Page), 4 * Page), CpuProtection.ReadWrite, CpuVmaKind.Shared);
        Assert.Equal(Errno.Ok, Process.Protect(AddressRange.OfSize(Base + Page, 10 * Page), CpuProtection.Read));
        Assert.Equal("ProtectionVma 1000 4000; ProtectionVma 8000 b000", _p.TakeEvents());
        Assert.Equal(
            "0 1000 ReadWrite Anonymous; 1000 8000 Read Anonymous; 8000 b000 Read Shared; b000 c000 ReadWrite Shared", _p.Mappings);
        Assert.Equal(Errno.Ok, Process.Protect(AddressRange.OfSize(Base + Page, 10 * Page), CpuProtection.Read));
        Assert.Empty(_p.Events);
    }

    [Fact]
    public void A_hole_refuses_a_new_protection_and_nothing_happens()
    {
        Process.Map(AddressRange.OfSize(Base, 2 * Page), CpuProtection.ReadWrite);
        Process.Map(AddressRange.OfSize(Base + (3 * Page), 2 * Page), CpuProtection.ReadWrite);
        Assert.Equal(Errno.ENOMEM, Process.Protect(AddressRange.OfSize(Base + Page, 3 * Page), CpuProtection.Read));
        Assert.Equal(Errno.ENOMEM, Process.Protect(AddressRange.OfSize(Base - Page, 2 * Page), CpuProtection.Read));
        Assert.Empty(_p.Events);
        Assert.Equal("0 2000 ReadWrite Anonymous; 3000 5000 ReadWrite Anonymous", _p.Mappings);
    }

    [Fact]
    public void Arguments_that_no_mapping_can_have_are_refused()
    {
        Assert.Equal(Errno.EINVAL, Process.Map(AddressRange.OfSize(Base + 1, Page), CpuProtection.Read));
        Assert.Equal(Errno.EINVAL, Process.Map(AddressRange.OfSize(Base, Page + 1), CpuProtection.Read));
        Assert.Equal(Errno.EINVAL, Process.Map(AddressRange.OfSize(Base, 0), CpuProtection.Read));
        Assert.Equal(Errno.ENOMEM, Process.Map(AddressRange.OfSize(Process.Limit, Page), CpuProtection.Read));
        Assert.Equal(Errno.ENOMEM, Process.Map(AddressRange.OfSize(Process.Limit - Page, 2 * Page), CpuProtection.Read));
        Assert.Equal(Errno.ENOMEM, Process.Unmap(AddressRange.OfSize(ulong.MaxValue - (2 * Page) + 1, Page)));
        Assert.Equal(Errno.EINVAL, Process.Unmap(AddressRange.OfSize(Base, 0)));
        Assert.Equal(Errno.EINVAL, Process.Unmap(new AddressRange(Base + Page, Base)));
        Assert.Equal(Errno.EINVAL, Process.Protect(AddressRange.OfSize(Base + 1, Page), CpuProtection.Read));
        Assert.Equal(Errno.EINVAL, Process.Discard(AddressRange.OfSize(Base, 1)));
        Assert.Equal("", _p.Mappings);
    }

    [Fact]
    public void Places_are_found_downwards_and_huge_ones_are_aligned()
    {
        Assert.Equal(Errno.Ok, Process.MapAnywhere(out ulong first, 3 * Page, CpuProtection.ReadWrite));
        Assert.Equal(Process.Limit - (3 * Page), first);
        Assert.Equal(Errno.Ok, Process.MapAnywhere(out ulong second, Page, CpuProtection.ReadWrite, CpuVmaKind.File));
        Assert.Equal(first - Page, second);
        Assert.Equal(Errno.Ok, Process.MapAnywhere(out ulong huge, 2 * Huge, CpuProtection.ReadWrite, CpuVmaKind.HugeTlb));
        Assert.Equal(Process.Limit - (3 * Huge), huge);
        Assert.Equal(3, Process.MappingCount);
    }

    [Fact]
    public void When_there_is_no_room_below_places_are_looked_for_from_the_top_again()
    {
        using var memory = new ModelMemory();
        using var small = new ModelProcess(memory, limit: 32 * Page);
        Assert.Equal(Errno.Ok, small.MapAnywhere(out ulong first, 8 * Page, CpuProtection.Read));
        Assert.Equal(Errno.Ok, small.MapAnywhere(out _, 8 * Page, CpuProtection.None));
        Assert.Equal(Errno.ENOMEM, small.MapAnywhere(out _, Page, CpuProtection.Read));
        Assert.Equal(Errno.Ok, small.Unmap(AddressRange.OfSize(first + Page, 2 * Page)));
        Assert.Equal(Errno.ENOMEM, small.MapAnywhere(out _, 3 * Page, CpuProtection.Read));
        Assert.Equal(Errno.Ok, small.MapAnywhere(out ulong again, 2 * Page, CpuProtection.Read));
        Assert.Equal(first + Page, again);
    }

    [Fact]
    [Rule("HST-002")]
    [Rule("HST-003")]
    public void Mappings_are_found_by_address_and_by_interval()
    {
        Process.Map(AddressRange.OfSize(Base, 2 * Page), CpuProtection.ReadWrite, CpuVmaKind.HugeTlb);
        Process.Map(AddressRange.OfSize(Base + (4 * Page), Page), CpuProtection.Read, CpuVmaKind.Io);
        Assert.True(Process.TryFindVma(Base + Page, out CpuVma vma));
        Assert.Equal(new CpuVma(AddressRange.OfSize(Base, 2 * Page), CpuProtection.ReadWrite, CpuVmaKind.HugeTlb), vma);
        Assert.True(vma is { IsReadable: true, IsWritable: true });
        Assert.False(Process.TryFindVma(Base + (2 * Page), out _));
        Assert.False(Process.TryFindVma(Base - 1, out _));
        ulong at = Base + (1UL << 30);
        foreach (CpuVmaKind kind in Enum.GetValues<CpuVmaKind>())
        {
            foreach (CpuProtection protection in new[] { CpuProtection.None, CpuProtection.Read, CpuProtection.ReadWrite })
            {
                at += 1UL << 22;
                Process.Map(AddressRange.OfSize(at, 1UL << 21), protection, kind);
                Assert.True(Process.TryFindVma(at, out vma));
                Assert.Equal(
                    (kind, protection != CpuProtection.None, protection == CpuProtection.ReadWrite),
                    (vma.Kind, vma.IsReadable, vma.IsWritable));
            }
        }

        Assert.True(Process.TryFindFirstVma(new AddressRange(Base + Page, Base + (9 * Page)), out vma));
        Assert.Equal(Base, vma.Range.Start);
        Assert.True(Process.TryFindFirstVma(new AddressRange(Base + (2 * Page), Base + (5 * Page)), out vma));
        Assert.Equal(new CpuVma(new AddressRange(Base + (4 * Page), Base + (5 * Page)), CpuProtection.Read, CpuVmaKind.Io), vma);
        Assert.False(Process.TryFindFirstVma(new AddressRange(Base + (2 * Page), Base + (4 * Page)), out _));
        Assert.False(Process.TryFindFirstVma(new AddressRange(Base, Base), out _));
    }

    [Fact]
    public void A_file_of_another_machine_or_behind_memory_that_has_none_is_a_mistake()
    {
        using var other = new ModelMemory();
        using ModelFile foreign = other.CreateFile(Page), own = _p.Memory.CreateFile(Page);
        Assert.Throws<ArgumentException>(
            () => Process.Map(AddressRange.OfSize(Base, Page), CpuProtection.Read, CpuVmaKind.Shared, foreign));
        Assert.Throws<ArgumentException>(() => Process.Map(AddressRange.OfSize(Base, Page), CpuProtection.Read, CpuVmaKind.Anonymous, own));
        Assert.Throws<ArgumentException>(() => Process.Map(AddressRange.OfSize(Base, Page), CpuProtection.Read, CpuVmaKind.File, own, 1));
        Assert.Equal("", _p.Mappings);
    }

    [Fact]
    public void A_callback_that_changes_mappings_is_told_that_it_may_not()
    {
        Process.Map(AddressRange.OfSize(Base, 4 * Page), CpuProtection.ReadWrite);
        Exception? thrown = null;
        var listener = new Listener(_ => thrown = Record.Exception(() => Process.Unmap(AddressRange.OfSize(Base, Page))));
        Process.Subscribe(listener, AddressRange.OfSize(Base, Page));
        Process.Protect(AddressRange.OfSize(Base, Page), CpuProtection.Read);
        Assert.IsType<InvalidOperationException>(thrown);
        Process.Unsubscribe(listener);
    }
}
