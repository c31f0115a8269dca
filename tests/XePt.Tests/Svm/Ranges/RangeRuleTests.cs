using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Which ranges and notifiers faults make (specification 04 chapters 2 and 5.2), and what entries of ranges say.</summary>
public class RangeRuleTests
{
    private const ulong Notifier = 512ul << 20;

    [Fact]
    [Rule("CFG-001")]
    [Rule("SVM-002")]
    [Rule("SVM-060")]
    public void The_largest_size_that_fits_into_cpu_mapping_and_mirror_is_taken()
    {
        using var scene = new SvmScene();
        scene.Map(A - Size64K - Page, Page + Size64K + Size2M);
        (ulong At, ulong Start, ulong Size)[] ranges =
            [(A + Page, A, Size2M), (A - Page, A - Size64K, Size64K), (A - Size64K - 1, A - Size64K - Page, Page)];
        foreach ((ulong at, ulong start, ulong size) in ranges)
        {
            Assert.Equal(Errno.Ok, scene.Fault(at & ~(Page - 1)));
            Assert.Equal((start, start + size), (scene.RangeAt(start).Start, scene.RangeAt(start).End));
        }

        // A mirror that ends inside what the CPU has.
        using var cut = new SvmScene();
        cut.Map(A, Size2M);
        Assert.Equal(Errno.Ok, cut.Advise(A + Size64K, Page, AtomicAccess.Device));
        Assert.Equal(Errno.Ok, cut.Fault(A));
        Assert.Equal(Size64K, cut.RangeAt(A).Size);
        Assert.Equal(Errno.Ok, cut.Fault(A + Size64K));
        Assert.Equal(Page, cut.RangeAt(A + Size64K).Size);
    }

    [Fact]
    [Rule("CFG-002")]
    [Rule("SVM-001")]
    [Rule("SVM-003")]
    public void Notifiers_are_aligned_to_their_size_and_live_as_long_as_ranges_do()
    {
        using var scene = new SvmScene();
        ulong border = (A / Notifier * Notifier) + Notifier;
        scene.Map(border - Size2M, 2 * Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(border - Size2M));
        Assert.Equal(1, scene.Process.SubscriptionCount);
        Assert.Equal(Errno.Ok, scene.Fault(border));
        Assert.Equal(2, scene.Process.SubscriptionCount);
        SvmNotifier first = scene.Ranges.Notifier(scene.RangeAt(border - Size2M).Notifier);
        SvmNotifier second = scene.Ranges.Notifier(scene.RangeAt(border).Notifier);
        Assert.Equal((border - Notifier, border, border, border + Notifier), (first.From, first.To, second.From, second.To));
        scene.Process.Unmap(AddressRange.OfSize(border, Size2M));
        Assert.Equal((1, 1), (scene.Process.SubscriptionCount, scene.Ranges.Count));
    }

    [Fact]
    [Rule("SVM-055")]
    [Rule("SVM-062")]
    public void A_range_that_is_there_is_taken_as_it_is_and_others_keep_clear_of_it()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size64K);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        scene.Map(A + Size64K, Size2M - Size64K);
        Assert.Equal(Errno.Ok, scene.Fault(A + Page));
        Assert.Equal((1, Size64K), (scene.Ranges.Count, scene.RangeAt(A).Size));
        // The 2 MiB around it would overlap it.
        Assert.Equal(Errno.Ok, scene.Fault(A + Size64K));
        Assert.Equal(Size64K, scene.RangeAt(A + Size64K).Size);
    }

    [Theory]
    [InlineData(CpuVmaKind.Anonymous, true, true)]
    [InlineData(CpuVmaKind.File, true, false)]
    [InlineData(CpuVmaKind.Shared, true, false)]
    [InlineData(CpuVmaKind.HugeTlb, true, false)]
    [InlineData(CpuVmaKind.Anonymous, false, false)]
    [Rule("SVM-004")]
    [Rule("SVM-057")]
    public void Only_anonymous_memory_moves_and_only_where_there_is_device_memory(CpuVmaKind kind, bool isDiscrete, bool migrates)
    {
        using var scene = new SvmScene(isDiscrete ? XePlatforms.Bmg : XePlatforms.Lnl);
        scene.Map(A, Size2M, kind: kind);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((migrates, migrates), (scene.RangeAt(A).Has(SvmRangeFlags.Migrates), scene.IsInVram(A)));
        scene.Process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(A, Size2M));
        Assert.Equal(migrates, scene.RangeAt(A).Has(SvmRangeFlags.Migrates));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("SVM-107")]
    [Rule("SVM-108")]
    [Rule("SVM-110")]
    public void Entries_say_what_mirror_and_memory_are_and_a_bind_flushes_nothing(bool isReadOnly)
    {
        using var scene = new SvmScene(flags: isReadOnly ? VmBindFlags.ReadOnly : 0);
        scene.Map(A, Size2M);
        var tlb = new Tlb.RecordingTlb();
        scene.Device.Tlb.Register(0, tlb);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Empty(tlb.Received);
        ulong entry = scene.Vm.Translate(A).Entry;
        const ulong bits = EntryBits.Present | EntryBits.Huge | EntryBits.DeviceMemory | EntryBits.AtomicEnable;
        Assert.Equal(bits | (isReadOnly ? 0 : EntryBits.Writable), entry & (bits | EntryBits.Writable));
        Assert.Equal((1, 0), (scene.RangeAt(A).TilePresent, scene.RangeAt(A).TileInvalidated));

        // Zapped by advice and bound again: another PAT index, no allowance for atomics of its own to lose.
        Assert.Equal(Errno.Ok, scene.File.Madvise(new DrmXeMadvise
        {
            VmId = scene.Vm.Id,
            Range = scene.Vm.Size,
            Type = MemRangeAttr.Pat,
            PatIndex = new() { Val = 3 },
        }));
        Assert.Equal((1, 1), (scene.RangeAt(A).TilePresent, scene.RangeAt(A).TileInvalidated));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((1, 0), (scene.RangeAt(A).TilePresent, scene.RangeAt(A).TileInvalidated));
        Assert.Equal(entry | (3ul << 3), scene.Vm.Translate(A).Entry);
        Assert.Equal(1L, scene.Count(GtCounter.Svm2MMigrateCount));
    }
}
