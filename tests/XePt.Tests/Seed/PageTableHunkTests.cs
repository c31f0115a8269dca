using XePt.Tests.Bind;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Seed;

/// <summary>Seed hunks 1 to 9, <c>xe_pt.c</c>: page tables never hear of a mirror.</summary>
public class PageTableHunkTests
{
    /// <summary>Profile and VM flags; flags 7 is a scratch VM, where the final driver counts a PT op for a deferred mirror MAP.</summary>
    public static TheoryData<XeProfile, uint> Settings => new()
    {
        { XeProfile.Final, 6 },
        { XeProfile.Final, 7 },
        { XeProfile.SeedOpen, 6 },
        { XeProfile.SeedOpen, 7 },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    [SeedHunk(1)]
    [Rule("BIND-199")]
    [Rule("PT-128")]
    public void A_mirror_adds_no_dependency_in_any_role(XeProfile profile, uint vmFlags)
    {
        using var scene = new BindScene(vmFlags, profile);
        DrmXeVmBindOp[] roles =
        [
            scene.Mirror(0, 0x4000_0000), scene.Mirror(0x1000_0000, 0x1000_0000), Op.Unmap(0x1000_0000, 0x1000_0000),
            Op.Prefetch(0, 0x1000_0000, 0), Op.Unmap(0, 0x4000_0000),
        ];
        foreach (DrmXeVmBindOp op in roles)
        {
            scene.Do(op);
            scene.AssertWaits(kernel: false, bookkeep: false);
        }

        scene.Do(Op.Null(A, 0x1000, VmBindFlags.Immediate));
        scene.AssertWaits(kernel: true, bookkeep: false);
    }

    [Theory]
    [MemberData(nameof(Settings))]
    [SeedHunk(2)]
    [SeedHunk(6)]
    [Rule("BIND-198")]
    [Rule("PT-127")]
    public void Only_the_bo_of_an_array_reaches_bind_prepare_and_bind_commit(XeProfile profile, uint vmFlags)
    {
        using var scene = new BindScene(vmFlags, profile);
        DrmXeVmBindOp map = Op.Map(scene.Bo("X", 2 * MiB), A, 2 * MiB, flags: VmBindFlags.Immediate);

        scene.Do(scene.Mirror(0, 0x1000_0000, VmBindFlags.Immediate), map, scene.Mirror(0x2000_0000, 0x1000_0000));

        scene.AssertStaged(true);
        Assert.Equal(1, scene.VmaAt(A).TilePresent);
        AssertNoPageTableState(scene, 0, 0x2000_0000);
    }

    [Theory]
    [MemberData(nameof(Settings))]
    [SeedHunk(3)]
    [SeedHunk(7)]
    [Rule("BIND-198")]
    [Rule("PT-127")]
    public void Only_the_bo_of_an_array_reaches_unbind_prepare_and_unbind_commit(XeProfile profile, uint vmFlags)
    {
        using BindScene scene = AfterEx1(profile, vmFlags);
        int tables = scene.Device.TablesInUse;
        scene.Do(Op.Map(scene.Bo("X", 2 * MiB), A, 2 * MiB, flags: VmBindFlags.Immediate));

        scene.Do(Op.Unmap(0, 0x1000_0000), Op.Unmap(A, 2 * MiB), Op.Unmap(0x2000_0000, 0x1000_0000));

        scene.AssertStaged(false);
        Assert.Equal(tables, scene.Device.TablesInUse);
        AssertNoPageTableState(scene, 0x1000_0000, 0x3000_0000, A + (2 * MiB));
    }

    [Theory]
    [MemberData(nameof(Settings))]
    [SeedHunk(4)]
    [SeedHunk(8)]
    [Rule("BIND-200")]
    [Rule("BIND-201")]
    public void A_mirror_map_and_a_remap_of_a_mirror_prepare_and_commit_nothing(XeProfile profile, uint vmFlags)
    {
        using BindScene scene = AfterEx1(profile, vmFlags);
        AssertNoPageTableState(scene, 0);

        scene.Do(Op.Map(scene.Bo("X", 2 * MiB), A, 2 * MiB, flags: VmBindFlags.Immediate));

        Assert.Equal(GpuvaAction.Remap, scene.Actions[0].Action);
        scene.AssertStaged(true);
        AssertNoPageTableState(scene, 0, A + (2 * MiB));
    }

    [Theory]
    [MemberData(nameof(Settings))]
    [SeedHunk(5)]
    [SeedHunk(9)]
    [Rule("BIND-141")]
    [Rule("BIND-201")]
    public void Unmap_and_prefetch_of_a_mirror_prepare_and_commit_nothing(XeProfile profile, uint vmFlags)
    {
        using BindScene scene = AfterEx1(profile, vmFlags);
        scene.Do(Op.Map(scene.Bo("X", 2 * MiB), A, 2 * MiB, flags: VmBindFlags.Immediate));

        scene.Do(Op.Prefetch(A - 0x1000, 2 * MiB + 0x2000, region: 1));
        Assert.Equal(3, scene.Actions.Count);
        scene.AssertStaged(true);
        AssertNoPageTableState(scene, 0, A + (2 * MiB));

        VmCounterSnapshot before = VmCounterSnapshot.Of(scene);
        scene.Do(Op.Unmap(0, A));
        scene.AssertNothingWasSubmitted();
        Assert.Equal(before, VmCounterSnapshot.Of(scene));
    }

    private static void AssertNoPageTableState(BindScene scene, params ulong[] mirrors)
    {
        foreach (ulong va in mirrors)
        {
            VmaInfo vma = scene.Vm.FindVma(va)!.Value;
            Assert.Equal(VmaKind.Mirror, vma.Kind);
            Assert.Equal((0, 0, 0), (vma.TilePresent, vma.TileStaged, vma.TileInvalidated));
        }
    }

    private readonly record struct VmCounterSnapshot(VmCounters Counters, int Tables)
    {
        public static VmCounterSnapshot Of(BindScene scene) => new(scene.Vm.Counters, scene.Device.TablesInUse);
    }
}
