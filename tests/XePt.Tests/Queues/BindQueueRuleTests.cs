using XePt.Devices;
using XePt.Tests.Bind;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Queues;

/// <summary>VM_BIND on a queue of the client (BIND-043, BIND-106, BIND-107, BIND-128).</summary>
public class BindQueueRuleTests
{
    [Fact]
    [Rule("BIND-043")]
    public void The_queue_must_exist_and_be_a_bind_queue()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint engine = scene.File.Queue(scene.Vm.Id).Id;
        RefusesOn(scene, 9, Errno.ENOENT, "BIND-043");
        RefusesOn(scene, engine, Errno.EINVAL, "BIND-043");
        RefusesOn(scene, uint.MaxValue, Errno.ENOENT, "BIND-043");
        uint bind = scene.File.BindQueue(scene.Vm.Id).Id;
        Assert.Equal(Errno.Ok, scene.Bind(On(scene, bind), [], Op.Null(A, 0x1000)));
        Assert.Equal(Errno.Ok, scene.File.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = bind }));
        RefusesOn(scene, bind, Errno.ENOENT, "BIND-043");
    }

    [Theory]
    [InlineData(XeProfile.Final, Errno.EINVAL)]
    [InlineData(XeProfile.SeedGated, Errno.Ok)]
    [InlineData(XeProfile.SeedOpen, Errno.Ok)]
    [Rule("BIND-106")]
    public void A_bind_queue_of_another_vm_is_refused_in_the_final_profile_only(XeProfile profile, Errno expected)
    {
        using var scene = new BindScene(vmFlags: 0, profile);
        uint owner = scene.CreateVm(0).Id, other = scene.File.BindQueue(owner).Id;
        Assert.Equal(expected, scene.Bind(On(scene, other), [], Op.Null(A, 0x1000)));
        Assert.Equal(expected == Errno.Ok ? null : "BIND-106", scene.File.LastRejection.RuleId);
        Assert.Equal(expected == Errno.Ok ? null : new Comparand("its vm_id", owner), scene.File.LastRejection.ComparedWith);
    }

    [Fact]
    [Rule("BIND-043")]
    public void The_queue_is_looked_up_after_the_arguments_and_before_the_vm_is_found_banned()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Vm.Context.Ban();
        Assert.Equal(Errno.EINVAL, scene.Bind(On(scene, 9), [], Op.Null(A + 1, 0x1000)));
        Assert.Equal("BIND-089", scene.File.LastRejection.RuleId);
        Assert.Equal(Errno.ENOENT, scene.Bind(On(scene, 9), [], Op.Null(A, 0x1000)));
        Assert.Equal("BIND-043", scene.File.LastRejection.RuleId);
        Assert.Equal(Errno.ENOENT, scene.Bind(Op.Null(A, 0x1000)));
        Assert.Equal("BIND-046", scene.File.LastRejection.RuleId);
    }

    [Fact]
    [Rule("BIND-050")]
    [Rule("BIND-128")]
    public void Each_parsed_entry_counts_on_the_queue_of_the_call()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint sync = scene.File.SyncobjCreate();
        ExecQueue queue = scene.File.BindQueue(scene.Vm.Id);
        Assert.Equal(Errno.Ok, scene.Bind(On(scene, queue.Id), [Op.Out(sync), Op.UserFence(0x1000, 1)], Op.Null(A, 0x1000)));
        Assert.Equal((2ul, 0ul), Counters());
        scene.Do([Op.In(sync)], Op.Null(A, 0x1000));
        Assert.Equal((2ul, 1ul), Counters());

        // The counter is not taken back when a later entry or the bind fails.
        Assert.Equal(Errno.ENOENT, scene.Bind(On(scene, queue.Id), [Op.Out(sync), Op.In(99), Op.Out(sync)], Op.Null(A, 0x1000)));
        Assert.Equal((4ul, 1ul), Counters());

        (ulong Own, ulong Default) Counters() => (queue.Binds!.UserFenceCounter, scene.Vm.Context.Jobs.DefaultQueue.UserFenceCounter);
    }

    [Fact]
    [Rule("BIND-107")]
    public void A_request_that_names_no_queue_runs_on_the_vms_own_again()
    {
        using var scene = new BindScene(vmFlags: 0, platform: XePlatforms.Pvc2T);
        ExecQueue queue = scene.File.BindQueue(scene.Vm.Id);
        Assert.Equal(Errno.Ok, scene.Bind(On(scene, queue.Id), [], Op.Null(A, 0x1_0000)));
        Assert.Same(queue.Binds, scene.Vm.Context.Call.Queue);
        scene.Do(Op.Unmap(A, 0x1_0000));
        Assert.Same(scene.Vm.Context.Jobs.DefaultQueue, scene.Vm.Context.Call.Queue);
    }

    private static DrmXeVmBind On(BindScene scene, uint queue) => new() { VmId = scene.Vm.Id, ExecQueueId = queue };

    private static void RefusesOn(BindScene scene, uint queue, Errno errno, string rule)
    {
        ulong before = scene.Vm.StateHash();
        Assert.Equal((errno, rule), (scene.Bind(On(scene, queue), [], Op.Null(A, 0x1000)), scene.File.LastRejection.RuleId));
        Assert.Equal(before, scene.Vm.StateHash());
    }
}
