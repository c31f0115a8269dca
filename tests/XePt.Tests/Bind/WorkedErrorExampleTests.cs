using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Worked examples 17 to 19 of specification 02 section 22: calls that are refused.</summary>
public class WorkedErrorExampleTests
{
    /// <summary>The rows of Ex 18 by the words of its first column.</summary>
    private static readonly Dictionary<string, Func<BindScene, Errno>> MirrorRequests = new()
    {
        ["mirror on VM flags 2"] = scene =>
            scene.Bind(new DrmXeVmBind { VmId = scene.CreateVm(2).Id }, [], scene.Mirror(0, 0x1000)),
        ["mirror with obj 1"] = scene => scene.Bind(scene.Mirror(0, 0x1000) with { Obj = 1 }),
        ["mirror with offset 0x1000"] = scene => scene.Bind(scene.Mirror(0, 0x1000) with { CpuAddrMirrorOffset = 0x1000 }),
        ["mirror with op UNMAP"] = scene => scene.Bind(scene.Mirror(0, 0x1000) with { Op = VmBindOp.Unmap }),
        ["mirror with op PREFETCH"] = scene => scene.Bind(scene.Mirror(0, 0x1000) with { Op = VmBindOp.Prefetch }),
        ["mirror, range 0"] = scene => scene.Bind(scene.Mirror(0, 0)),
        ["mirror, addr 0x1000, range E"] = scene => scene.Bind(scene.Mirror(0x1000, E)),
        ["mirror plus unknown bit 30"] = scene => scene.Bind(scene.Mirror(0, 0x1000, (VmBindFlags)(1u << 30))),
        ["mirror, unknown vm_id, exec_queue_id 99"] = scene =>
            scene.Bind(new DrmXeVmBind { VmId = 77, ExecQueueId = 99 }, [], scene.Mirror(0, 0x1000)),
        ["mirror valid, exec_queue_id 99"] = scene =>
            scene.Bind(new DrmXeVmBind { VmId = scene.Vm.Id, ExecQueueId = 99 }, [], scene.Mirror(0, 0x1000)),
        ["user bit 1<<4 used as the flag"] = scene => scene.Bind(Op.Map(0, 0, 0x1000, 0, (VmBindFlags)(1u << 4))),
        ["op 0 bad alignment, op 1 mirror"] = scene => scene.Bind(Op.Unmap(0x123, 0x1000), scene.Mirror(0, 0x1000)),
        ["autoreset without mirror"] = scene => scene.Bind(Op.Map(scene.Bo("X", 0x1000), 0, 0x1000, 0, (VmBindFlags)(1u << 6))),
    };

    /// <summary>The rows of Ex 19, in the VM of Ex 1 with X, a write-back BO of 2 MiB, not bound.</summary>
    private static readonly Dictionary<string, Func<BindScene, uint, Errno>> OtherRequests = new()
    {
        ["MAP, obj 77 unknown"] = (scene, _) => scene.Bind(Op.Map(77, A, 0x1000)),
        ["MAP X, range 0x40_0000 on a 2 MiB BO"] = (scene, x) => scene.Bind(Op.Map(x, A, 0x40_0000)),
        ["MAP X, PAT index 0"] = (scene, x) => scene.Bind(Op.Map(x, A, 0x1000) with { PatIndex = 0 }),
        ["MAP X, PAT index 17"] = (scene, x) => scene.Bind(Op.Map(x, A, 0x1000) with { PatIndex = 17 }),
        ["MAP X with user fence address 0x1004"] = (scene, x) => scene.Bind([Op.UserFence(0x1004, 1)], Op.Map(x, A, 0x1000)),
        ["MAP X with two user fences"] = (scene, x) =>
            scene.Bind([Op.UserFence(0x1000, 1), Op.UserFence(0x2000, 1)], Op.Map(x, A, 0x1000)),
        ["num_binds 0 and a user fence"] = (scene, _) => scene.Bind([Op.UserFence(0x1000, 1)]),
        ["num_binds 0, no syncs"] = (scene, _) => scene.Bind(),
        ["num_binds 2, vector unreadable"] = (scene, _) => scene.File.VmBind(new DrmXeVmBind { VmId = scene.Vm.Id, NumBinds = 2 }),
        ["UNMAP_ALL X, X not bound"] = (scene, x) => scene.Bind(Op.UnmapAll(x)),
        ["UNMAP_ALL X, PAT index 0"] = (scene, x) => scene.Bind(Op.UnmapAll(x) with { PatIndex = 0 }),
        ["MAP_USERPTR, CPU address not mapped"] = (scene, _) => scene.Bind(Op.Userptr(0x7f00_0000_0000, A, 0x1000)),
    };

    [Fact]
    [Rule("BIND-212")]
    public void Ex_17_in_sync_with_a_mirror_bind()
    {
        using var scene = new BindScene();
        uint waited = scene.File.SyncobjCreate(signalled: true);
        Assert.Equal(Errno.EOPNOTSUPP, scene.Bind([Op.In(waited)], scene.Mirror(0, E)));
        Assert.Equal("BIND-212", scene.File.LastRejection.RuleId);
        scene.ListIs("[0, E) mirror");
    }

    [Fact]
    [Rule("BIND-212")]
    public void Ex_17_without_the_in_sync()
    {
        using var scene = new BindScene();
        scene.Do(scene.Mirror(0, E));
        scene.ListIs("[0, E) mirror");
    }

