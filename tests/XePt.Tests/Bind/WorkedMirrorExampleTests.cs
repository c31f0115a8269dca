using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Worked examples 1 to 8 and 13 of specification 02 section 22: mirrors and what is bound inside them.</summary>
public class WorkedMirrorExampleTests
{
    [Theory]
    [InlineData(XeProfile.Final)]
    [InlineData(XeProfile.SeedOpen)]
    [Rule("BIND-209")]
    [Rule("BIND-258")]
    [Rule("SVM-025")]
    public void Ex_1_mirror_over_everything(XeProfile profile)
    {
        using var scene = new BindScene(profile: profile);
        int tables = scene.Device.TablesInUse;

        scene.Do(scene.Mirror(0, E));

        Assert.Equal(0, scene.PtOps);
        scene.AssertNothingWasSubmitted();
        scene.ListIs("[0, E) mirror");
        Assert.Equal(tables, scene.Device.TablesInUse);
        Assert.Equal(default, scene.Vm.Counters);
    }

    [Fact]
    [Rule("BIND-067")]
    public void Ex_1_the_gated_seed_refuses_it()
    {
        using var scene = new BindScene(profile: XeProfile.SeedGated);
        scene.Refuses(Errno.EOPNOTSUPP, "BIND-067", scene.Mirror(0, E));
        scene.ListIs();
    }

    [Theory]
    [InlineData(XeProfile.Final)]
    [InlineData(XeProfile.SeedOpen)]
    [Rule("BIND-155")]
    [Rule("BIND-184")]
    public void Ex_2_bo_in_the_middle_deferred(XeProfile profile)
    {
        using BindScene scene = AfterEx2(profile);

        Assert.Equal([GpuvaAction.Remap, GpuvaAction.Map], scene.Actions.Select(action => action.Action));
        Assert.True(scene.Actions[0].Previous!.Value.IsSkipped);
        Assert.True(scene.Actions[0].Next!.Value.IsSkipped);
        Assert.Equal(0, scene.PtOps);
        scene.AssertNothingWasSubmitted();
        ListOfEx2(scene);
        Assert.Equal(0, scene.VmaAt(A).TilePresent);
    }

    [Theory]
    [InlineData(XeProfile.Final)]
    [InlineData(XeProfile.SeedOpen)]
    [Rule("BIND-252")]
    [Rule("BIND-250")]
    public void Ex_3_the_same_with_immediate_and_a_user_fence(XeProfile profile)
    {
        using BindScene scene = AfterEx1(profile);

        scene.Do([Op.UserFence(0x7000, 42)], Op.Map(scene.Bo("X", 2 * MiB), A, 2 * MiB, flags: VmBindFlags.Immediate));

        Assert.Equal(1, scene.PtOps);
        scene.AssertStaged(true);
        ListOfEx2(scene);
        Assert.Equal(1, scene.VmaAt(A).TilePresent);
        Assert.Equal(42ul, scene.UserMemory.ReadUInt64(0x7000));
        Assert.True(scene.RemembersUserFence(A));
        bool piecesRemember = profile == XeProfile.Final;
        Assert.Equal(piecesRemember, scene.RemembersUserFence(0));
        Assert.Equal(piecesRemember, scene.RemembersUserFence(A + (2 * MiB)));
    }

    [Theory]
    [InlineData(XeProfile.Final)]
    [InlineData(XeProfile.SeedOpen)]
    [Rule("BIND-130")]
    [Rule("BIND-203")]
    [Rule("SVM-024")]
    public void Ex_4_bo_goes_away_mirror_over_it(XeProfile profile)
    {
        using BindScene scene = AfterEx2(profile);
        uint waited = scene.File.SyncobjCreate(signalled: true);

        // The fence is a real one, so an in-sync is accepted.
        scene.Do([Op.In(waited)], scene.Mirror(A, 2 * MiB));

        Assert.Equal(1, scene.PtOps);
        scene.AssertStaged();
        if (profile == XeProfile.Final)
        {
            Assert.Equal(
                [GpuvaAction.Unmap, GpuvaAction.Unmap, GpuvaAction.Unmap, GpuvaAction.Map], scene.Actions.Select(action => action.Action));
            scene.ListIs("[0, E) mirror");
        }
        else
        {
            Assert.Equal([GpuvaAction.Unmap, GpuvaAction.Map], scene.Actions.Select(action => action.Action));
            scene.ListIs("[0, 0x1_0000_0000) mirror", "[0x1_0000_0000, 0x1_0020_0000) mirror", "[0x1_0020_0000, E) mirror");
        }
    }

