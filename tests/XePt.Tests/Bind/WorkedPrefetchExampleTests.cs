using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Worked examples 14 to 16 of specification 02 section 22: prefetch, and an array that fails late.</summary>
public class WorkedPrefetchExampleTests
{
    private const ulong CpuAddress = 0x7f12_3450_0000;

    [Theory]
    [InlineData(XeProfile.Final)]
    [InlineData(XeProfile.SeedOpen)]
    [Rule("BIND-141")]
    [Rule("BIND-142")]
    public void Ex_14_prefetch_over_a_mirror_without_cpu_mapping(XeProfile profile)
    {
        using BindScene scene = AfterEx1(profile);
        int tables = scene.Device.TablesInUse;

        scene.Do(Op.Prefetch(CpuAddress, 2 * MiB, region: 1));

        Assert.Equal(0, scene.PtOps);
        Assert.Equal(GpuvaAction.Prefetch, Assert.Single(scene.Actions).Action);
        Assert.Equal(tables, scene.Device.TablesInUse);
        scene.ListIs("[0, E) mirror");
    }

    [Fact]
    [Rule("BIND-141")]
    [Rule("SVM-022")]
    public void Ex_14_the_seed_populates_nothing_where_cpu_memory_is()
    {
        using BindScene scene = AfterEx1(XeProfile.SeedOpen);
        scene.File.MapCpuMemory(CpuAddress, new PhysicalRun(0x3_0000_0000, 2 * MiB));

        scene.Do(Op.Prefetch(CpuAddress, 2 * MiB, region: 1));

        Assert.Equal(0, scene.PtOps);
        scene.AssertNothingWasSubmitted();
        Assert.Equal(TranslationStatus.NotPresent, scene.Vm.Translate(CpuAddress).Status);
    }

    [Theory]
    [InlineData(XeProfile.Final)]
    [InlineData(XeProfile.SeedOpen)]
    [Rule("BIND-086")]
    public void Ex_14_prefetch_into_an_absent_region(XeProfile profile)
    {
        using BindScene scene = AfterEx1(profile);
        scene.Refuses(Errno.EINVAL, "BIND-086", Op.Prefetch(CpuAddress, 2 * MiB, region: 2));
    }

    [Theory]
    [InlineData(XeProfile.Final)]
    [InlineData(XeProfile.SeedOpen)]
    [Rule("BIND-197")]
    public void Ex_15_prefetch_of_a_bo_moves_it(XeProfile profile)
    {
        using BindScene scene = AfterEx3(profile, placement: 3);
        XeBo bo = Assert.Single(scene.File.Bos);
        Assert.Equal(1, bo.Region);

        scene.Do(Op.Prefetch(A, 2 * MiB, region: 0));

        Assert.Equal(0, bo.Region);
        Assert.Equal(1, scene.PtOps);
        scene.AssertStaged(true);
        scene.AssertWaits(kernel: true, bookkeep: false);
        Assert.Equal((1, 0), (scene.VmaAt(A).TilePresent, scene.VmaAt(A).TileInvalidated));
        Translation translation = scene.Vm.Translate(A);
        Assert.Equal((TranslationStatus.Mapped, false), (translation.Status, translation.Decode().DeviceMemory));
        Assert.Equal(bo.Segments[0].Address, translation.Address);
    }

    [Fact]
    [Rule("BIND-197")]
    public void Ex_15_prefetch_of_a_bo_that_may_not_live_there()
    {
        using BindScene scene = AfterEx3();
        scene.Refuses(Errno.EINVAL, "BIND-197", Op.Prefetch(A, 2 * MiB, region: 0));
    }

    [Fact]
    [Rule("BIND-137")]
    public void Ex_15_prefetch_over_a_hole()
    {
        using var scene = new BindScene();
        scene.Do(Op.Prefetch(A, 2 * MiB, region: 0));
        Assert.Empty(scene.Actions);
        scene.AssertNothingWasSubmitted();
    }

    [Fact]
    [Rule("BIND-215")]
    [Rule("BIND-219")]
    public void Ex_16_array_that_fails_late()
    {
        using BindScene scene = AfterEx3();
        scene.Refuses(Errno.EINVAL, "BIND-197", LateFailure());
        Assert.Equal(2, scene.File.LastRejection.OpIndex);
        scene.ListIs("[0, 0x1_0000_0000) mirror", "[0x1_0000_0000, 0x1_0020_0000) BO X(0)", "[0x1_0020_0000, E) mirror");
    }

    [Fact]
    [Rule("BIND-050")]
    [Rule("BIND-113")]
    public void Ex_16_with_out_syncs_it_fails_before_the_tree_is_touched()
    {
        using BindScene scene = AfterEx3();
        DrmXeSync[] syncs = [Op.Out(scene.File.SyncobjCreate()), Op.Out(scene.File.SyncobjCreate())];
        scene.Refuses(Errno.EOPNOTSUPP, "BIND-113", syncs, LateFailure());
        Assert.Empty(scene.Actions);
    }

    private static DrmXeVmBindOp[] LateFailure() =>
        [Op.Unmap(0, 0x1000_0000), Op.Null(0, 0x1000_0000), Op.Prefetch(A, 2 * MiB, region: 0)];
}
