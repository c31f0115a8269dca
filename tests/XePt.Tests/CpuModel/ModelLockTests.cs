using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.CpuModel.TestProcess;

namespace XePt.Tests.CpuModel;

/// <summary>Pages that a process holds in memory (mlock).</summary>
public sealed class ModelLockTests : IDisposable
{
    private readonly TestProcess _p = new();

    private ModelProcess Process => _p.Process;

    public void Dispose() => _p.Dispose();

    [Fact]
    [Rule("HST-011")]
    public void What_is_locked_is_populated_and_is_not_dropped()
    {
        Process.Map(Range(0, 8), CpuProtection.ReadWrite);
        _p.WriteWord(At(3), 3);
        Assert.Equal(Errno.Ok, Process.Lock(Range(2, 6)));
        Assert.Equal("a2 s4 a2", _p.Pages(At(0), At(8)));
        // It is a mapping of its own, which nobody needs to hear of.
        Assert.Equal("0 2000 ReadWrite Anonymous; 2000 6000 ReadWrite Anonymous; 6000 8000 ReadWrite Anonymous", _p.Mappings);
        Assert.Empty(_p.Events);

        _p.WriteWord(At(1), 1);
        _p.WriteWord(At(7), 7);
        Assert.Equal(Errno.EINVAL, Process.Discard(Range(0, 8)));
        // Only what lies before it has lost its pages.
        Assert.Equal("Clear 0 2000", _p.TakeEvents());
        Assert.Equal((0UL, 3UL, 7UL), (_p.ReadWord(At(1)), _p.ReadWord(At(3)), _p.ReadWord(At(7))));
        Assert.Equal(Errno.EINVAL, Process.Remove(Range(2, 3)));

        Assert.Equal(Errno.Ok, Process.Unlock(Range(0, 8)));
        Assert.Equal("0 8000 ReadWrite Anonymous", _p.Mappings);
        Assert.Equal(Errno.Ok, Process.Discard(Range(0, 8)));
        Assert.Equal(0UL, _p.ReadWord(At(3)));
    }

    /// <summary>Private memory is populated by writing, so that it is the process's own; shared and read-only memory by reading.</summary>
    [Fact]
    public void Pages_are_populated_as_they_will_be_used()
    {
        Process.Map(Range(0, 2), CpuProtection.ReadWrite);
        _p.WriteWord(At(0), 1);
        Assert.Equal(Errno.Ok, Process.Fork(out ModelProcess? child));
        long before = _p.Memory.UsedBytes;
        Assert.Equal(Errno.Ok, child!.Lock(Range(0, 2)));
        // One copy, one page of its own.
        Assert.Equal(before + (2 * (long)Page), _p.Memory.UsedBytes);
        child.Dispose();

        using ModelFile file = _p.Memory.CreateFile(2 * Page);
        Process.Map(Range(4, 6), CpuProtection.ReadWrite, CpuVmaKind.Shared, file);
        Process.Map(Range(6, 8), CpuProtection.Read);
        Assert.Equal(Errno.Ok, Process.Lock(Range(4, 8)));
        Assert.Equal("s4", _p.Pages(At(4), At(8)));
        Process.Unmap(Range(0, 8));
        file.Dispose();
    }

    [Fact]
    public void Pages_come_back_from_devices_and_may_leave_again()
    {
        var device = new TestDevice(this);
        Process.Map(Range(0, 4), CpuProtection.ReadWrite);
        _p.WriteWord(At(1), 1);
        device.Migrate(Process, At(0), At(4));
        Assert.Equal("d4", _p.Pages(At(0), At(4)));
        Assert.Equal(Errno.Ok, Process.Lock(Range(0, 4)));
        Assert.Equal("s4", _p.Pages(At(0), At(4)));
        Assert.Equal(Errno.Ok, device.Migrate(Process, At(0), At(4)));
        Assert.Equal("d4", _p.Pages(At(0), At(4)));
        Assert.Equal(1UL, _p.ReadWord(At(1)));
    }

