using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Specification 02 section 6.1: the phases of VM_BIND.</summary>
public class PhaseRuleTests
{
    [Fact]
    [Rule("BIND-041")]
    [Rule("BIND-042")]
    [Rule("BIND-043")]
    [Rule("BIND-046")]
    [Rule("BIND-047")]
    [Rule("BIND-049")]
    [Rule("BIND-050")]
    [Rule("BIND-052")]
    [Rule("BIND-054")]
    [Rule("BIND-056")]
    [Rule("BIND-057")]
    public void A_call_that_is_wrong_in_every_phase_fails_in_their_order()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint x = scene.Bo("X", 2 * MiB), done = scene.File.SyncobjCreate();
        scene.Do(Op.Null(A, 0x1000));
        int fence = scene.AttachPendingUserFence(A);
        scene.Vm.Context.Ban();
        scene.Device.Failures.Arm(FailurePoint.PtOpAllocation);
        var head = new DrmXeVmBind { VmId = 77, ExecQueueId = 99 };
        DrmXeVmBindOp overmap = Op.Map(x, A, 2 * MiB), second = Op.Map(55, E, 0x1000, 0x40_0000) with { PatIndex = 99 };
        DrmXeSync[] syncs = [Op.Out(88)];
        ulong before = scene.Vm.StateHash();

        Fails(Errno.EINVAL, "BIND-041");
        head.VmId = scene.Vm.Id;
        Fails(Errno.EINVAL, "BIND-069", op: 1);
        second.PatIndex = 2;
        Fails(Errno.ENOENT, "BIND-043");
        head.ExecQueueId = 0;
        Fails(Errno.ENOENT, "BIND-046");
        scene.Vm.Context.IsBanned = false;
        Fails(Errno.EINVAL, "BIND-047", op: 1);
        second.Addr = 0;
        Fails(Errno.ENOENT, "BIND-049", op: 1);
        second.Obj = x;
        Fails(Errno.EINVAL, "BIND-095", op: 1);
        second = Op.Userptr(0x7000_0000, 0, 0x1000);
        Fails(Errno.ENOENT, "BIND-116");
        syncs = [Op.Out(done)];
        Fails(Errno.EFAULT, "BIND-178", op: 1);
        second = Op.Null(0, 0x1000);
        Fails(Errno.ENOBUFS, "BIND-054");
        Fails(Errno.EBUSY, "BIND-195", op: 0);
        scene.Vm.Context.UserFences.FlagOf(fence).Set();

        Assert.Equal(Errno.Ok, scene.Bind(head, syncs, overmap, second));
        Assert.True(scene.File.SyncobjHasFence(done));
        scene.ListIs("[0, 0x1000) null", "[0x1_0000_0000, 0x1_0020_0000) BO X(0)");