    [Theory]
    [InlineData(XeProfile.Final)]
    [InlineData(XeProfile.SeedOpen)]
    [Rule("BIND-202")]
    [Rule("BIND-243")]
    public void Ex_5_mirror_over_the_upper_half_of_the_bo(XeProfile profile)
    {
        using BindScene scene = AfterEx2(profile);

        scene.Do(scene.Mirror(0x1_0010_0000, 0x10_0000));

        Assert.Equal(2, scene.PtOps);
        scene.AssertWaits(kernel: false, bookkeep: true);
        GpuvaActionInfo remap = Assert.Single(scene.Actions, action => action.Action == GpuvaAction.Remap);
        Assert.False(remap.Previous!.Value.IsSkipped);
        Assert.Equal(1, scene.VmaAt(A).TilePresent);
        Assert.Equal(TranslationStatus.Mapped, scene.Vm.Translate(A).Status);
        Assert.Equal(TranslationStatus.NotPresent, scene.Vm.Translate(0x1_0010_0000).Status);
        if (profile == XeProfile.Final)
            scene.ListIs("[0, 0x1_0000_0000) mirror", "[0x1_0000_0000, 0x1_0010_0000) BO X(0)", "[0x1_0010_0000, E) mirror");
        else
            scene.ListIs(
                "[0, 0x1_0000_0000) mirror", "[0x1_0000_0000, 0x1_0010_0000) BO X(0)",
                "[0x1_0010_0000, 0x1_0020_0000) mirror", "[0x1_0020_0000, E) mirror");
    }

    [Theory]
    [InlineData(XeProfile.Final)]
    [InlineData(XeProfile.SeedOpen)]
    [Rule("BIND-053")]
    [Rule("BIND-135")]
    public void Ex_6_hole_in_a_mirror(XeProfile profile)
    {
        using BindScene scene = AfterEx1(profile);
        for (int round = 0; round < 2; round++)
        {
            scene.Do(Op.Unmap(0x2000_0000, 0x1000_0000));
            Assert.Equal(0, scene.PtOps);
            scene.AssertNothingWasSubmitted();
            Assert.Equal(round == 0 ? 1 : 0, scene.Actions.Count);
            scene.ListIs("[0, 0x2000_0000) mirror", "[0x3000_0000, E) mirror");
        }
    }

    [Fact]
    [Rule("BIND-182")]
    [Rule("RN-046")]
    [Rule("SVM-023")]
    [Rule("SVM-124")]
    public void Ex_7_a_hole_where_the_gpu_has_faulted_pages_is_refused()
    {
        using BindScene scene = AfterEx1();
        scene.Populate(0x2000_0000, 0x2020_0000);
        scene.Refuses(Errno.EBUSY, "BIND-182", Op.Unmap(0x2000_0000, 0x1000_0000));
        scene.ListIs("[0, E) mirror");
    }

    [Fact]
    [Rule("BIND-182")]
    [Rule("SVM-124")]
    public void Ex_7_only_the_removed_part_is_looked_at()
    {
        using BindScene scene = AfterEx1();
        scene.Populate(0x4000_0000, 0x4020_0000);
        scene.Do(Op.Unmap(0x2000_0000, 0x1000_0000));
        scene.ListIs("[0, 0x2000_0000) mirror", "[0x3000_0000, E) mirror");
        Assert.Equal((1, TranslationStatus.Mapped), (scene.Vm.Context.Ranges.Count, scene.Vm.Translate(0x4000_0000).Status));
    }

    [Fact]
    [Rule("BIND-134")]
    [Rule("BIND-183")]
    [Rule("SVM-120")]
    [Rule("SVM-121")]
    [Rule("SVM-007")]
    public void Ex_7_a_mirror_over_the_range_keeps_it()
    {
        using BindScene scene = AfterEx1();
        scene.Populate(0x2000_0000, 0x2020_0000);

        scene.Do(scene.Mirror(0x2000_0000, 0x1000_0000));

        scene.ListIs("[0, E) mirror");
        Assert.Equal(1, scene.Vm.Context.Ranges.Count);
        Assert.Equal(TranslationStatus.Mapped, scene.Vm.Translate(0x2000_0000).Status);
    }

