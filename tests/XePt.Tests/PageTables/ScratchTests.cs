using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>Scratch VMs: PT-038, PT-057, PT-062, PT-063, PT-106; and which VMs are scratch VMs (PT-014).</summary>
public class ScratchTests
{
    [Theory]
    [Rule("PT-038")]
    [Rule("PT-025")]
    [Rule("PT-062")]
    [InlineData("tgl", 0x203, 0x283, 0x283, 0x10001003, 0)]
    [InlineData("dg1", 0xa03, 0xa83, 0xa83, 0x1000101b, 0)]
    [InlineData("dg2", 0xa03, 0xa83, 0xa83, 0x1000101b, 0)]
    [InlineData("pvc", 0xa1b, 0xa9b, 0xa9b, 0x10001003, 0x10002003)]
    [InlineData("pvc-2t", 0xa1b, 0xa9b, 0xa9b, 0x10001003, 0x10002003)]
    [InlineData("mtl", 0x21b, 0x29b, 0x29b, 0x10001013, 0)]
    [InlineData("lnl", 0x213, 0x293, 0x293, 0x1000101b, 0x1000201b)]
    [InlineData("bmg", 0xa13, 0xa93, 0xa93, 0x1000101b, 0x1000201b)]
    [InlineData("ptl", 0x213, 0x293, 0x293, 0x1000101b, 0x1000201b)]
    public void Empty_entries_of_a_scratch_VM_are_NULL_leaves_and_links_to_scratch_tables(
        string platform, ulong level0, ulong level1, ulong level2, ulong level3, ulong level4)
    {
        using var gpu = new TestGpu(platform, VmCreateFlags.ScratchPage);
        int levels = gpu.Device.Platform.LevelCount;
        ulong[] expected = [level0, level1, level2, level3, level4];
        Assert.Equal(expected[..levels], Enumerable.Range(0, levels).Select(level => gpu.Vm.EmptyEntry(level)));
        // The root, and a table for each level from 2 to the one below it, on every tile.
        Assert.Equal((levels - 2) * gpu.Device.Platform.TileCount, gpu.Device.TablesInUse);
    }

    [Fact]
    [Rule("PT-038")]
    public void Empty_entries_of_a_VM_without_scratch_are_zero()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        Assert.All(Enumerable.Range(0, 5), level => Assert.Equal(0ul, gpu.Vm.EmptyEntry(level)));
        Assert.Equal(1, gpu.Device.TablesInUse);
    }

    [Theory]
    [Rule("PT-057")]
    [Rule("PT-062")]
    [InlineData("mtl")]
    [InlineData("bmg")]
    public void Every_unmapped_address_reads_as_NULL_at_the_level_where_its_table_ends(string platform)
    {
        using var gpu = new TestGpu(platform, VmCreateFlags.ScratchPage);
        AssertNullAt(gpu, 0x123456789000, level: 2);

        gpu.Run(Map(gpu.SystemPage(), 0x40201000, pat: 3));
        AssertNullAt(gpu, 0x40200000, level: 0);
        AssertNullAt(gpu, 0x403ff000, level: 0);
        AssertNullAt(gpu, 0x40400000, level: 1);
        AssertNullAt(gpu, 0x80000000, level: 2);
        AssertNullAt(gpu, gpu.Vm.Size - Page, level: 2);

        gpu.Run(Unmap(0x40201000, Page));
        AssertNullAt(gpu, 0x40201000, level: 2);
    }

    [Fact]
    [Rule("PT-106")]
    [Rule("PT-162")]
    public void An_unbind_writes_the_scratch_value_of_each_level()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, VmCreateFlags.ScratchPage);
        XeBo bo = gpu.VramBo(new PhysicalRun(0x40000000, 4 * MiB));
        gpu.Run(Map(gpu.SystemPage(), 0x1ff000), Map(gpu.SystemPage(), 0x601000), Map(bo, 0x200000));
        gpu.Run(Map(gpu.SystemPage(), 0x600000));

        RecordTrace level1 = gpu.Run(Unmap(0x200000, 4 * MiB)).Op.Records.Single();
        Assert.Equal([0xa93ul, 0xa93ul], level1.Values);
        RecordTrace level0 = gpu.Run(Unmap(0x600000, Page)).Op.Records.Single();
        Assert.Equal([0xa13ul], level0.Values);
    }

    [Theory]
    [Rule("PT-014")]
    [InlineData("bmg", VmCreateFlags.FaultMode, Errno.EINVAL, false)]
    [InlineData("dg2", VmCreateFlags.FaultMode | VmCreateFlags.LrMode, Errno.EINVAL, false)]
    [InlineData("pvc", VmCreateFlags.FaultMode | VmCreateFlags.LrMode, Errno.Ok, false)]
    [InlineData("pvc", VmCreateFlags.FaultMode | VmCreateFlags.LrMode | VmCreateFlags.ScratchPage, Errno.EINVAL, false)]
    [InlineData("nvls", VmCreateFlags.FaultMode | VmCreateFlags.LrMode | VmCreateFlags.ScratchPage, Errno.EINVAL, false)]
    [InlineData("lnl", VmCreateFlags.FaultMode | VmCreateFlags.LrMode | VmCreateFlags.ScratchPage, Errno.Ok, true)]
    [InlineData("dg2", VmCreateFlags.None, Errno.Ok, false)]
    [InlineData("dg2-g10", VmCreateFlags.None, Errno.Ok, true)]
    public void Modes_and_platforms_decide_who_gets_scratch_pages(string platform, VmCreateFlags flags, Errno error, bool hasScratch)
    {
        using var device = new XeDevice(TestGpu.Named(platform));
        XeFile file = device.OpenFile();
        var create = new DrmXeVmCreate { Flags = flags };
        Assert.Equal(error, file.VmCreate(ref create));
        Assert.Equal(hasScratch, file.FindVm(create.VmId)?.HasScratch ?? false);
    }

    [Fact]
    [Rule("PT-207")]
    public void Failing_to_make_scratch_tables_leaves_no_VM_and_no_table()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Device.Failures.Arm(FailurePoint.ScratchCreate);
        var create = new DrmXeVmCreate { Flags = VmCreateFlags.ScratchPage };
        Assert.Equal(Errno.ENOMEM, gpu.File.VmCreate(ref create));
        Assert.Equal((1, 1), (gpu.Device.TablesInUse, gpu.File.Vms.Count));
    }

    private static void AssertNullAt(TestGpu gpu, ulong va, int level)
    {
        WalkEnd end = ByteWalker.Walk(gpu.Vm, va);
        Assert.Equal((level, gpu.Vm.EmptyEntry(level)), (end.Level, end.Entry));
        Assert.True(end.Has(EntryBits.Null));
    }
}
