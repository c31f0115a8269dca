using XePt.Devices;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Stage;
using XePt.Tests.Kit;
using XePt.Uapi;
using XePt.Uapi.Formats;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>What the bind walk puts into entries besides the address: specification 03 sections 2 and 3.</summary>
public class LeafAttributeTests
{
    private const VmCreateFlags FaultMode = VmCreateFlags.LrMode | VmCreateFlags.FaultMode;

    [Theory]
    [Rule("PT-027")]
    [Rule("PT-028")]
    [Rule("PT-029")]
    [Rule("PT-018")]
    [Rule("PT-019")]
    [Rule("PT-056")]
    [InlineData("tgl", 0x3)]
    [InlineData("rkl", 0x3)]
    [InlineData("adls", 0x3)]
    [InlineData("adlp", 0x3)]
    [InlineData("adln", 0x3)]
    [InlineData("dg1", 0x1b)]
    [InlineData("dg2", 0x1b)]
    [InlineData("atsm", 0x1b)]
    [InlineData("pvc", 0x3)]
    [InlineData("mtl", 0x13)]
    [InlineData("arl", 0x13)]
    [InlineData("lnl", 0x1b)]
    [InlineData("bmg", 0x1b)]
    [InlineData("ptl", 0x1b)]
    [InlineData("wcl", 0x1b)]
    [InlineData("nvls", 0x1b)]
    [InlineData("cri", 0x1b)]
    public void Directory_entries_and_the_root_descriptor_have_the_low_bits_of_the_platform(string platform, ulong bits)
    {
        using var gpu = new TestGpu(platform);
        gpu.Run(Map(gpu.SystemPage(), 0x1000, pat: gpu.WriteBack));
        ulong[] pdes = [.. TableCopy.All(gpu.Vm).SelectMany(table => table.Entries.Where((_, i) => table.HasChild[i]))];
        Assert.Equal(gpu.Device.Platform.RootLevel, pdes.Length);
        Assert.All(pdes, pde => Assert.Equal(bits, pde & ~EntryBits.AddressMask));
        Assert.Equal(TestGpu.TableWindow | bits, gpu.Vm.RootDescriptor());
    }

    [Theory]
    [Rule("PT-034")]
    [Rule("PT-035")]
    [Rule("PT-036")]
    [InlineData("tgl", false, AtomicAccess.Device, 1, false, false)]
    [InlineData("dg2", false, AtomicAccess.Undefined, 1, false, false)]
    [InlineData("pvc", false, AtomicAccess.Undefined, 1, false, true)]
    [InlineData("pvc", true, AtomicAccess.Device, 1, false, true)]
    [InlineData("pvc", false, AtomicAccess.Cpu, 1, false, false)]
    [InlineData("lnl", false, AtomicAccess.Undefined, 1, true, true)]
    [InlineData("lnl", true, AtomicAccess.Undefined, 0, true, true)]
    [InlineData("ptl", true, AtomicAccess.Global, 0, true, true)]
    [InlineData("lnl", true, AtomicAccess.Cpu, 1, false, false)]
    [InlineData("bmg", false, AtomicAccess.Undefined, 2, true, true)]
    [InlineData("bmg", false, AtomicAccess.Global, 0, true, true)]
    [InlineData("bmg", true, AtomicAccess.Undefined, 2, false, true)]
    [InlineData("bmg", true, AtomicAccess.Global, 2, false, true)]
    [InlineData("bmg", true, AtomicAccess.Undefined, 1, true, true)]
    [InlineData("bmg", true, AtomicAccess.Undefined, 0, false, true)]
    [InlineData("bmg", true, AtomicAccess.Device, 0, true, true)]
    [InlineData("bmg", false, AtomicAccess.Cpu, 1, false, false)]
    [InlineData("cri", true, AtomicAccess.Undefined, 2, false, true)]
    [Rule("FLT-055")]
    [Rule("FLT-056")]
    public void Atomics_are_enabled_by_platform_attribute_mode_and_placements(
        string platform, bool isLongRunning, AtomicAccess atomic, int placements, bool onSystem, bool onVram)
    {
        PlatformInfo info = TestGpu.Named(platform);
        var vma = new Vma
        {
            Flags = info.HasAtomicEnableBit ? VmaFlags.AtomicPte : VmaFlags.None,
            Attributes = new VmaAttributes { Atomic = atomic },
        };
        BufferObject? bo = placements == 0
            ? null
            : new BufferObject { Slot = 1, Size = Page, CpuCaching = 2, Placements = (1u << placements) - 1 };
        var facts = new VmFacts(info, isLongRunning, IsFaultMode: false, HasScratch: false);

        // Asked about another VMA before: what was remembered of that one must not show.
        var attributes = new LeafAttributes(facts, new PteEncoding(info));
        attributes.For(vma with { Flags = vma.Flags | VmaFlags.ReadOnly }, bo);
        attributes.For(vma
            with
        { Attributes = new VmaAttributes { Atomic = atomic == AtomicAccess.Cpu ? AtomicAccess.Global : AtomicAccess.Cpu } }, bo);
        ref readonly LeafTemplates leaves = ref attributes.For(vma, bo);
        for (int level = 0; level <= 2; level++)
        {
            Assert.Equal(onSystem, (leaves.For(level, isVram: false) & EntryBits.AtomicEnable) != 0);
            Assert.Equal(onVram, (leaves.For(level, isVram: true) & EntryBits.AtomicEnable) != 0);
        }
    }

