using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Worked examples 20 to 24 of specification 02 section 22: merging, scratch with faults, injected errors.</summary>
public class WorkedQuirkExampleTests
{
    private static readonly string[] AdvisedList =
        ["[0, 0x1000_0000) mirror", "[0x1000_0000, 0x2000_0000) mirror", "[0x2000_0000, E) mirror"];

    [Fact]
    [Rule("BIND-131")]
    public void Ex_20_a_mirror_over_an_advised_mirror_makes_everything_default_again()
    {
        using BindScene scene = AdvisedMiddle();

        scene.Do(scene.Mirror(0x1000_0000, 0x1000_0000));

        scene.ListIs("[0, E) mirror");
        Assert.Equal(AtomicAccess.Undefined, scene.VmaAt(0).Attributes.Atomic);
    }

    [Fact]
    [Rule("BIND-130")]
    [Rule("BIND-131")]
    public void Ex_20_an_advised_mirror_is_not_merged()
    {
        using BindScene scene = AdvisedMiddle();
        int left = scene.SlotAt(0), middle = scene.SlotAt(0x1000_0000);

        scene.Do(scene.Mirror(0x2000_0000, 0x1000_0000));

        scene.ListIs(AdvisedList);
        Assert.Equal([GpuvaAction.Unmap, GpuvaAction.Map], scene.Actions.Select(action => action.Action));
        Assert.Equal((0x2000_0000ul, E), (scene.Actions[1].Start, scene.Actions[1].End));
        Assert.Equal((left, middle), (scene.SlotAt(0), scene.SlotAt(0x1000_0000)));
        Assert.Equal(AtomicAccess.Device, scene.VmaAt(0x1000_0000).Attributes.Atomic);
    }

    [Theory]
    [InlineData(0x2_1000ul, "[0, 0x4_0000) mirror", null)]
    [InlineData(0x2_2000ul, "[0, 0x2_0000) mirror", "[0x2_2000, 0x4_0000) mirror")]
    [Rule("BIND-133")]
    public void Ex_21_one_page_gap(ulong rightStart, string first, string? second)
    {
        using var scene = new BindScene();
        scene.Do(scene.Mirror(0, 0x1_0000), scene.Mirror(rightStart, 0x4_0000 - rightStart));

        scene.Do(scene.Mirror(0x1_0000, 0x1_0000));

        scene.ListIs(second is null ? [first] : [first, second]);
    }

    [Fact]
    [Rule("BIND-133")]
    [Rule("SVM-024")]
    public void Ex_21_the_seed_merges_nothing()
    {
        using var scene = new BindScene(profile: XeProfile.SeedOpen);
        scene.Do(scene.Mirror(0, 0x1_0000), scene.Mirror(0x2_1000, 0x1_f000), scene.Mirror(0x1_0000, 0x1_0000));
        scene.ListIs("[0, 0x1_0000) mirror", "[0x1_0000, 0x2_0000) mirror", "[0x2_1000, 0x4_0000) mirror");
    }

    [Theory]
    [InlineData(XeProfile.Final)]
    [InlineData(XeProfile.SeedOpen)]
    [Rule("BIND-132")]
    [Rule("SVM-130")]
    public void Ex_22_flags_of_the_new_bind_win(XeProfile profile)
    {
        using BindScene scene = AfterEx1(profile);

        scene.Do(scene.Mirror(0x3000_0000, 0x1000_0000, VmBindFlags.ReadOnly) with { PatIndex = 1 });

        (ulong, bool, ushort)[] pieces = [.. scene.Vm.GetVmas().Select(vma => (vma.Range.Start, vma.IsReadOnly, vma.PatIndex))];
        Assert.Equal(
            profile == XeProfile.Final
                ? [(0ul, true, (ushort)1)]
                : [(0ul, false, (ushort)2), (0x3000_0000ul, true, (ushort)1), (0x4000_0000ul, false, (ushort)2)],
            pieces);
    }

    [Fact]
    [Rule("BIND-177")]
    [Rule("BIND-203")]
    [Rule("Q-09")]
    public void Ex_23_scratch_fault_vm_has_a_real_fence()
    {
        using var scene = new BindScene(vmFlags: 7);
        uint waited = scene.File.SyncobjCreate(signalled: true);

        scene.Do([Op.In(waited)], scene.Mirror(0, E));

        Assert.Equal(1, scene.PtOps);
        scene.AssertStaged();
        scene.ListIs("[0, E) mirror");
    }

    [Fact]
    [Rule("BIND-177")]
    [Rule("BIND-212")]
    [Rule("Q-09")]
    public void Ex_23_scratch_fault_vm_with_immediate_has_none()
    {
        using var scene = new BindScene(vmFlags: 7);
        uint waited = scene.File.SyncobjCreate(signalled: true);

        Assert.Equal(Errno.EOPNOTSUPP, scene.Bind([Op.In(waited)], scene.Mirror(0, E, VmBindFlags.Immediate)));

        Assert.Equal("BIND-212", scene.File.LastRejection.RuleId);
        Assert.Equal(0, scene.PtOps);
        scene.AssertNothingWasSubmitted();
        scene.ListIs("[0, E) mirror");
    }

    [Fact]
    [Rule("BIND-220")]
    [Rule("BIND-221")]
    public void Ex_24_injection_rotates_and_leaves_nothing()
    {
        using var scene = new BindScene(vmFlags: 0, debugBuild: true);
        DrmXeVmBindOp map = Op.Map(scene.Bo("X", 2 * MiB), A, 2 * MiB, flags: VmBindFlags.ForceOpError);
        string[] places = ["injected failure while preparing", "injected failure before running", "injected failure after locking"];
        for (int i = 0; i < 4; i++)
        {
            scene.Refuses(Errno.ENOSPC, "BIND-220", map);
            Assert.Equal(places[i % 3], scene.File.LastRejection.Because);
            scene.ListIs();
        }
    }

    [Fact]
    [Rule("BIND-222")]
    public void Ex_24_injection_into_mirror_binds_fires_at_lock_only()
    {
        using var scene = new BindScene(debugBuild: true);
        DrmXeVmBindOp mirror = scene.Mirror(0, E, VmBindFlags.ForceOpError);
        Errno[] results = [scene.Bind(mirror), scene.Bind(mirror), scene.Bind(mirror), scene.Bind(mirror)];
        Assert.Equal([Errno.Ok, Errno.Ok, Errno.ENOSPC, Errno.Ok], results);
    }

    /// <summary>The list that MADVISE of the middle leaves; the advice itself is put in by hand.</summary>
    private static BindScene AdvisedMiddle()
    {
        var scene = new BindScene();
        scene.Do(scene.Mirror(0x1000_0000, 0x1000_0000));
        scene.VmaAt(0x1000_0000).Attributes.Atomic = AtomicAccess.Device;
        scene.Do(scene.Mirror(0, 0x1000_0000));
        scene.Do(scene.Mirror(0x2000_0000, E - 0x2000_0000));
        scene.ListIs(AdvisedList);
        return scene;
    }
}
