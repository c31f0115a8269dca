using XePt.Devices;
using XePt.Tests.Bind;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Seed;

/// <summary>Seed hunks 25 to 34: the ioctl around the ops, its checks, its exits and its finish without a fence.</summary>
public class IoctlHunkTests
{
    public static TheoryData<XeProfile> Profiles => new(XeProfile.Final, XeProfile.SeedOpen);

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(25)]
    [Rule("BIND-210")]
    [Rule("BIND-214")]
    public void The_finish_step_works_with_and_without_a_fence(XeProfile profile)
    {
        using BindScene scene = AfterEx1(profile);
        DrmXeVmBindOp map = Op.Map(scene.Bo("X", 2 * MiB), A, 2 * MiB);

        scene.Do([Op.UserFence(0x7000, 1)], map);
        scene.AssertNothingWasSubmitted();
        Assert.Equal(1ul, scene.UserMemory.ReadUInt64(0x7000));
        Assert.True(scene.RemembersUserFence(A));

        scene.Do([Op.UserFence(0x7000, 2)], map with { Flags = VmBindFlags.Immediate });
        Assert.Equal(2, scene.PtOps);
        Assert.Equal(2ul, scene.UserMemory.ReadUInt64(0x7000));
        Assert.True(scene.RemembersUserFence(A));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(25)]
    [Rule("BIND-252")]
    public void The_seed_remembers_the_user_fence_on_a_mirror_the_final_driver_does_not(XeProfile profile)
    {
        using var scene = new BindScene(profile: profile);
        scene.Do([Op.UserFence(0x7000, 1)], scene.Mirror(0, E));
        Assert.Equal(profile == XeProfile.SeedOpen, scene.RemembersUserFence(0));
        Assert.Equal(1ul, scene.UserMemory.ReadUInt64(0x7000));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(26)]
    [Rule("BIND-209")]
    [Rule("BIND-210")]
    public void A_request_with_nothing_to_submit_is_finished_all_the_same(XeProfile profile)
    {
        using BindScene scene = AfterEx1(profile);

        scene.Do(Op.Unmap(0x1000_0000, 0x1000));

        scene.AssertNothingWasSubmitted();
        scene.ListIs("[0, 0x1000_0000) mirror", "[0x1000_1000, E) mirror");
        // The old VMA was destroyed at once, not after a fence.
        Assert.Equal(2, scene.Vm.Context.Space.Vmas.Count);
    }

    [Theory]
    [InlineData(XeProfile.Final, 0b111_1111u)]
    [InlineData(XeProfile.SeedOpen, 0b1_1111u)]
    [SeedHunk(27)]
    [Rule("BIND-072")]
    public void The_mirror_bit_is_a_supported_flag(XeProfile profile, uint supported)
    {
        for (int bit = 0; bit < 32; bit++)
        {
            using var scene = new BindScene(profile: profile);
            // UNMAP looks at no flag; what it refuses for another reason than BIND-072 is a flag it knows.
            Errno errno = scene.Bind(Op.Unmap(0, 0x1000) with { Flags = (VmBindFlags)(1u << bit) });
            bool isUnknown = errno != Errno.Ok && scene.File.LastRejection.RuleId == "BIND-072";
            Assert.Equal((bit, (supported & (1u << bit)) == 0), (bit, isUnknown));
        }
    }

    [Theory]
    [InlineData(XeProfile.Final, Errno.EINVAL, "BIND-068")]
    [InlineData(XeProfile.SeedOpen, Errno.EINVAL, "BIND-068")]
    [InlineData(XeProfile.SeedGated, Errno.EOPNOTSUPP, "BIND-067")]
    [SeedHunk(28)]
    [SeedHunk(29)]
    [Rule("BIND-042")]
    [Rule("BIND-067")]
    [Rule("BIND-068")]
    public void The_argument_checks_know_the_vm(XeProfile profile, Errno errno, string rule)
    {
        foreach (uint vmFlags in new uint[] { 0, 1, 2, 3, 6, 7 })
        {
            using var scene = new BindScene(vmFlags, profile);
            bool isFaultMode = (vmFlags & 4) != 0;
            if (isFaultMode && profile != XeProfile.SeedGated)
                scene.Do(scene.Mirror(0, 0x1000));
            else
                scene.Refuses(errno, rule, scene.Mirror(0, 0x1000));
        }
    }

    [Theory]
    [InlineData(XeProfile.Final)]
    [InlineData(XeProfile.SeedOpen)]
    [SeedHunk(29)]
    [Rule("BIND-003")]
    [Rule("BIND-068")]
    public void Only_the_final_driver_asks_for_svm_in_the_build(XeProfile profile)
    {
        using var device = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { Profile = profile, SvmPresent = false });
        XeFile file = device.OpenFile();
        var create = new DrmXeVmCreate { Flags = VmCreateFlags.LrMode | VmCreateFlags.FaultMode };
        Assert.Equal(Errno.Ok, file.VmCreate(ref create));
        var bind = new DrmXeVmBind
        {
            VmId = create.VmId,
            NumBinds = 1,
            Bind = Op.Map(0, 0, 0x1000, 0, MirrorFlag(profile)),
        };
        Assert.Equal(profile == XeProfile.Final ? Errno.EINVAL : Errno.Ok, file.VmBind(bind));
    }

    [Fact]
    [SeedHunk(29)]
    [Rule("BIND-091")]
    public void The_gate_decides_in_op_order_and_before_every_other_check_of_its_op()
    {
        using var scene = new BindScene(profile: XeProfile.SeedGated);
        DrmXeVmBindOp mirror = scene.Mirror(0, 0x1000), bad = Op.Unmap(0x123, 0x1000);
        scene.Refuses(Errno.EINVAL, "BIND-089", bad, mirror);
        scene.Refuses(Errno.EOPNOTSUPP, "BIND-067", mirror, bad);
        scene.Refuses(Errno.EOPNOTSUPP, "BIND-067", mirror with { PatIndex = 99 });
        scene.Refuses(Errno.EOPNOTSUPP, "BIND-067", mirror with { Op = VmBindOp.UnmapAll, Flags = mirror.Flags | (VmBindFlags)(1u << 29) });
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(30)]
    [Rule("BIND-073")]
    [Rule("BIND-074")]
    [Rule("BIND-075")]
    [Rule("BIND-076")]
    [Rule("SVM-133")]
    public void A_mirror_has_no_bo_and_no_offset_and_is_a_map(XeProfile profile)
    {
        using var scene = new BindScene(profile: profile);
        DrmXeVmBindOp mirror = scene.Mirror(0, 0x1000);
        scene.Refuses(Errno.EINVAL, "BIND-073", mirror with { Obj = scene.Bo("X", 0x1000) });
        scene.Refuses(Errno.EINVAL, "BIND-074", mirror with { ObjOffset = 0x1000 });
        foreach (VmBindOp op in new[] { VmBindOp.Unmap, VmBindOp.MapUserptr, VmBindOp.UnmapAll, VmBindOp.Prefetch })
            scene.Refuses(Errno.EINVAL, "BIND-075", mirror with { Op = op });
        scene.Refuses(Errno.EINVAL, "BIND-076", mirror with { Flags = 0 });
        scene.Do(mirror);
    }

    [Theory]
    [InlineData(XeProfile.Final)]
    [InlineData(XeProfile.SeedGated)]
    [InlineData(XeProfile.SeedOpen)]
    [SeedHunk(31)]
    [Rule("BIND-041")]
    [Rule("BIND-058")]
    public void The_vm_is_looked_up_before_anything_else(XeProfile profile)
    {
        using var scene = new BindScene(profile: profile);
        var unknown = new DrmXeVmBind { VmId = 77 };
        Assert.Equal(Errno.EINVAL, scene.Bind(unknown with { ExecQueueId = 99 }, [], Op.Unmap(0, 0x1000)));
        AssertUnknownVm();
        Assert.Equal(Errno.EINVAL, scene.File.VmBind(unknown with { NumBinds = 2 }));
        AssertUnknownVm();
        Assert.Equal(Errno.EINVAL, scene.Bind(unknown, [], scene.Mirror(0, 0x1000)));
        AssertUnknownVm();

        void AssertUnknownVm() => Assert.Equal(("BIND-041", 77ul), (scene.File.LastRejection.RuleId, scene.File.LastRejection.Value));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(32)]
    [Rule("BIND-043")]
    [Rule("BIND-046")]
    public void The_queue_is_looked_up_after_the_arguments_and_before_the_lock(XeProfile profile)
    {
        using var scene = new BindScene(profile: profile);
        scene.Vm.Context.Ban();
        var head = new DrmXeVmBind { VmId = scene.Vm.Id, ExecQueueId = 99 };
        Assert.Equal((Errno.EINVAL, "BIND-089"), (scene.Bind(head, [], Op.Unmap(0x123, 0x1000)), scene.File.LastRejection.RuleId));
        Assert.Equal((Errno.ENOENT, "BIND-043"), (scene.Bind(head, [], Op.Unmap(E, 0x1000)), scene.File.LastRejection.RuleId));
        Assert.Equal(
            (Errno.ENOENT, "BIND-046"),
            (scene.Bind(head with { ExecQueueId = 0 }, [], Op.Unmap(E, 0x1000)), scene.File.LastRejection.RuleId));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(31)]
    [SeedHunk(32)]
    [SeedHunk(33)]
    [Rule("BIND-059")]
    public void No_exit_keeps_a_reference(XeProfile profile)
    {
        using BindScene scene = AfterEx1(profile);
        uint x = scene.Bo("X", 2 * MiB);
        XeBo bo = scene.File.FindBo(x)!;
        DrmXeVmBindOp map = Op.Map(x, A, 2 * MiB);
        DrmXeSync[] fence = [Op.UserFence(0x7000, 1)];
        var head = new DrmXeVmBind { VmId = scene.Vm.Id };
        ulong before = scene.Vm.StateHash();

        // One exit of each phase: arguments, queue, interval, BO, syncs, split, lock.
        Assert.Equal(Errno.EINVAL, scene.Bind(head, fence, map, map with { PatIndex = 99 }));
        Assert.Equal(Errno.ENOENT, scene.Bind(head with { ExecQueueId = 9 }, fence, map, map));
        Assert.Equal(Errno.EINVAL, scene.Bind(head, fence, map, Op.Unmap(E, 0x1000)));
        Assert.Equal(Errno.ENOENT, scene.Bind(head, fence, map, map with { Obj = 99 }));
        Assert.Equal(Errno.ENOENT, scene.Bind(head, [.. fence, Op.In(99)], map, map));
        Assert.Equal(Errno.EFAULT, scene.Bind(head, fence, map, Op.Userptr(0x7f00_0000_0000, 0, 0x1000)));
        Assert.Equal(Errno.EINVAL, scene.Bind(head, fence, map, Op.Prefetch(A, 0x1000, 0)));

        Assert.Equal(1, bo.Object.References);
        Assert.Equal(before, scene.Vm.StateHash());
        Assert.Equal(0, scene.Vm.Context.UserFences.Count);
        Assert.Equal(0ul, scene.UserMemory.ReadUInt64(0x7000));
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = scene.Vm.Id }));
        Assert.Equal(0, scene.Device.TablesInUse);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(34)]
    [Rule("BIND-231")]
    public void A_mirror_is_never_invalidated_as_a_vma(XeProfile profile)
    {
        using BindScene scene = AfterEx1(profile);
        scene.Do(Op.Map(scene.Bo("X", 2 * MiB), A, 2 * MiB, flags: VmBindFlags.Immediate),
            Op.Null(A + (4 * MiB), 2 * MiB, VmBindFlags.Immediate));
        ulong before = scene.Vm.StateHash();
        Assert.Equal(Errno.ENOENT, scene.Vm.Zap(0x1000));
        Assert.Equal(Errno.ENOENT, scene.Vm.Zap(A + (4 * MiB)));
        Assert.Equal(before, scene.Vm.StateHash());

        Assert.Equal(Errno.Ok, scene.Vm.Zap(A));
        Assert.NotEqual(before, scene.Vm.StateHash());
    }
}
