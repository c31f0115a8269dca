using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Async;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.Tlb;

/// <summary>Page reclaim lists (specification 03 section 17): what unbinds put into them, when they are given up, how they are
/// sent.</summary>
public class PageReclaimTests
{
    private const ulong Va = 0x4000_0000;
    private const int TransientDisplay = 6, PatWithBit2 = 4;
    private static readonly PlatformInfo Platform = XePlatforms.Bmg with { HasPageReclaim = true };
    private static readonly int Pat = (int)Platform.Pat.IndexWriteBack;

    /// <summary>The vectors of PT-195: what is mapped, and the list; null when it is given up.</summary>
    public static TheoryData<string, PhysicalRun[], ulong[]?> Vectors() => new()
    {
        { "two pages", [new(0x500_0000, Page), new(0x700_3000, Page)], [0x500_0001, 0x700_3001] },
        { "64K and a page", [new(0x500_0000, 64 * KiB), new(0x501_0000, Page)], [0x500_0009, 0x501_0001] },
        { "2M", [new(0x4000_0000, 2 * MiB)], [0x4000_0013] },
        { "2M and a page in the next table", [new(0x4000_0000, 2 * MiB), new(0x5000_1000, Page)], [0x4000_0013, 0x5000_1001] },
        { "1G", [new(0x8000_0000, GiB)], null },
        { "a table that is covered", [new(0x500_0000, Page, Count: 512, Stride: 2 * Page)], null },
        { "a compact table that is covered", [new(0x5000_0000, 64 * KiB, Count: 32, Stride: 128 * KiB)], null },
        { "as many as fit", [new(0x500_0000, Page, Count: 511, Stride: 2 * Page)], Pages(0x500_0000, 511) },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    [Rule("PT-190")]
    [Rule("PT-191")]
    [Rule("PT-192")]
    [Rule("PT-193")]
    [Rule("PT-195")]
    public void What_an_unbind_takes_away(string what, PhysicalRun[] runs, ulong[]? entries)
    {
        using var gpu = new TestGpu(Platform);
        (RecordingTlb primary, RecordingTlb media) = Register(gpu);
        gpu.Run(Map(gpu.SystemBo(runs), Va, gpu.WriteBack));
        gpu.Run(Unmap(Va, TotalOf(runs)));
        Assert.Equal(entries is not null, primary.Last.HasReclaimList);
        Assert.True((entries ?? []).AsSpan().SequenceEqual(primary.Last.ReclaimList), what);
        Assert.False(media.Last.HasReclaimList);
        GtStatistics counted = gpu.Device.GetGtStatistics(0);
        Assert.Equal(entries is null ? (0L, 1L) : (1L, 0L), (counted[GtCounter.PrlIssuedCount], counted[GtCounter.PrlAbortedCount]));
    }

    [Fact]
    [Rule("PT-206")]
    public void Counters_have_the_drivers_names_and_count_entries_by_size()
    {
        using var gpu = new TestGpu(Platform);
        XeBo bo = gpu.SystemBo(new(0x4000_0000, 2 * MiB), new(0x500_0000, 64 * KiB), new(0x600_1000, Page, Count: 3, Stride: 2 * Page));
        gpu.Run(Map(bo, Va, gpu.WriteBack));
        gpu.Run(Unmap(Va, bo.Size));
        GtStatistics counted = gpu.Device.GetGtStatistics(0);
        Assert.Equal(
            ["prl_4k_entry_count:3", "prl_64k_entry_count:1", "prl_2m_entry_count:1", "prl_issued_count:1", "prl_aborted_count:0"],
            Enumerable.Range((int)GtCounter.Prl4KEntryCount, 5).Select(i => $"{GtStatistics.Names[i]}:{counted[(GtCounter)i]}"));
    }

    [Fact]
    [Rule("PT-193")]
    public void Zapped_entries_and_a_list_that_overflows_end_it()
    {
        using var gpu = new TestGpu(Platform, VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        (RecordingTlb primary, _) = Register(gpu);
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack, VmBindFlags.Immediate));
        gpu.Vm.Zap(Va);
        Assert.False(primary.Last.HasReclaimList);
        gpu.Run(Unmap(Va, Page));
        Assert.False(primary.Last.HasReclaimList);

        var run = new PhysicalRun(0x500_0000, Page, Count: 256, Stride: 2 * Page);
        ulong next = Va + (2 * MiB);
        gpu.Run(Map(gpu.SystemBo(run), Va, gpu.WriteBack, VmBindFlags.Immediate));
        gpu.Run(Map(gpu.SystemBo(run), next, gpu.WriteBack, VmBindFlags.Immediate));
        gpu.Run(Unmap(Va, MiB), Unmap(next, MiB));
        Assert.False(primary.Last.HasReclaimList);
        Assert.Equal(2, gpu.Device.GetGtStatistics(0)[GtCounter.PrlAbortedCount]);
    }