    [Theory]
    [InlineData("mirror on VM flags 2", Errno.EINVAL, Errno.EOPNOTSUPP, Errno.EINVAL)]
    [InlineData("mirror with obj 1", Errno.EINVAL, Errno.EOPNOTSUPP, Errno.EINVAL)]
    [InlineData("mirror with offset 0x1000", Errno.EINVAL, Errno.EOPNOTSUPP, Errno.EINVAL)]
    [InlineData("mirror with op UNMAP", Errno.EINVAL, Errno.EOPNOTSUPP, Errno.EINVAL)]
    [InlineData("mirror with op PREFETCH", Errno.EINVAL, Errno.EOPNOTSUPP, Errno.EINVAL)]
    [InlineData("mirror, range 0", Errno.EINVAL, Errno.EOPNOTSUPP, Errno.EINVAL)]
    [InlineData("mirror, addr 0x1000, range E", Errno.EINVAL, Errno.EOPNOTSUPP, Errno.EINVAL)]
    [InlineData("mirror plus unknown bit 30", Errno.EINVAL, Errno.EOPNOTSUPP, Errno.EINVAL)]
    [InlineData("mirror, unknown vm_id, exec_queue_id 99", Errno.EINVAL, Errno.EINVAL, Errno.EINVAL)]
    [InlineData("mirror valid, exec_queue_id 99", Errno.ENOENT, Errno.EOPNOTSUPP, Errno.ENOENT)]
    [InlineData("user bit 1<<4 used as the flag", Errno.EINVAL, Errno.EOPNOTSUPP, Errno.Ok)]
    [InlineData("op 0 bad alignment, op 1 mirror", Errno.EINVAL, Errno.EINVAL, Errno.EINVAL)]
    [InlineData("autoreset without mirror", Errno.EINVAL, Errno.EINVAL, Errno.EINVAL)]
    [Rule("BIND-068")]
    [Rule("BIND-091")]
    public void Ex_18_rejected_mirror_binds(string request, Errno final, Errno gated, Errno open)
    {
        (XeProfile Profile, Errno Errno)[] columns =
            [(XeProfile.Final, final), (XeProfile.SeedGated, gated), (XeProfile.SeedOpen, open)];
        foreach ((XeProfile profile, Errno expected) in columns)
        {
            using var scene = new BindScene(profile: profile);
            Assert.Equal((profile, expected), (profile, MirrorRequests[request](scene)));
            Assert.Equal(expected == Errno.Ok ? 1 : 0, scene.Vm.VmaCount);
            Assert.Equal(expected, scene.File.LastRejection.Errno);
        }
    }

    [Fact]
    [Rule("BIND-047")]
    public void Ex_18_the_interval_is_looked_at_after_the_arguments()
    {
        using var scene = new BindScene();
        scene.Refuses(Errno.EINVAL, "BIND-047", scene.Mirror(0x1000, E));
    }

    [Theory]
    [InlineData("MAP, obj 77 unknown", Errno.ENOENT, "BIND-049")]
    [InlineData("MAP X, range 0x40_0000 on a 2 MiB BO", Errno.EINVAL, "BIND-095")]
    [InlineData("MAP X, PAT index 0", Errno.EINVAL, "BIND-097")]
    [InlineData("MAP X, PAT index 17", Errno.EINVAL, "BIND-070")]
    [InlineData("MAP X with user fence address 0x1004", Errno.EINVAL, "BIND-121")]
    [InlineData("MAP X with two user fences", Errno.EINVAL, "BIND-124")]
    [InlineData("num_binds 0 and a user fence", Errno.EOPNOTSUPP, "BIND-119")]
    [InlineData("num_binds 0, no syncs", Errno.Ok, null)]
    [InlineData("num_binds 2, vector unreadable", Errno.EFAULT, "BIND-065")]
    [InlineData("UNMAP_ALL X, X not bound", Errno.Ok, null)]
    [InlineData("MAP_USERPTR, CPU address not mapped", Errno.EFAULT, "BIND-178")]
    public void Ex_19_other_errors(string request, Errno errno, string? rule)
    {
        using BindScene scene = AfterEx1();
        uint x = scene.Bo("X", 2 * MiB, placement: 1);
        ulong before = scene.Vm.StateHash();
        Assert.Equal((errno, rule), (OtherRequests[request](scene, x), scene.File.LastRejection.RuleId));
        Assert.Equal(before, scene.Vm.StateHash());
    }

    [Fact]
    [Rule("BIND-101")]
    public void Ex_19_unmap_all_of_a_bound_bo_obeys_its_caching()
    {
        using BindScene scene = AfterEx1();
        uint x = scene.Bo("X", 2 * MiB, placement: 1);
        scene.Do(Op.Map(x, A, 2 * MiB));
        ulong before = scene.Vm.StateHash();
        Assert.Equal(Errno.EINVAL, OtherRequests["UNMAP_ALL X, PAT index 0"](scene, x));
        Assert.Equal("BIND-097", scene.File.LastRejection.RuleId);
        Assert.Equal(before, scene.Vm.StateHash());
    }

    [Fact]
    [Rule("BIND-015")]
    [Rule("BIND-046")]
    public void Ex_19_any_bind_on_a_banned_vm()
    {
        using BindScene scene = AfterEx1();
        scene.Vm.Context.Ban();
        scene.Refuses(Errno.ENOENT, "BIND-046", Op.Unmap(0, E));
        scene.Refuses(Errno.ENOENT, "BIND-046");
    }
}