        void Fails(Errno errno, string rule, int op = -1)
        {
            Errno got = scene.Bind(head, syncs, overmap, second);
            Assert.Equal((errno, rule, op), (got, scene.File.LastRejection.RuleId, scene.File.LastRejection.OpIndex));
            Assert.False(scene.File.SyncobjHasFence(done));
            Assert.Equal(before, scene.Vm.StateHash());
        }
    }

    [Fact]
    [Rule("BIND-042")]
    [Rule("BIND-066")]
    public void The_first_failing_op_decides_and_a_call_without_ops_checks_none()
    {
        using var scene = new BindScene();
        scene.Refuses(Errno.EINVAL, "BIND-089", Op.Unmap(0, 0x1000), Op.Unmap(0x123, 0x1000), Op.Unmap(0, 0));
        Assert.Equal(1, scene.File.LastRejection.OpIndex);
        Assert.Equal(Errno.Ok, scene.File.VmBind(new DrmXeVmBind { VmId = scene.Vm.Id, Bind = Op.Unmap(0x123, 0) }));
    }

    [Fact]
    [Rule("BIND-047")]
    public void All_intervals_are_looked_at_before_any_bo()
    {
        using var scene = new BindScene();
        scene.Refuses(Errno.EINVAL, "BIND-047", Op.Map(99, 0, 0x1000), Op.Unmap(E, 0x1000));
        scene.Refuses(Errno.EINVAL, "BIND-047", Op.Unmap(0x1000, E), Op.Map(99, 0, 0x1000));
        scene.Refuses(Errno.ENOENT, "BIND-049", Op.Map(99, E - 0x1000, 0x1000));
        scene.Do(Op.Unmap(0, E));
    }

    [Theory]
    [InlineData(1, Errno.ENOMEM, "BIND-048")]
    [InlineData(2, Errno.ENOBUFS, "BIND-064")]
    [Rule("BIND-048")]
    [Rule("BIND-064")]
    public void Work_arrays_that_cannot_be_had(int binds, Errno errno, string rule)
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Device.Failures.Arm(FailurePoint.Allocation);
        scene.Refuses(errno, rule, [.. Enumerable.Repeat(Op.Null(A, 0x1000), binds)]);
        scene.Device.Failures.Disarm();
        scene.Do(Op.Null(A, 0x1000));
    }

    [Fact]
    [Rule("BIND-049")]
    public void Bos_are_looked_up_and_checked_op_by_op()
    {
        using var scene = new BindScene();
        uint x = scene.Bo("X", 0x1000);
        scene.Refuses(Errno.EINVAL, "BIND-095", Op.Map(x, 0, 0x2000), Op.Map(99, 0, 0x1000));
        scene.Refuses(Errno.ENOENT, "BIND-049", Op.Map(99, 0, 0x1000), Op.Map(x, 0, 0x2000));
        Assert.Equal(99ul, scene.File.LastRejection.Value);
    }

    [Fact]
    [Rule("BIND-052")]
    public void Each_op_sees_the_tree_the_one_before_has_left()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint x = scene.Bo("X", 2 * MiB, runs: [new PhysicalRun(0x4000_0000, 2 * MiB)]);
        scene.Do(
            Op.Map(x, A, 2 * MiB), Op.Unmap(A + 0x8_0000, 0x8_0000), Op.Null(A + 0x8_0000, 0x4_0000), Op.UnmapAll(x), Op.Map(x, A, 0x1000));
        scene.ListIs("[0x1_0000_0000, 0x1_0000_1000) BO X(0)", "[0x1_0008_0000, 0x1_000c_0000) null");
        Assert.Equal(
            [(0, GpuvaAction.Map), (1, GpuvaAction.Remap), (2, GpuvaAction.Map), (3, GpuvaAction.Unmap), (3, GpuvaAction.Unmap),
                (4, GpuvaAction.Map)],
            scene.Actions.Select(action => (action.BindIndex, action.Action)));
        Assert.Equal(0x4000_0000ul, scene.Vm.Translate(A).Address);
        Assert.False(scene.Vm.Translate(A + 0x1000).IsPresent);
        Assert.Equal(TranslationStatus.Null, scene.Vm.Translate(A + 0x8_0000).Status);
    }

    [Theory]
    [InlineData(1, Errno.ENOMEM)]
    [InlineData(3, Errno.ENOBUFS)]
    [Rule("BIND-054")]
    public void Pt_ops_that_cannot_be_had(int binds, Errno errno)
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Device.Failures.Arm(FailurePoint.PtOpAllocation);
        scene.Refuses(errno, "BIND-054", [.. Enumerable.Range(0, binds).Select(i => Op.Null(A + ((ulong)i * 0x1000), 0x1000))]);
    }

    [Theory]
    [InlineData(FailurePoint.OpsCreate)]
    [InlineData(FailurePoint.Lock)]
    [InlineData(FailurePoint.Prepare)]
    [InlineData(FailurePoint.Run)]
    [Rule("BIND-060")]
    public void After_an_error_no_sync_is_signalled_and_no_fence_written(FailurePoint point)
    {
        using var scene = new BindScene(vmFlags: 0);
        uint done = scene.File.SyncobjCreate();
        DrmXeSync[] syncs = [Op.Out(done), Op.UserFence(0x7000, 7)];
        scene.Device.Failures.Arm(point);
        Assert.NotEqual(Errno.Ok, scene.Bind(syncs, Op.Null(A, 0x1000)));
        Assert.False(scene.File.SyncobjHasFence(done));
        Assert.Equal(0ul, scene.UserMemory.ReadUInt64(0x7000));
        Assert.Equal(0, scene.Vm.Context.UserFences.Count);

        scene.Do(syncs, Op.Null(A, 0x1000));
        Assert.True(scene.File.SyncobjHasFence(done));
        Assert.Equal(7ul, scene.UserMemory.ReadUInt64(0x7000));
    }

    [Fact]
    [Rule("BIND-059")]
    public void A_refused_call_is_over_when_it_returns()
    {
        using var scene = new BindScene(vmFlags: 0, platform: XePlatforms.Lnl);
        scene.Refuses(Errno.ENOENT, "BIND-049", Op.Map(99, 0, 0x1000));
        Assert.True(scene.File.LastRejection.IsRejected);
        scene.Do(Op.Null(0, 0x1000));
        Assert.False(scene.File.LastRejection.IsRejected);
        Assert.Single(scene.Actions);
    }
}
