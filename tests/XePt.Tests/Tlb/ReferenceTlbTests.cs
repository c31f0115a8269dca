using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.Tlb;

/// <summary>The TLB model: what it finds, keeps, drops and when it acknowledges.</summary>
public class ReferenceTlbTests
{
    private const VmCreateFlags FaultMode = VmCreateFlags.LrMode | VmCreateFlags.FaultMode;
    private const ulong Va = 0x40000000;
    private static readonly ReferenceTlbOptions Small = new()
    {
        Pages4K = new TlbGeometry(1, 4),
        Pages64K = new TlbGeometry(1, 4),
        Pages2M = new TlbGeometry(1, 4),
        Pages1G = new TlbGeometry(1, 4),
        WalkCache = null,
    };

    [Theory]
    [InlineData(Page, 1)]
    [InlineData(64 * KiB, 1)]
    [InlineData(2 * MiB, 1)]
    [InlineData(GiB, 1)]
    public void One_entry_serves_a_whole_page_of_any_size(ulong size, int entries)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        using var tlb = new ReferenceTlb(gpu.Device.Tlb, 0);
        using TlbUnit unit = tlb.OpenUnit("core 0");
        TlbSpace space = gpu.Vm.GetTlbSpace();
        gpu.Run(Map(gpu.VramBo(new PhysicalRun(4 * GiB, size)), Va, gpu.WriteBack));
        for (ulong offset = 0; offset < size; offset += Math.Max(Page, size / 64))
            Assert.Equal(gpu.Vm.Translate(Va + offset + 5), unit.Translate(space, Va + offset + 5));
        Assert.Equal(entries, tlb.Count);
        Assert.Equal((1L, size == Page ? 0L : Math.Min(63, (long)(size / Page) - 1)), (unit.Counters.Misses, unit.Counters.Hits));
    }

    [Fact]
    public void What_is_not_mapped_is_not_kept()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        using var tlb = new ReferenceTlb(gpu.Device.Tlb, 0);
        using TlbUnit unit = tlb.OpenUnit("core 0");
        TlbSpace space = gpu.Vm.GetTlbSpace();
        Assert.Equal(TranslationStatus.NotPresent, unit.Translate(space, Va).Status);
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack));
        Assert.Equal(TranslationStatus.Mapped, unit.Translate(space, Va).Status);
        Assert.Equal(TranslationStatus.OutOfRange, unit.Translate(space, space.Size).Status);
        Assert.Equal((1L, 2L), (unit.Counters.Faults, unit.Counters.Misses));
    }

    [Fact]
    public void An_unbind_drops_what_it_unmaps_before_it_is_complete()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        using var tlb = new ReferenceTlb(gpu.Device.Tlb, 0);
        using TlbUnit unit = tlb.OpenUnit("core 0");
        TlbSpace space = gpu.Vm.GetTlbSpace();
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack), Map(gpu.SystemPage(0x9000), Va + GiB, gpu.WriteBack));
        unit.Translate(space, Va);
        unit.Translate(space, Va + GiB);
        gpu.Run(Unmap(Va, Page));
        Assert.Equal(1, tlb.Count);
        Assert.Equal(TranslationStatus.NotPresent, unit.Translate(space, Va).Status);
        Assert.Equal(TranslationStatus.Mapped, unit.Translate(space, Va + GiB).Status);
        Assert.Equal((1L, 1L), (unit.Counters.Hits, tlb.FlushCounters.TranslationsDropped));
        gpu.File.VmDestroy(new DrmXeVmDestroy { VmId = gpu.Vm.Id });
        Assert.Equal((0, 0), (tlb.Count, tlb.DirectoryCount));
        Assert.False(unit.Translate(space, Va + GiB).IsPresent);
    }

    [Fact]
    [Rule("PT-180")]
    public void A_full_invalidation_drops_the_translations_of_all_VMs()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        using var tlb = new ReferenceTlb(gpu.Device.Tlb, 0);
        using TlbUnit unit = tlb.OpenUnit("core 0");
        var create = new DrmXeVmCreate();
        gpu.File.VmCreate(ref create);
        XeVm other = gpu.File.FindVm(create.VmId)!;
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack), Map(gpu.SystemPage(0x9000), Va + GiB, gpu.WriteBack));
        gpu.File.VmBind(new DrmXeVmBind { VmId = other.Id, NumBinds = 1, Bind = Map(gpu.SystemPage(), Va, gpu.WriteBack) });
        foreach (ulong va in (ulong[])[Va, Va + GiB])
            unit.Translate(gpu.Vm.GetTlbSpace(), va);
        Assert.Equal(TranslationStatus.Mapped, unit.Translate(other.GetTlbSpace(), Va).Status);
        Assert.Equal(3, tlb.Count);
        gpu.Run(Unmap(Va, Page));
        Assert.Equal((0, 1L), (tlb.Count, tlb.FlushCounters.Full));
    }

    [Fact]
    public void VMs_do_not_see_each_others_translations()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        using var tlb = new ReferenceTlb(gpu.Device.Tlb, 0);
        using TlbUnit unit = tlb.OpenUnit("core 0");
        var create = new DrmXeVmCreate();
        gpu.File.VmCreate(ref create);
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack));
        Assert.Equal(TranslationStatus.Mapped, unit.Translate(gpu.Vm.GetTlbSpace(), Va).Status);
        Assert.Equal(TranslationStatus.NotPresent, unit.Translate(gpu.File.FindVm(create.VmId)!.GetTlbSpace(), Va).Status);
    }

    [Theory]
    [InlineData(TlbReplacement.Lru, new ulong[] { 0, 1, 2, 3, 0, 4 }, 1)]
    [InlineData(TlbReplacement.Lru, new ulong[] { 0, 1, 2, 3, 0, 1, 2, 4 }, 3)]
    [InlineData(TlbReplacement.TreePseudoLru, new ulong[] { 0, 1, 2, 3, 4 }, 0)]
    [InlineData(TlbReplacement.TreePseudoLru, new ulong[] { 0, 1, 2, 3, 0, 4 }, 2)]
    [InlineData(TlbReplacement.TreePseudoLru, new ulong[] { 0, 1, 2, 3, 2, 4 }, 0)]
    public void The_victim_is_the_one_the_policy_names(TlbReplacement replacement, ulong[] pages, ulong victim)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        using var tlb = new ReferenceTlb(gpu.Device.Tlb, 0, Small with { Replacement = replacement });
        using TlbUnit unit = tlb.OpenUnit("core 0");
        TlbSpace space = gpu.Vm.GetTlbSpace();
        // Every second page, so that no 64 KiB page comes of it.
        gpu.Run([.. Enumerable.Range(0, 5)
            .Select(i => Map(gpu.SystemPage(0x10000 + ((ulong)i * 0x2000)), Va + ((ulong)i * 2 * Page), gpu.WriteBack))]);
        foreach (ulong page in pages)
            unit.Translate(space, Va + (page * 2 * Page));
        Assert.Equal((4, 1L), (tlb.Count, unit.Counters.Evicted));
        long hits = unit.Counters.Hits;
        foreach (ulong page in Enumerable.Range(0, 5).Select(i => (ulong)i).Where(page => page != victim))
            unit.Translate(space, Va + (page * 2 * Page));
        Assert.Equal(hits + 4, unit.Counters.Hits);
    }

    [Fact]
    public void The_walk_cache_shortens_walks_and_is_flushed_with_the_tables()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        using var tlb = new ReferenceTlb(gpu.Device.Tlb, 0);
        using TlbUnit unit = tlb.OpenUnit("core 0");
        TlbSpace space = gpu.Vm.GetTlbSpace();
        gpu.Run(Map(gpu.SystemPage(0x10000), Va, gpu.WriteBack), Map(gpu.SystemPage(0x20000), Va + (2 * Page), gpu.WriteBack));
        int levels = gpu.Device.Platform.LevelCount;
        unit.Translate(space, Va);
        Assert.Equal((levels, levels - 1), ((int)unit.Counters.EntriesRead, tlb.DirectoryCount));
        unit.Translate(space, Va + (2 * Page));
        Assert.Equal((levels + 1, 1L), ((int)unit.Counters.EntriesRead, unit.Counters.WalkCacheHits));

        // Both pages go, and with them the tables that the cached entries point to; others take their place.
        gpu.Run(Unmap(Va, Page), Unmap(Va + (2 * Page), Page));
        Assert.Equal(0, tlb.Count);
        gpu.Run(Map(gpu.SystemPage(0x30000), Va + GiB, gpu.WriteBack));
        Assert.Equal(TranslationStatus.NotPresent, unit.Translate(space, Va).Status);
        Assert.Equal(0x30000ul, unit.Translate(space, Va + GiB).Address);
    }

    [Fact]
    public void An_access_in_progress_holds_the_acknowledgement_back()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        using var tlb = new ReferenceTlb(gpu.Device.Tlb, 0);
        using TlbUnit first = tlb.OpenUnit("core 0"), second = tlb.OpenUnit("core 1");
        TlbSpace space = gpu.Vm.GetTlbSpace();
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack), Map(gpu.SystemPage(0x9000), Va + (4 * Page), gpu.WriteBack));
        int tables = gpu.Device.TablesInUse;
        using (TlbUnit.Access access = first.Begin())
        {
            Assert.Equal(TranslationStatus.Mapped, access.Translate(space, Va).Status);
            gpu.Run(Unmap(Va, Page), Unmap(Va + (4 * Page), Page));
            Assert.False(gpu.Device.Tlb.IsAcknowledged(0, 1));
            // Dropped already, so a later access does not find it; and that access holds nothing back.
            Assert.Equal(TranslationStatus.NotPresent, second.Translate(space, Va).Status);
            Assert.False(gpu.Device.Tlb.IsAcknowledged(0, 1));
            gpu.Run(Map(gpu.SystemPage(), Va + GiB, gpu.WriteBack));
            Assert.True(gpu.Device.TablesInUse > tables, "the tables of the unmapped pages must not be used again yet");
        }

        Assert.True(gpu.Device.Tlb.IsAcknowledged(0, 1));
        Assert.Throws<InvalidOperationException>(() =>
        {
            using TlbUnit.Access access = first.Begin();
            first.Begin();
        });
    }

    [Fact]
    public void An_acknowledgement_can_be_held_back_and_let_go()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        using var tlb = new ReferenceTlb(gpu.Device.Tlb, 0) { AcknowledgeLimit = 0 };
        for (ulong page = 0; page < 3; page++)
            gpu.Run(Map(gpu.SystemPage(), Va + (page * GiB), gpu.WriteBack));
        for (ulong page = 0; page < 3; page++)
            gpu.Run(Unmap(Va + (page * GiB), Page));
        Assert.Equal((3ul, 0ul), (tlb.Flushed, gpu.Device.Tlb.Acknowledged(0)));
        tlb.AcknowledgeLimit = 2;
        Assert.Equal(2ul, gpu.Device.Tlb.Acknowledged(0));
        tlb.AcknowledgeLimit = ulong.MaxValue;
        Assert.Equal(3ul, gpu.Device.Tlb.Acknowledged(0));
    }

    [Fact]
    public void A_zap_drops_leaves_and_a_fault_brings_them_back()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        using var tlb = new ReferenceTlb(gpu.Device.Tlb, 0);
        using TlbUnit unit = tlb.OpenUnit("core 0");
        TlbSpace space = gpu.Vm.GetTlbSpace();
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack, VmBindFlags.Immediate));
        Assert.True(unit.Translate(space, Va).IsPresent);
        gpu.Vm.Zap(Va);
        Assert.False(unit.Translate(space, Va).IsPresent);
        gpu.Vm.Fault(Va);
        Assert.True(unit.Translate(space, Va).IsPresent);
    }

    [Theory]
    [InlineData(3, 4, TlbReplacement.Lru)]
    [InlineData(0, 4, TlbReplacement.Lru)]
    [InlineData(4, 0, TlbReplacement.Lru)]
    [InlineData(4, 3, TlbReplacement.TreePseudoLru)]
    [InlineData(4, 64, TlbReplacement.TreePseudoLru)]
    public void Impossible_shapes_are_refused(int sets, int ways, TlbReplacement replacement)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        var options = new ReferenceTlbOptions { Pages4K = new TlbGeometry(sets, ways), Replacement = replacement };
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReferenceTlb(gpu.Device.Tlb, 0, options));
    }

    [Fact]
    public void Look_ups_allocate_nothing()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        using var tlb = new ReferenceTlb(gpu.Device.Tlb, 0, Small);
        using TlbUnit unit = tlb.OpenUnit("core 0");
        TlbSpace space = gpu.Vm.GetTlbSpace();
        gpu.Run(Map(gpu.VramBo(new PhysicalRun(4 * GiB, Page, 16, 3 * Page)), Va, gpu.WriteBack));
        Assert.Equal(0, Measure(unit, space));
        tlb.Checker = new CoherenceChecker(gpu.Device.Tlb);
        ExpectedMap map = tlb.Checker.AddMap(gpu.Vm.TlbVm, AddressRange.OfSize(Va, 2 * MiB));
        for (ulong page = 0; page < 16; page++)
            map.Begin(new AddressRange(Va + (page * Page), Va + ((page + 1) * Page)), (4 * GiB) + (page * 3 * Page));
        Assert.Equal(0, Measure(unit, space));
        Assert.Equal(0, tlb.Checker.ViolationCount);
    }

    private static long Measure(TlbUnit unit, TlbSpace space)
    {
        for (ulong i = 0; i < 64; i++)
            unit.Translate(space, Va + (i % 16 * Page));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong i = 0; i < 64; i++)
        {
            unit.Translate(space, Va + (i % 2 * Page));
            unit.Translate(space, Va + (i % 16 * Page));
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
