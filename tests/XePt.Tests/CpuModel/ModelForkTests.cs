using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.CpuModel.TestProcess;

namespace XePt.Tests.CpuModel;

/// <summary>Children, files and shared memory, and mappings that move.</summary>
public class ModelForkTests : IDisposable
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
    public void Parent_and_child_have_the_same_memory_until_one_of_them_writes()
    {
        Process.Map(AddressRange.OfSize(Base, 4 * Page), CpuProtection.ReadWrite);
        Process.Map(AddressRange.OfSize(Base + (8 * Page), Page), CpuProtection.ReadWrite, CpuVmaKind.Shared);
        _p.WriteWord(Base, 1);
        _p.WriteWord(Base + Page, 2);
        _p.WriteWord(Base + (8 * Page), 3);
        ModelProcess child = Fork();
        Assert.Equal("ProtectionPage 0 4000", _p.TakeEvents());
        Assert.Equal(3 * (long)Page, _p.Memory.UsedBytes);
        Assert.Equal(Process.Mappings, child.Mappings);

        _p.WriteWord(Base, 10);
        Write(child, Base + Page, 20);
        Write(child, Base + (8 * Page), 30);
        Assert.Equal([10UL, 2, 30], new[] { Base, Base + Page, Base + (8 * Page) }.Select(_p.ReadWord));
        Assert.Equal([1UL, 20, 30], new[] { Base, Base + Page, Base + (8 * Page) }.Select(address => Read(child, address)));
        Assert.Equal("Clear 0 1000", _p.TakeEvents());
        Assert.Equal(5 * (long)Page, _p.Memory.UsedBytes);
        child.Dispose();
        Assert.Equal(3 * (long)Page, _p.Memory.UsedBytes);
    }

    [Fact]
    public void Memory_that_a_child_touches_first_is_shared_all_the_same()
    {
        Process.Map(AddressRange.OfSize(Base, Page), CpuProtection.ReadWrite, CpuVmaKind.Shared);
        ModelProcess child = Fork();
        ModelProcess grandchild = Fork(child);
        Write(grandchild, Base, 5);
        Assert.Equal(5UL, _p.ReadWord(Base));
        Process.Discard(AddressRange.OfSize(Base, Page));
        Process.Unmap(AddressRange.OfSize(Base, Page));
        Assert.Equal(5UL, Read(child, Base));
        child.Dispose();
        grandchild.Dispose();
        Assert.Equal(0, _p.Memory.UsedBytes);
    }

    [Fact]
    public void Pinned_and_device_pages_are_copied_for_the_child_at_once()
    {
        var device = new TestDevice(this);
        Process.Map(AddressRange.OfSize(Base, 4 * Page), CpuProtection.ReadWrite);
        _p.WriteWord(Base, 1);
        _p.WriteWord(Base + Page, 2);
        Process.SetPinned(AddressRange.OfSize(Base, Page), isPinned: true);
        device.Migrate(Process, Base + Page, Base + (2 * Page));
        Process.FaultIn(AddressRange.OfSize(Base, Page), write: true, null, _p.List);
        ulong pinned = _p.List.Runs[0].Frame;
        ModelProcess child = Fork();
        Assert.Equal("p1 d1 a2", _p.Pages(Base, Base + (4 * Page)));
        child.Describe(AddressRange.OfSize(Base, 4 * Page), _p.List);
        Assert.Equal("s2 a2", Text(_p.List));

        // What is pinned stays where it is, whoever writes.
        Process.FaultIn(AddressRange.OfSize(Base, Page), write: true, null, _p.List);
        Assert.Equal(pinned, _p.List.Runs[0].Frame);
        device.Blocks[0].Bytes(0)[0] = 9;
        Assert.Equal([1UL, 2], new[] { Base, Base + Page }.Select(address => Read(child, address)));
        child.Dispose();
    }

    [Theory]
    [InlineData(CpuVmaKind.Anonymous)]
    [InlineData(CpuVmaKind.HugeTlb)]
    public void A_huge_page_is_shared_and_copied_in_pieces_or_as_a_whole(CpuVmaKind kind)
    {
        Process.Map(AddressRange.OfSize(Base, Huge), CpuProtection.ReadWrite, kind);
        Process.Touch(AddressRange.OfSize(Base, Page), write: true, huge: true);
        _p.WriteWord(Base + Page, 7);
        ModelProcess child = Fork();
        Assert.Equal((long)Huge, _p.Memory.UsedBytes);
        _p.TakeEvents();
        _p.WriteWord(Base, 1);
        Assert.Equal(kind == CpuVmaKind.HugeTlb ? "Clear 0 200000" : "Clear 0 1000", _p.TakeEvents());
        Assert.Equal(kind == CpuVmaKind.HugeTlb ? "h512" : "s512", _p.Pages(Base, Base + Huge));
        Assert.Equal(kind == CpuVmaKind.HugeTlb ? 2 * (long)Huge : (long)(Huge + Page), _p.Memory.UsedBytes);

        // The child shares all pages but one.
        Write(child, Base, 2);
        Write(child, Base + Page, 3);
        Assert.Equal([1UL, 7], new[] { Base, Base + Page }.Select(_p.ReadWord));
        Assert.Equal([2UL, 3], new[] { Base, Base + Page }.Select(address => Read(child, address)));
        child.Dispose();
    }

    [Fact]
    public void A_file_is_seen_by_who_maps_it_and_private_writes_are_not()
    {
        ModelFile file = _p.Memory.CreateFile(3 * Page);
        Assert.True(file.TryWrite(Page, BitConverter.GetBytes(5UL)));
        Assert.False(file.TryWrite(3 * Page, [1]));
        Assert.False(file.TryRead(ulong.MaxValue, new byte[1]));
        Process.Map(AddressRange.OfSize(Base, 3 * Page), CpuProtection.ReadWrite, CpuVmaKind.File, file, Page);
        Process.Map(AddressRange.OfSize(Base + (8 * Page), 3 * Page), CpuProtection.ReadWrite, CpuVmaKind.Shared, file);
        Assert.Equal(5UL, _p.ReadWord(Base));
        _p.WriteWord(Base + (9 * Page), 6);
        Assert.Equal(6UL, _p.ReadWord(Base));
        _p.TakeEvents();
        _p.WriteWord(Base, 7);
        Assert.Equal("Clear 0 1000", _p.TakeEvents());
        Assert.Equal(6UL, _p.ReadWord(Base + (9 * Page)));
        _p.WriteWord(Base + (9 * Page), 8);
        Assert.Equal(7UL, _p.ReadWord(Base));
        Process.Discard(AddressRange.OfSize(Base, Page));
        Assert.Equal(8UL, _p.ReadWord(Base));

        // Beyond its end.
        Assert.Equal(Errno.EFAULT, Process.Read(Base + (2 * Page), new byte[1]));
        Assert.Equal(Errno.EFAULT, Process.FaultIn(new AddressRange(Base + (2 * Page), Base + (3 * Page)), write: false, null, _p.List));
        var word = new byte[8];
        Assert.True(file.TryRead(Page, word));
        Assert.Equal(8, word[0]);
        file.Dispose();
        Assert.Equal(8UL, _p.ReadWord(Base));
        Process.Unmap(AddressRange.OfSize(Base + (8 * Page), 3 * Page));
        Assert.Equal(8UL, _p.ReadWord(Base));
        Process.Unmap(AddressRange.OfSize(Base, 3 * Page));
        Assert.Equal(0, _p.Memory.UsedBytes);
    }

    [Fact]
    public void Shared_memory_has_huge_pages_of_its_own()
    {
        using ModelFile file = _p.Memory.CreateFile(4 * Huge);
        Process.Map(AddressRange.OfSize(Base, 2 * Huge), CpuProtection.ReadWrite, CpuVmaKind.Shared, file, Huge);
        Process.Touch(AddressRange.OfSize(Base, Page), write: true, huge: true);
        Assert.Equal("h512 a512", _p.Pages(Base, Base + (2 * Huge)));
        _p.WriteWord(Base + Page, 4);
        Process.Map(AddressRange.OfSize(Base + (8 * Huge), Huge), CpuProtection.Read, CpuVmaKind.Shared, file, Huge);
        Assert.Equal(4UL, _p.ReadWord(Base + (8 * Huge) + Page));
        Process.Unmap(AddressRange.OfSize(Base, 2 * Huge));
        Process.Unmap(AddressRange.OfSize(Base + (8 * Huge), Huge));
        file.Dispose();
    }

    [Fact]
    [Rule("HST-011")]
    public void A_mapping_grows_where_it_is_when_there_is_room_and_moves_when_there_is_none()
    {
        Process.Map(AddressRange.OfSize(Base, 4 * Page), CpuProtection.ReadWrite);
        Process.Map(AddressRange.OfSize(Base + (6 * Page), Page), CpuProtection.Read, CpuVmaKind.File);
        _p.WriteWord(Base + (3 * Page), 3);
        Assert.Equal(Errno.Ok, Process.Remap(AddressRange.OfSize(Base, 4 * Page), 5 * Page, mayMove: false, out ulong place));
        Assert.Equal(Base, place);
        Assert.Empty(_p.Events);
        Assert.Equal(Errno.ENOMEM, Process.Remap(AddressRange.OfSize(Base, 5 * Page), 7 * Page, mayMove: false, out _));
        Assert.Equal(Errno.Ok, Process.Remap(AddressRange.OfSize(Base, 5 * Page), 7 * Page, mayMove: true, out place));
        Assert.Equal("Unmap 0 5000", _p.TakeEvents());
        Assert.Equal(3UL, _p.ReadWord(place + (3 * Page)));
        Assert.Equal(new CpuVma(AddressRange.OfSize(place, 7 * Page), CpuProtection.ReadWrite, CpuVmaKind.Anonymous), Process.Mappings[1]);
        Assert.Equal(Errno.Ok, Process.Remap(AddressRange.OfSize(place, 7 * Page), 2 * Page, mayMove: false, out ulong same));
        Assert.Equal(place, same);
        Assert.Equal(0, _p.Memory.UsedBytes);
    }

    [Fact]
    [Rule("HST-011")]
    public void A_part_of_a_mapping_moves_over_others_with_its_pages()
    {
        var device = new TestDevice(this);
        Process.Map(AddressRange.OfSize(Base, 8 * Page), CpuProtection.ReadWrite, CpuVmaKind.Anonymous);
        Process.Map(AddressRange.OfSize(Base + Huge, 8 * Page), CpuProtection.Read, CpuVmaKind.Shared);
        for (ulong i = 0; i < 8; i++)
            _p.WriteWord(Base + (i * Page), i + 1);
        device.Migrate(Process, Base + (3 * Page), Base + (5 * Page));
        _p.TakeEvents();
        Assert.Equal(
            Errno.Ok,
            Process.RemapTo(AddressRange.OfSize(Base + (2 * Page), 4 * Page), AddressRange.OfSize(Base + Huge + (2 * Page), 3 * Page)));
        Assert.Equal("Unmap 5000 6000; Unmap 202000 205000; Unmap 2000 5000", _p.TakeEvents());
        Assert.Equal(
            "0 2000 ReadWrite Anonymous; 6000 8000 ReadWrite Anonymous; 200000 202000 Read Shared; 202000 205000 ReadWrite Anonymous; " +
            "205000 208000 Read Shared", _p.Mappings);
        Assert.Equal("a2 s1 d2 a1", _p.Pages(Base + Huge, Base + Huge + (6 * Page)));
        Assert.Equal([3UL, 4, 5], from page in new ulong[] { 2, 3, 4 } select _p.ReadWord(Base + Huge + (page * Page)));
    }

    [Theory]
    [InlineData(4 * Huge, "h512")]
    [InlineData((4 * Huge) + Page, "s512")]
    public void Huge_pages_move_as_such_when_the_new_place_suits_them(ulong to, string pages)
    {
        Process.Map(AddressRange.OfSize(Base, Huge), CpuProtection.ReadWrite);
        Process.Touch(AddressRange.OfSize(Base, Page), write: true, huge: true);
        _p.WriteWord(Base + Page, 5);
        Assert.Equal(Errno.Ok, Process.RemapTo(AddressRange.OfSize(Base, Huge), AddressRange.OfSize(Base + to, Huge)));
        Assert.Equal(pages, _p.Pages(Base + to, Base + to + Huge));
        Assert.Equal(5UL, _p.ReadWord(Base + to + Page));
    }

    [Fact]
    public void A_file_mapping_that_moves_shows_the_same_part_of_the_file()
    {
        using ModelFile file = _p.Memory.CreateFile(8 * Page);
        file.TryWrite(3 * Page, [3]);
        Process.Map(AddressRange.OfSize(Base, 8 * Page), CpuProtection.Read, CpuVmaKind.Shared, file);
        Assert.Equal(Errno.Ok, Process.RemapTo(AddressRange.OfSize(Base + (3 * Page), Page), AddressRange.OfSize(Base + Huge, 2 * Page)));
        Assert.Equal(3UL, _p.ReadWord(Base + Huge));
        Assert.Equal(Errno.EFAULT, Process.Read(Base + (3 * Page), new byte[1]));
        Process.Unmap(AddressRange.OfSize(Base, 4 * Huge));
        file.Dispose();
    }

    /// <summary>What MREMAP_DONTUNMAP leaves behind is mapped as before and has no pages.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("HST-011")]
    public void Pages_move_and_the_mapping_stays(bool hasPlace)
    {
        var device = new TestDevice(this);
        Process.Map(AddressRange.OfSize(Base, 8 * Page), CpuProtection.ReadWrite);
        for (ulong i = 0; i < 8; i++)
            _p.WriteWord(Base + (i * Page), i + 1);
        device.Migrate(Process, Base + (3 * Page), Base + (5 * Page));
        _p.TakeEvents();
        ulong? place = hasPlace ? Base + Huge : null;
        Assert.Equal(Errno.Ok, Process.RemapKeeping(AddressRange.OfSize(Base + (2 * Page), 4 * Page), place, out ulong moved));
        Assert.Equal(hasPlace, moved == Base + Huge);
        Assert.Equal("Unmap 2000 6000", _p.TakeEvents());
        Assert.Equal("s2 a4 s2", _p.Pages(Base, Base + (8 * Page)));
        Assert.Equal("s1 d2 s1", _p.Pages(moved, moved + (4 * Page)));
        Assert.Equal(
            [(Base, 8 * Page), (moved, 4 * Page)], Process.Mappings.Select(vma => (vma.Range.Start, vma.Range.Size)).Order());
        Assert.Equal([3UL, 4, 5, 6], from page in new ulong[] { 0, 1, 2, 3 } select _p.ReadWord(moved + (page * Page)));
        Assert.Equal([2UL, 0, 0, 0, 0, 7], from page in new ulong[] { 1, 2, 3, 4, 5, 6 } select _p.ReadWord(Base + (page * Page)));
        _p.WriteWord(Base + (3 * Page), 9);
        Assert.Equal(4UL, _p.ReadWord(moved + Page));
    }

    /// <summary>A file shows in both places what it holds; what was written to a private copy has moved.</summary>
    [Fact]
    public void A_file_mapping_whose_pages_have_moved_shows_the_file_again()
    {
        using ModelFile file = _p.Memory.CreateFile(8 * Page);
        file.TryWrite(3 * Page, [3]);
        foreach (CpuVmaKind kind in (CpuVmaKind[])[CpuVmaKind.File, CpuVmaKind.Shared])
        {
            Process.Map(AddressRange.OfSize(Base, 8 * Page), CpuProtection.ReadWrite, kind, file);
            _p.WriteWord(Base + (4 * Page), 4);
            Assert.Equal(Errno.Ok, Process.RemapKeeping(AddressRange.OfSize(Base + (3 * Page), 2 * Page), Base + Huge, out _));
            Assert.Equal((3UL, 4UL), (_p.ReadWord(Base + Huge), _p.ReadWord(Base + Huge + Page)));
            Assert.Equal(
                (3UL, kind == CpuVmaKind.Shared ? 4UL : 0), (_p.ReadWord(Base + (3 * Page)), _p.ReadWord(Base + (4 * Page))));
            Assert.Equal(2, Process.MappingCount);
            Process.Unmap(AddressRange.OfSize(Base, 2 * Huge));
        }

        file.Dispose();
    }

    /// <summary>Over another part of the same mapping, whose pages go.</summary>
    [Fact]
    public void Pages_may_move_next_to_where_they_were()
    {
        Process.Map(AddressRange.OfSize(Base, 8 * Page), CpuProtection.ReadWrite);
        for (ulong i = 0; i < 8; i++)
            _p.WriteWord(Base + (i * Page), i + 1);
        Assert.Equal(Errno.Ok, Process.RemapKeeping(AddressRange.OfSize(Base, 4 * Page), Base + (4 * Page), out _));
        Assert.Equal("0 8000 ReadWrite Anonymous", _p.Mappings);
        Assert.Equal("a4 s4", _p.Pages(Base, Base + (8 * Page)));
        Assert.Equal((0UL, 1UL), (_p.ReadWord(Base), _p.ReadWord(Base + (4 * Page))));
    }

    [Theory]
    [InlineData(CpuVmaKind.HugeTlb)]
    [InlineData(CpuVmaKind.Io)]
    public void Huge_pages_and_registers_do_not_leave_their_mapping(CpuVmaKind kind)
    {
        Process.Map(AddressRange.OfSize(Base, Huge), CpuProtection.ReadWrite, kind);
        Assert.Equal(Errno.EINVAL, Process.RemapKeeping(AddressRange.OfSize(Base, Huge), Base + Huge, out _));
        Assert.Empty(_p.Events);
        Assert.Equal($"0 200000 ReadWrite {kind}", _p.Mappings);
    }

    [Fact]
    public void What_cannot_be_moved_is_refused_and_stays()
    {
        Process.Map(AddressRange.OfSize(Base, 4 * Page), CpuProtection.ReadWrite);
        Process.Map(AddressRange.OfSize(Base + (4 * Page), Page), CpuProtection.Read);
        Assert.Equal(Errno.EFAULT, Process.Remap(AddressRange.OfSize(Base, 5 * Page), 6 * Page, mayMove: true, out _));
        Assert.Equal(Errno.EFAULT, Process.RemapTo(AddressRange.OfSize(Base + Huge, Page), AddressRange.OfSize(Base, Page)));
        Assert.Equal(Errno.EINVAL, Process.RemapTo(AddressRange.OfSize(Base, 4 * Page), AddressRange.OfSize(Base + (3 * Page), 4 * Page)));
        Assert.Equal(Errno.EINVAL, Process.Remap(AddressRange.OfSize(Base, Page), 0, mayMove: true, out _));
        Assert.Equal(Errno.EFAULT, Process.RemapKeeping(AddressRange.OfSize(Base, 5 * Page), null, out _));
        Assert.Equal(Errno.EINVAL, Process.RemapKeeping(AddressRange.OfSize(Base, 2 * Page), Base + Page, out _));
        Assert.Equal(Errno.EINVAL, Process.RemapKeeping(AddressRange.OfSize(Base, 2 * Page), Base + Huge + 1, out _));
        Assert.Equal(Errno.ENOMEM, Process.Remap(AddressRange.OfSize(Base, Page), Process.Limit, mayMove: true, out _));
        Assert.Empty(_p.Events);
        Assert.Equal("0 4000 ReadWrite Anonymous; 4000 5000 Read Anonymous", _p.Mappings);
    }

    private ModelProcess Fork(ModelProcess? parent = null)
    {
        Assert.Equal(Errno.Ok, (parent ?? Process).Fork(out ModelProcess? child));
        return child!;
    }

    private static ulong Read(ModelProcess process, ulong address)
    {
        var word = new byte[8];
        Assert.True(process.TryRead(address, word));
        return BitConverter.ToUInt64(word);
    }

    private static void Write(ModelProcess process, ulong address, ulong value) =>
        Assert.True(process.TryWrite(address, BitConverter.GetBytes(value)));
}
