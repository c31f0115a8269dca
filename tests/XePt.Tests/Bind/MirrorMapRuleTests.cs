using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>What other binds do to the area of a mirror, and what a prefetch does that is of no mirror (specification 04 sections 8 and
/// 11).</summary>
public class MirrorMapRuleTests
{
    private const ulong Cpu = 0x7f00_0000_0000;

    private const int UnmapKind = 3;

    public static TheoryData<int> Kinds => [0, 1, 2, UnmapKind];

    public static TheoryData<int> MapKinds => [0, 1, 2];

    [Theory]
    [MemberData(nameof(Kinds))]
    [Rule("SVM-123")]
    public void What_covers_a_mirror_without_ranges_removes_it(int kind)
    {
        using var scene = new BindScene();
        scene.Do(scene.Mirror(A, 2 * MiB));
        scene.Do(Covering(scene, kind));
        Assert.Equal(kind == UnmapKind ? 0 : 1, scene.Vm.GetVmas().Count);
        Assert.False(scene.Vm.FindVma(A)?.Kind == VmaKind.Mirror);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    [Rule("SVM-123")]
    public void What_covers_a_mirror_with_ranges_is_busy(int kind)
    {
        using var scene = new BindScene();
        scene.Do(scene.Mirror(A, 2 * MiB));
        scene.Populate(A + MiB, A + MiB + 0x1000);
        DrmXeVmBindOp op = Covering(scene, kind);
        scene.Refuses(Errno.EBUSY, "BIND-183", op);
    }

    [Theory]
    [MemberData(nameof(MapKinds))]
    [Rule("SVM-128")]
    public void What_is_mapped_over_part_of_a_mirror_gets_its_entries_with_the_first_touch(int kind)
    {
        using var scene = new BindScene();
        scene.Do(scene.Mirror(0, E));
        int tables = scene.Device.TablesInUse;
        scene.Do(Covering(scene, kind));
        Assert.Equal((false, tables), (scene.Vm.Translate(A).IsPresent, scene.Device.TablesInUse));
        scene.AssertNothingWasSubmitted();
        Assert.Equal((Errno.Ok, true), (scene.Vm.Fault(A), scene.Vm.Translate(A).IsPresent));
    }

    [Fact]
    [Rule("PFT-002")]
    public void A_prefetch_has_one_step_for_each_VMA_in_the_order_of_addresses()
    {
        using var scene = new BindScene(0);
        scene.Do(Op.Null(A + 0x4000, 0x1000), Op.Null(A, 0x1000), Op.Null(A + 0x2000, 0x1000), Op.Null(A + 0x8000, 0x1000));
        scene.Do(Op.Prefetch(A, 0x5000, 0));
        Assert.All(scene.Actions, action => Assert.Equal(GpuvaAction.Prefetch, action.Action));
        Assert.Equal([A, A + 0x2000, A + 0x4000], scene.Actions.Select(action => action.Start));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(6u)]
    [Rule("PFT-002")]
    public void A_prefetch_over_nothing_succeeds(uint vmFlags)
    {
        using var scene = new BindScene(vmFlags);
        scene.Do([Op.UserFence(0x7000, 5)], Op.Prefetch(A, 0x5000, 0));
        Assert.Empty(scene.Actions);
        Assert.Equal(5ul, scene.UserMemory.ReadUInt64(0x7000));
    }

    [Fact]
    [Rule("PFT-003")]
    public void A_prefetch_takes_the_whole_BO_to_its_region_and_binds_it_on_all_tiles()
    {
        using var scene = new BindScene(platform: XePt.Devices.XePlatforms.Pvc2T);
        scene.Do(Op.Map(scene.Bo("X", 2 * MiB, placement: 3), A, 2 * MiB));
        scene.Do(Op.Prefetch(A + MiB, 0x1000, region: 0));
        Assert.Equal(0, Assert.Single(scene.File.Bos).Region);
        Assert.Equal(3, (int)scene.Vm.FindVma(A)!.Value.TilePresent);
        foreach (int tile in new[] { 0, 1 })
        {
            Assert.True(scene.Vm.Translate(A, tile).IsPresent);
            Assert.True(scene.Vm.Translate(A + (2 * MiB) - 1, tile).IsPresent);
        }
    }

    [Fact]
    [Rule("PFT-003")]
    public void After_the_first_BO_of_a_prefetch_the_others_go_to_system_memory()
    {
        using var scene = new BindScene();
        scene.Do(Op.Map(scene.Bo("X", MiB, placement: 3), A, MiB), Op.Map(scene.Bo("Y", MiB, placement: 3), A + MiB, MiB));
        scene.Do(Op.Prefetch(A, 2 * MiB, region: 1));
        Assert.Equal([1, 0], scene.File.Bos.Select(bo => bo.Region));
    }

    [Fact]
    [Rule("UPTR-010")]
    public void A_userptr_stays_when_its_CPU_memory_goes()
    {
        using var scene = new BindScene();
        scene.File.MapCpuMemory(Cpu, new PhysicalRun(0x3000_0000, 0x2000));
        scene.Do(Op.Userptr(Cpu, A, 0x2000, VmBindFlags.Immediate));
        scene.File.UnmapCpuMemory(Cpu);
        scene.File.InvalidateCpuMemory(AddressRange.OfSize(Cpu, 0x2000));
        Assert.Equal((VmaKind.Userptr, false), (scene.Vm.FindVma(A)!.Value.Kind, scene.Vm.Translate(A).IsPresent));
        scene.Do(Op.Unmap(A, 0x2000));
        Assert.Null(scene.Vm.FindVma(A));
    }

    private static DrmXeVmBindOp Covering(BindScene scene, int kind)
    {
        switch (kind)
        {
            case 0:
                return Op.Map(scene.Bo("X", 2 * MiB), A, 2 * MiB);
            case 1:
                scene.File.MapCpuMemory(Cpu, new PhysicalRun(0x3000_0000, 2 * MiB));
                return Op.Userptr(Cpu, A, 2 * MiB);
            case 2:
                return Op.Null(A, 2 * MiB);
            default:
                return Op.Unmap(A, 2 * MiB);
        }
    }
}
