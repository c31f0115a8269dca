using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Specification 02 section 12.3: calls with nothing to submit.</summary>
public class NoDataRuleTests
{
    public static TheoryData<XeProfile> Profiles => new(XeProfile.Final, XeProfile.SeedOpen);

    [Theory]
    [MemberData(nameof(Profiles))]
    [Rule("BIND-209")]
    [Rule("BIND-051")]
    [Rule("BIND-053")]
    public void Nothing_is_submitted_for_no_ops_holes_mirrors_and_deferred_maps(XeProfile profile)
    {
        using var scene = new BindScene(profile: profile);
        DrmXeVmBindOp[][] calls =
        [
            [], [Op.Unmap(A, 0x1000)], [Op.Unmap(A, 0x1000), Op.Prefetch(A, 0x1000, 0)], [Op.UnmapAll(scene.Bo("Y", 0x1000))],
            [scene.Mirror(0, E)], [Op.Unmap(2 * A, A)], [Op.Map(scene.Bo("X", 0x1000), A, 0x1000), Op.Null(A + 0x1000, 0x1000)],
            [Op.Prefetch(0, 0x1000, 0)],
        ];
        foreach (DrmXeVmBindOp[] ops in calls)
        {
            scene.Do(ops);
            scene.AssertNothingWasSubmitted();
        }

        Assert.Equal(0, scene.Vm.Counters.Commits);
        // No unwind: the list has the new state.
        scene.ListIs(
            "[0, 0x1_0000_0000) mirror", "[0x1_0000_0000, 0x1_0000_1000) BO X(0)", "[0x1_0000_1000, 0x1_0000_2000) null",
            "[0x1_0000_2000, 0x2_0000_0000) mirror", "[0x3_0000_0000, E) mirror");
    }

    [Fact]
    [Rule("BIND-211")]
    [Rule("SVM-025")]
    public void Out_syncs_of_an_empty_call_are_signalled()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint binary = scene.File.SyncobjCreate(), timeline = scene.File.SyncobjCreate();
        scene.Do([Op.Out(binary), Op.OutPoint(timeline, 4)]);
        Assert.True(scene.File.SyncobjHasFence(binary));
        scene.Refuses(Errno.EINVAL, "BIND-118", [Op.InPoint(timeline, 5)]);
        scene.Do([Op.OutPoint(timeline, 6)]);
        scene.Do([Op.InPoint(timeline, 4)]);
    }

    [Fact]
    [Rule("BIND-211")]
    [Rule("BIND-250")]
    public void A_user_fence_is_written_when_there_was_something_to_do_but_nothing_to_submit()
    {
        using var scene = new BindScene();
        scene.Do([Op.UserFence(0x7000, 8)], Op.Map(scene.Bo("X", 0x1000), A, 0x1000));
        scene.AssertNothingWasSubmitted();
        Assert.Equal(8ul, scene.UserMemory.ReadUInt64(0x7000));
        scene.Do(Op.Unmap(A, 0x1000));
    }

    [Fact]
    [Rule("BIND-212")]
    public void An_in_sync_that_holds_a_fence_is_refused_the_changes_stay_and_nothing_is_signalled()
    {
        using var scene = new BindScene();
        uint waited = scene.File.SyncobjCreate(signalled: true);
        DrmXeSync[] syncs = [Op.UserFence(0x7000, 8), Op.In(waited)];
        Assert.Equal(Errno.EOPNOTSUPP, scene.Bind(syncs, scene.Mirror(0, A), Op.Map(scene.Bo("X", 0x1000), 0, 0x1000)));
        Assert.Equal("BIND-212", scene.File.LastRejection.RuleId);
        scene.ListIs("[0, 0x1000) BO X(0)", "[0x1000, 0x1_0000_0000) mirror");
        Assert.Equal(0ul, scene.UserMemory.ReadUInt64(0x7000));
    }

    [Fact]
    [Rule("BIND-212")]
    [Rule("BIND-253")]
    public void The_fence_that_was_never_signalled_keeps_its_vma_busy()
    {
        using var scene = new BindScene();
        uint waited = scene.File.SyncobjCreate(signalled: true);
        Assert.Equal(
            Errno.EOPNOTSUPP, scene.Bind([Op.UserFence(0x7000, 8), Op.In(waited)], Op.Map(scene.Bo("X", 0x1000), A, 0x1000)));
        scene.Refuses(Errno.EBUSY, "BIND-195", Op.Unmap(A, 0x1000));
    }

    [Theory]
    [InlineData(0u, Errno.EOPNOTSUPP)]
    [InlineData(6u, Errno.EOPNOTSUPP)]
    [Rule("BIND-212")]
    public void An_empty_call_refuses_it_as_well(uint vmFlags, Errno errno)
    {
        using var scene = new BindScene(vmFlags);
        uint waited = scene.File.SyncobjCreate(signalled: true);
        scene.Refuses(errno, "BIND-212", [Op.In(waited)]);
        scene.Refuses(errno, "BIND-212", [Op.In(waited)], Op.Unmap(0, 0x1000));
    }

    [Fact]
    [Rule("BIND-212")]
    public void The_seed_takes_in_syncs_on_this_path()
    {
        using var scene = new BindScene(profile: XeProfile.SeedOpen);
        uint waited = scene.File.SyncobjCreate(signalled: true);
        scene.Do([Op.In(waited), Op.UserFence(0x7000, 8)], scene.Mirror(0, E));
        Assert.Equal(8ul, scene.UserMemory.ReadUInt64(0x7000));
        scene.Do([Op.In(waited)]);
    }

    [Fact]
    [Rule("BIND-210")]
    [Rule("BIND-229")]
    public void Removed_vmas_are_gone_at_once()
    {
        using BindScene scene = AfterEx1();
        scene.Do(Op.Unmap(A, 0x1000), Op.Unmap(2 * A, 0x1000), Op.Unmap(0, A));
        scene.AssertNothingWasSubmitted();
        Assert.Equal(2, scene.Vm.VmaCount);
        Assert.Equal(2, scene.Vm.Context.Space.Vmas.Count);
    }
}