    [Fact]
    [Rule("Q-04")]
    [Rule("Q-05")]
    public void A_PAT_bit_of_a_large_leaf_is_no_address_and_null_leaves_are_left_out()
    {
        using var gpu = new TestGpu(Platform);
        (RecordingTlb primary, _) = Register(gpu);
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x4000_0000, 2 * MiB)), Va, PatWithBit2));
        gpu.Run(Unmap(Va, 2 * MiB));
        Assert.Equal([0x4000_0013ul], primary.Last.ReclaimList.ToArray());
        gpu.Run(MapNull(Va, 2 * MiB), MapNull(Va + (4 * MiB), Page));
        gpu.Run(Unmap(Va, 2 * MiB), Unmap(Va + (4 * MiB), Page));
        Assert.Equal((true, 0), (primary.Last.HasReclaimList, primary.Last.ReclaimList.Length));
    }

    [Fact]
    [Rule("PT-189")]
    [Rule("PT-190")]
    public void All_unbinds_of_a_call_share_one_list_and_what_caches_do_not_keep_is_left_out()
    {
        using var gpu = new TestGpu(Platform);
        (RecordingTlb primary, _) = Register(gpu);
        gpu.Run(
            Map(gpu.SystemPage(0x1000), Va, gpu.WriteBack), Map(gpu.SystemPage(0x2000), Va + Page, TransientDisplay),
            Map(gpu.SystemPage(0x3000), Va + (2 * Page), gpu.WriteBack));
        gpu.Run(Unmap(Va, Page), Unmap(Va + Page, Page), Unmap(Va + (2 * Page), Page));
        Assert.Equal([0x1001ul, 0x3001], primary.Last.ReclaimList.ToArray());

        // One unbind that cannot be listed ends the list for all of the call, and for no other call.
        gpu.Run(
            Map(gpu.SystemPage(0x1000), Va, gpu.WriteBack), Map(gpu.SystemBo(new PhysicalRun(0x8000_0000, GiB)), GiB * 2, gpu.WriteBack));
        gpu.Run(Unmap(GiB * 2, GiB), Unmap(Va, Page));
        Assert.Equal((false, 1L), (primary.Last.HasReclaimList, gpu.Device.GetGtStatistics(0)[GtCounter.PrlAbortedCount]));
        gpu.Run(Map(gpu.SystemPage(0x1000), Va, gpu.WriteBack));
        gpu.Run(Unmap(Va, Page));
        Assert.Equal([0x1001ul], primary.Last.ReclaimList.ToArray());
    }

    [Fact]
    [Rule("PT-189")]
    [Rule("PT-140")]
    [Rule("PT-141")]
    public void A_cut_lists_what_is_unbound_and_ranges_list_nothing()
    {
        using var gpu = new TestGpu(Platform, VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        (RecordingTlb primary, _) = Register(gpu);
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x500_0000, Page, Count: 3, Stride: 2 * Page)), Va, gpu.WriteBack, VmBindFlags.Immediate));
        gpu.Run(Unmap(Va + Page, Page));
        Assert.Equal([0x500_2001ul], primary.Last.ReclaimList.ToArray());

        gpu.Run(MapMirror(2 * GiB, GiB, gpu.WriteBack));
        gpu.BindRange(2 * GiB, (2 * GiB) + Page, isVram: false, new PhysicalRun(0x9000, Page));
        int before = primary.Received.Count;
        Assert.Equal(Errno.Ok, gpu.UnbindRange(2 * GiB, (2 * GiB) + Page).Error);
        Assert.Equal((before + 1, false), (primary.Received.Count, primary.Last.HasReclaimList));
    }

    [Fact]
    [Rule("PT-189")]
    [Rule("PT-193")]
    public void Without_memory_for_a_list_everything_is_flushed_and_the_call_succeeds()
    {
        using var gpu = new TestGpu(Platform);
        (RecordingTlb primary, _) = Register(gpu);
        XeBo bo = gpu.SystemPage();
        gpu.Run(Map(bo, Va, gpu.WriteBack));
        using var count = new AllocationCount(gpu.Device.Failures);
        gpu.Run(Unmap(Va, Page));
        int asked = count.Value;
        Assert.True(primary.Last.HasReclaimList);

        using var other = new TestGpu(Platform);
        (primary, _) = Register(other);
        bo = other.SystemPage();
        other.Run(Map(bo, Va, other.WriteBack));
        var heard = new HashSet<bool>();
        for (int fails = 0; fails < asked; fails++)
        {
            other.Device.Failures.Arm(FailurePoint.Allocation, fails);
            Errno error = other.TryRun(Unmap(Va, Page)).Error;
            other.Device.Failures.Disarm();
            if (error != Errno.Ok)
                continue;
            heard.Add(primary.Last.HasReclaimList);
            other.Run(Map(bo, Va, other.WriteBack));
        }

        Assert.Contains(false, heard);
        other.Run(Unmap(Va, Page));
        Assert.True(primary.Last.HasReclaimList);
    }

    [Fact]
    public void A_call_that_fails_leaves_no_list_behind()
    {
        using var gpu = new TestGpu(Platform);
        (RecordingTlb primary, _) = Register(gpu);
        gpu.Run(Map(gpu.SystemPage(0x1000), Va, gpu.WriteBack), Map(gpu.SystemPage(0x2000), Va + Page, gpu.WriteBack));
        ulong state = gpu.Vm.StateHash();
        gpu.Device.Failures.Arm(FailurePoint.Run);
        Assert.NotEqual(Errno.Ok, gpu.TryRun(Unmap(Va, Page)).Error);
        Assert.Equal((state, 0), (gpu.Vm.StateHash(), primary.Received.Count));
        Assert.Equal(0, gpu.Device.GetGtStatistics(0)[GtCounter.PrlIssuedCount]);
        gpu.Run(Unmap(Va + Page, Page));
        Assert.Equal([0x2001ul], primary.Last.ReclaimList.ToArray());
    }

    [Fact]
    [Rule("PT-191")]
    public void Entries_that_are_still_to_be_written_are_not_read()
    {
        using var scene = new AsyncScene(platform: Platform);
        var primary = new RecordingTlb();
        using TlbRegistration registration = scene.Device.Tlb.Register(0, primary);
        uint first = scene.Bo(Page), second = scene.Bo(Page);
        scene.Do(Map(first, Va, Page, Pat));
        Fence fence = scene.BindAfter(Map(second, Va, Page, Pat));
        scene.Do(Unmap(Va, Page));
        Assert.Empty(primary.Received);
        fence.TrySignal();
        Assert.All(primary.Received, seen => Assert.False(seen.HasReclaimList && seen.ReclaimList.Length > 1));
        Assert.False(primary.Last.HasReclaimList);

        // Nothing is pending there any more, and what one call binds and unbinds again was never written.
        scene.Do(Map(first, Va, Page, Pat), Unmap(Va, Page));
        Assert.False(primary.Last.HasReclaimList);
        scene.Do(Map(first, Va, Page, Pat));
        scene.Do(Unmap(Va, Page));
        Assert.Equal(1, primary.Last.ReclaimList.Length);
    }

    [Fact]
    [Rule("PT-194")]
    public void A_list_lasts_until_it_is_acknowledged_and_jobs_bring_theirs()
    {
        using var scene = new AsyncScene(platform: Platform);
        var primary = new RecordingTlb(acknowledges: false);
        TlbRegistration registration = scene.Device.Tlb.Register(0, primary);
        for (int i = 0; i < 8; i++)
            scene.Do(Map(scene.Bo(Page), Va + ((ulong)i * Page), Page, Pat));
        ulong[] pages = [.. Enumerable.Range(0, 8).Select(i => scene.Vm.Translate(Va + ((ulong)i * Page)).Address | 1)];
        for (int i = 0; i < 4; i++)
            scene.Do(Unmap(Va + ((ulong)i * Page), Page));
        Fence fence = scene.BindAfter(Unmap(Va + (4 * Page), Page));
        Assert.Equal(4, primary.Received.Count);
        fence.TrySignal();
        for (int i = 0; i < 5; i++)
            Assert.Equal([pages[i]], primary.Received[i].ReclaimList.ToArray());
        registration.Dispose();
    }

    [Fact]
    [Rule("PT-182")]
    [Rule("PT-194")]
    public void The_list_goes_in_a_message_of_its_own_behind_one_that_flushes_no_caches()
    {
        using var gpu = new TestGpu(Platform);
        (RecordingTlb primary, RecordingTlb media) = Register(gpu);
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack));
        gpu.Run(Unmap(Va, Page));
        TlbInvalidation sent = primary.Last;
        Assert.Equal([0x7000u, 0x100000, 1, gpu.Vm.TlbVm.Asid], Words(sent, sent.HasReclaimList)[..4]);
        Assert.Equal([0x7003u, sent.WireSeqno, 0xdef0_0000, 0x12], ReclaimWords(sent, 0x12_def0_0000));

        // The sender has no memory to put it into.
        Assert.Equal([0x7000u, sent.WireSeqno, 0x8000_0001], Words(sent, hasReclaimList: false)[..3]);
        TlbInvalidation without = media.Last;
        Assert.Throws<InvalidOperationException>(() => ReclaimWords(without, 0));
    }

    [Fact]
    [Rule("PT-189")]
    public void No_platform_of_the_driver_has_it_and_without_it_nothing_is_listed()
    {
        Assert.All(XePlatforms.All, platform => Assert.False(platform.HasPageReclaim));
        using var gpu = new TestGpu(XePlatforms.Bmg);
        (RecordingTlb primary, _) = Register(gpu);
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack));
        gpu.Run(Unmap(Va, Page));
        Assert.Equal((false, 0), (primary.Last.HasReclaimList, primary.Last.ReclaimList.Length));
    }

    private static (RecordingTlb Primary, RecordingTlb Media) Register(TestGpu gpu)
    {
        var (primary, media) = (new RecordingTlb(), new RecordingTlb());
        gpu.Device.Tlb.Register(0, primary);
        gpu.Device.Tlb.Register(1, media);
        return (primary, media);
    }

    private static ulong[] Pages(ulong first, int count) =>
        [.. Enumerable.Range(0, count).Select(i => (first + ((ulong)i * 2 * Page)) | 1)];

    private static ulong TotalOf(PhysicalRun[] runs) => runs.Aggregate(0ul, (sum, run) => sum + (run.Size * (ulong)run.Count));

    private static uint[] Words(in TlbInvalidation sent, bool hasReclaimList)
    {
        var words = new uint[TlbInvalidation.MaxWords];
        return words[..sent.ToWords(words, hasReclaimList)];
    }

    private static uint[] ReclaimWords(in TlbInvalidation sent, ulong address)
    {
        var words = new uint[TlbInvalidation.ReclaimWords];
        return words[..sent.ToReclaimWords(words, address)];
    }
}