    [Fact]
    [Rule("BIND-182")]
    [Rule("SVM-124")]
    [Rule("SVM-125")]
    public void Ex_7_a_bo_over_the_range_waits_until_the_range_is_collected()
    {
        using BindScene scene = AfterEx1();
        scene.Populate(0x2000_0000, 0x2020_0000);
        DrmXeVmBindOp map = Op.Map(scene.Bo("X", 2 * MiB), 0x2000_0000, 2 * MiB);
        scene.Refuses(Errno.EBUSY, "BIND-182", map);

        Assert.Equal(Errno.Ok, scene.Vm.UnbindRange(new(0x2000_0000, 0x2020_0000)));
        scene.Do(map);
        scene.ListIs("[0, 0x2000_0000) mirror", "[0x2000_0000, 0x2020_0000) BO X(0)", "[0x2020_0000, E) mirror");
    }

    [Fact]
    [Rule("BIND-182")]
    [Rule("SVM-023")]
    public void Ex_7_the_seed_has_no_such_check()
    {
        using BindScene scene = AfterEx1(XeProfile.SeedOpen);
        scene.Populate(0x2000_0000, 0x2020_0000);
        scene.Do(Op.Unmap(0x2000_0000, 0x1000_0000));
        scene.ListIs("[0, 0x2000_0000) mirror", "[0x3000_0000, E) mirror");
    }

    [Theory]
    [InlineData(XeProfile.Final)]
    [InlineData(XeProfile.SeedOpen)]
    [Rule("BIND-189")]
    public void Ex_8_unmap_everything(XeProfile profile)
    {
        using BindScene scene = AfterEx3(profile);
        scene.Do(Op.Unmap(0, E));
        Assert.Equal(1, scene.PtOps);
        scene.AssertStaged(false);
        scene.ListIs();
        Assert.Equal(1, scene.Device.TablesInUse);
    }

    [Fact]
    [Rule("BIND-195")]
    [Rule("BIND-253")]
    public void Ex_8_not_while_the_user_fence_is_unsignalled()
    {
        using BindScene scene = AfterEx3();
        int fence = scene.AttachPendingUserFence(A);
        scene.Refuses(Errno.EBUSY, "BIND-195", Op.Unmap(0, E));
        ListOfEx2(scene);

        scene.Vm.Context.UserFences.FlagOf(fence).Set();
        scene.Do(Op.Unmap(0, E));
        scene.ListIs();
    }

    [Theory]
    [InlineData(XeProfile.Final)]
    [InlineData(XeProfile.SeedOpen)]
    [Rule("BIND-154")]
    [Rule("BIND-158")]
    [Rule("BIND-188")]
    public void Ex_13_bo_across_two_bos_and_a_mirror_gap(XeProfile profile)
    {
        using BindScene scene = AfterEx1(profile);
        scene.Do(Op.Map(scene.Bo("X", 64 * MiB), 0x1000_0000, 64 * MiB));
        scene.Do(Op.Map(scene.Bo("Z", 64 * MiB), 0x1800_0000, 64 * MiB));

        scene.Do(Op.Map(scene.Bo("W", 128 * MiB), 0x1200_0000, 128 * MiB));

        Assert.Equal(4, scene.PtOps);
        Assert.Equal(
            [GpuvaAction.Remap, GpuvaAction.Unmap, GpuvaAction.Remap, GpuvaAction.Map], scene.Actions.Select(action => action.Action));
        scene.ListIs(
            "[0, 0x1000_0000) mirror", "[0x1000_0000, 0x1200_0000) BO X(0)", "[0x1200_0000, 0x1a00_0000) BO W(0)",
            "[0x1a00_0000, 0x1c00_0000) BO Z(0x200_0000)", "[0x1c00_0000, E) mirror");
        Assert.Equal(
            (1, 0, 1), (scene.VmaAt(0x1000_0000).TilePresent, scene.VmaAt(0x1200_0000).TilePresent, scene.VmaAt(0x1a00_0000).TilePresent));
    }

    private static void ListOfEx2(BindScene scene) =>
        scene.ListIs("[0, 0x1_0000_0000) mirror", "[0x1_0000_0000, 0x1_0020_0000) BO X(0)", "[0x1_0020_0000, E) mirror");
}
