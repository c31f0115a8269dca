using XePt.Diagnostics;
using XePt.Tests.Bind;
using XePt.Tests.Evict;
using XePt.Tests.Queues;
using XePt.Uapi;
using static XePt.Tests.Userptr.UserptrScene;

namespace XePt.Tests.Userptr;

/// <summary>Invalidation in preempt-fence mode: queues stop, the rebind worker repins, queues go on (BIND-265, BIND-268,
/// UPTR-033).</summary>
public sealed class UserptrPreemptModeTests : IDisposable
{
    private readonly UserptrScene _scene = new(vmFlags: 2);
    private readonly FakeQueue _queue = new();

    public UserptrPreemptModeTests()
    {
        _scene.Vm.Context.Writer.Enter();
        _scene.Vm.Context.Preemption!.Add(_queue);
        _scene.Vm.Context.Writer.Exit();
    }

    public void Dispose() => _scene.Dispose();

    [Fact]
    [Rule("BIND-265")]
    [Rule("BIND-268")]
    [Rule("UPTR-021")]
    [Rule("UPTR-033")]
    [Rule("UPTR-003")]
    public void The_queues_stop_the_worker_repins_and_lets_them_go_on()
    {
        Fence gone = _scene.Change();
        Assert.Equal(["suspend", "resume"], _queue.Log);
        Assert.Equal((true, New, false, 1L), (gone.IsSignalled, _scene.Shown, _scene.IsListed, _scene.Vm.Counters.UserptrRepins));
    }

    [Fact]
    [Rule("BIND-268")]
    [Rule("CON-005")]
    public void The_pages_are_in_use_until_the_last_queue_has_stopped()
    {
        _queue.StopsAtOnce = false;
        Fence gone = _scene.Change();
        Assert.Equal((false, Old, true), (gone.IsSignalled, _scene.Shown, _scene.IsListed));
        _queue.Stop();
        Assert.Equal((true, New, false), (gone.IsSignalled, _scene.Shown, _scene.IsListed));
        Assert.Equal(["suspend", "resume"], _queue.Log);
    }

    [Fact]
    [Rule("UPTR-033")]
    public void A_change_while_the_queues_are_stopped_is_repaired_before_they_go_on()
    {
        _queue.StopsAtOnce = false;
        _scene.Change();
        Assert.True(_scene.File.ReplaceCpuMemory(Cpu, out Fence gone, new PhysicalRun(Old + Size, Size)));
        _queue.Stop();
        Assert.Equal((true, Old + Size, 1L), (gone.IsSignalled, _scene.Shown, _scene.Vm.Counters.UserptrRepins));
        Assert.Equal(["suspend", "resume"], _queue.Log);
    }

    [Fact]
    [Rule("BIND-268")]
    [Rule("UPTR-034")]
    public void Memory_that_is_gone_leaves_the_userptr_invalid_and_the_vm_alive()
    {
        _scene.TakeAway();
        Assert.Equal(["suspend", "resume"], _queue.Log);
        Assert.Equal((false, 0ul, 1), (_scene.Vm.Context.IsBanned, _scene.Vm.Translate(A).Entry, _scene.Vma.TileInvalidated));
        _scene.File.MapCpuMemory(Cpu, new PhysicalRun(New, Size));
        _scene.File.InvalidateCpuMemory(AddressRange.OfSize(Cpu, Size));
        Assert.Equal((New, 0), (_scene.Shown, _scene.Vma.TileInvalidated));
    }

    [Fact]
    [Rule("BIND-265")]
    [Rule("UPTR-035")]
    public void Any_other_failure_bans_the_vm()
    {
        _queue.StopsAtOnce = false;
        uint bo = _scene.Binds.Bo(0x20_0000);
        _scene.Do(_scene.Binds.Map(bo, 0x40_0000_0000, 0x20_0000));
        _scene.Change();
        _scene.File.MoveBo(bo, 0, [new PhysicalRun(0x8000_0000, Page, 512, 2 * Page)]);
        _scene.Device.Failures.Arm(FailurePoint.Allocation);
        _queue.Stop();
        _scene.Device.Failures.Disarm();
        Assert.True(_scene.Vm.Context.IsBanned);
        Assert.Equal(["suspend", "kill ECANCELED"], _queue.Log);
    }

    [Fact]
    [Rule("BIND-265")]
    public void An_idle_vm_is_repaired_when_a_job_comes()
    {
        _queue.IsIdle = true;
        Fence gone = _scene.Change();
        Assert.Equal((true, Old, true), (gone.IsSignalled, _scene.Shown, _scene.IsListed));
        _queue.IsIdle = false;
        _scene.Vm.Context.Preemption!.AfterExec();
        Assert.Equal((New, false), (_scene.Shown, _scene.IsListed));
        Assert.Equal(["suspend", "resume"], _queue.Log);
    }

    [Fact]
    [Rule("BIND-268")]
    [Rule("BIND-126")]
    public void A_job_that_was_stopped_for_it_writes_its_user_fence_to_the_pages_of_then()
    {
        using var scene = new UserptrScene(vmFlags: 2, canPreempt: true);
        Fence job = scene.Jobs.Do(ExecScene.Batch, Op.UserFence(A + 0x18, 42));
        Assert.Equal((true, New), (scene.Change().IsSignalled, scene.Shown));
        Assert.True(Assert.Single(scene.Jobs.Sink.GetJobs()).WasPreempted);
        scene.Jobs.Sink.CompleteNext();
        Assert.Equal((true, 42ul, 0L), (job.IsSignalled, scene.Binds.Memory.ReadUInt64(Cpu + 0x18), scene.Jobs.Queue.LostUserFences));
    }
}