    [Fact]
    [Rule("PT-031")]
    [Rule("PT-032")]
    public void Only_device_pages_carry_DM()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.File.MapCpuMemory(0x1000, new PhysicalRun(0x5000, Page));
        gpu.Run(
            Map(gpu.VramBo(new PhysicalRun(0x4000, Page)), 0x1000, pat: 2),
            Map(gpu.SystemBo(new PhysicalRun(0x4000, Page)), 0x2000, pat: 2),
            MapUserptr(0x1000, 0x3000, Page, pat: 2));
        Assert.Equal(
            [0x4c13ul, 0x4413ul, 0x5413ul], new[] { 0x1000ul, 0x2000ul, 0x3000ul }.Select(va => ByteWalker.Walk(gpu.Vm, va).Entry));
    }

    [Fact]
    [Rule("PT-033")]
    [Rule("PT-030")]
    public void Only_VRAM_BOs_get_the_base_of_their_region()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg with { VramDpaBase = [0x4000000000] }, FaultMode);
        gpu.File.MapCpuMemory(0x1000, new PhysicalRun(0x5000, Page));
        gpu.Run(
            Map(gpu.VramBo(new PhysicalRun(0x4000, Page)), 0x1000, pat: 2, VmBindFlags.Immediate),
            Map(gpu.SystemBo(new PhysicalRun(0x4000, Page)), 0x2000, pat: 2, VmBindFlags.Immediate),
            MapUserptr(0x1000, 0x3000, Page, pat: 2, VmBindFlags.Immediate),
            MapNull(0x4000, Page, pat: 2, VmBindFlags.Immediate),
            MapMirror(0x100000, MiB));
        gpu.BindRange(0x100000, 0x101000, isVram: true, new PhysicalRun(0x4000006000, Page));
        Assert.Equal(
            [0x4000004000ul, 0x4000, 0x5000, 0, 0x4000006000],
            new[] { 0x1000ul, 0x2000ul, 0x3000ul, 0x4000ul, 0x100000ul }.Select(va => ByteWalker.Walk(gpu.Vm, va).Address));
    }

    [Theory]
    [Rule("PT-020")]
    [Rule("PT-024")]
    [Rule("PT-039")]
    [MemberData(nameof(GeometryTests.AllPlatforms), MemberType = typeof(GeometryTests))]
    public void Every_usable_PAT_index_and_access_reads_back_at_every_leaf_size(string platform)
    {
        using var gpu = new TestGpu(platform);
        XeBo bo = gpu.SystemBo(new PhysicalRun(0x40000000, GiB), new(0x80000000, 2 * MiB), new(0x80401000, 64 * KiB));
        for (int pat = 0; pat < gpu.Device.Platform.Pat.Entries.Length; pat++)
        {
            VmBindFlags access = pat % 2 == 0 ? VmBindFlags.ReadOnly : VmBindFlags.None;
            Errno error = gpu.TryRun(Map(bo, 0x40000000, pat, access)).Error;
            bool isReserved = gpu.Device.Platform.Pat.Entries[pat].Coherency == PatCoherency.Reserved;
            Assert.Equal(isReserved ? Errno.EINVAL : Errno.Ok, error);
            if (isReserved)
                continue;

            foreach ((ulong va, int level) in new[] { (0x40000000ul, 2), (0x80000000ul, 1), (0x80200000ul, 0) })
            {
                WalkEnd end = ByteWalker.Walk(gpu.Vm, va);
                Assert.Equal((level, pat, pat % 2 != 0), (end.Level, end.Pat, end.Has(EntryBits.Writable)));
            }
        }
    }

    [Fact]
    [Rule("PT-039")]
    public void A_compressed_mapping_differs_in_PAT_bits_only()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        XeBo bo = gpu.VramBo(new PhysicalRun(0x40000000, 2 * MiB));
        gpu.Run(Map(bo, 0x200000, pat: 2), Map(bo, 0x400000, pat: 9));
        ulong difference = ByteWalker.Walk(gpu.Vm, 0x200000).Entry ^ ByteWalker.Walk(gpu.Vm, 0x400000).Entry;
        Assert.Equal((1ul << 3) | (1ul << 4) | (1ul << 62), difference);
    }

    [Fact]
    [Rule("PT-040")]
    public void A_rebind_uses_the_PAT_index_the_VMA_has_by_then()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        XeBo bo = gpu.VramBo(new PhysicalRun(0x40000000, 2 * MiB));
        gpu.Run(Map(bo, 0x200000, pat: 2));
        gpu.Vm.Context.Space.Vmas[gpu.Vm.Context.Space.Find(0x200000)].Attributes.Pat = 15;
        gpu.Move(bo, region: 1, new PhysicalRun(0x40200000, 2 * MiB));
        Assert.Equal(15, ByteWalker.Walk(gpu.Vm, 0x200000).Pat);
    }
}