    [Fact]
    public void Where_nothing_is_mapped_locking_ends()
    {
        Process.Map(Range(0, 2), CpuProtection.ReadWrite);
        Process.Map(Range(4, 6), CpuProtection.ReadWrite);
        Assert.Equal(Errno.ENOMEM, Process.Lock(Range(0, 6)));
        Assert.Equal("a2", _p.Pages(At(0), At(2)));
        Assert.Equal(Errno.EINVAL, Process.Discard(Range(0, 2)));
        Assert.Equal(Errno.Ok, Process.Discard(Range(4, 6)));
        Assert.Equal(Errno.ENOMEM, Process.Unlock(Range(1, 6)));
        Assert.Equal(Errno.EINVAL, Process.Discard(Range(0, 1)));
        Assert.Equal(Errno.Ok, Process.Discard(Range(1, 2)));
        Assert.Equal(Errno.EINVAL, Process.Lock(new AddressRange(At(0) + 1, At(2))));
        Assert.Equal(Errno.EINVAL, Process.Lock(new AddressRange(At(0), At(0))));
    }

    /// <summary>All of it is locked, and what can be populated before that is.</summary>
    [Fact]
    public void A_page_that_cannot_be_populated_is_locked()
    {
        Process.Map(Range(0, 2), CpuProtection.ReadWrite);
        Process.Map(Range(2, 4), CpuProtection.None);
        Process.Map(Range(4, 6), CpuProtection.ReadWrite);
        Assert.Equal(Errno.ENOMEM, Process.Lock(Range(0, 6)));
        Assert.Equal("s2 a4", _p.Pages(At(0), At(6)));
        foreach (int page in (int[])[0, 2, 4])
            Assert.Equal(Errno.EINVAL, Process.Discard(Range(page, page + 1)));
    }

    [Fact]
    public void Without_memory_for_pages_the_caller_is_to_try_again()
    {
        using var small = new ModelMemory(new ModelMemoryOptions { Bytes = 2 * (long)Page });
        using var process = new ModelProcess(small);
        process.Map(Range(0, 4), CpuProtection.ReadWrite);
        Assert.Equal(Errno.EAGAIN, process.Lock(Range(0, 4)));
        Assert.Equal(Errno.EINVAL, process.Discard(Range(3, 4)));
    }

    [Fact]
    public void Registers_and_huge_pages_are_not_locked()
    {
        Process.Map(AddressRange.OfSize(Base, Huge), CpuProtection.ReadWrite, CpuVmaKind.HugeTlb);
        Process.Map(AddressRange.OfSize(Base + Huge, Page), CpuProtection.ReadWrite, CpuVmaKind.Io);
        Assert.Equal(Errno.Ok, Process.Lock(AddressRange.OfSize(Base, Huge + Page)));
        Assert.Equal("h512", _p.Pages(Base, Base + Huge));
        Assert.Equal(Errno.Ok, Process.Discard(AddressRange.OfSize(Base, Huge + Page)));
    }

    [Fact]
    public void A_lock_moves_with_the_mapping_and_what_is_new_of_it_is_populated()
    {
        Process.Map(Range(0, 4), CpuProtection.ReadWrite);
        Process.Lock(Range(0, 2));
        Assert.Equal(Errno.Ok, Process.RemapTo(Range(0, 2), Range(8, 11)));
        Assert.Equal("s3", _p.Pages(At(8), At(11)));
        Assert.Equal(Errno.EINVAL, Process.Discard(Range(10, 11)));
        Assert.Equal(Errno.Ok, Process.Remap(Range(8, 11), 5 * Page, mayMove: false, out _));
        Assert.Equal("s5", _p.Pages(At(8), At(13)));

        // What is left behind is not held, and neither is what a child has.
        Assert.Equal(Errno.Ok, Process.RemapKeeping(Range(9, 11), At(20), out _));
        Assert.Equal(Errno.Ok, Process.Discard(Range(8, 13)));
        Assert.Equal(Errno.EINVAL, Process.Discard(Range(20, 21)));
        Assert.Equal(Errno.Ok, Process.Fork(out ModelProcess? child));
        Assert.Equal(Errno.Ok, child!.Discard(Range(20, 22)));
        child.Dispose();
    }

    private static ulong At(int page) => Base + ((ulong)page * Page);

    private static AddressRange Range(int first, int end) => new(At(first), At(end));
}
