using XePt.Fences;
using XePt.Pipeline;
using XePt.Tests.Bind;
using XePt.Tests.Queues;
using XePt.Uapi;
using static XePt.Tests.Evict.EvictScene;

namespace XePt.Tests.Evict;

/// <summary>Preempt fences and the rebind worker (BIND-020, BIND-104, BIND-265, EVT-006 to EVT-008).</summary>
public sealed class PreemptRuleTests : IDisposable
{
    private readonly EvictScene _scene = new(vmFlags: 2);
    private readonly FakeQueue _queue = new();
    private readonly uint _x;

    public PreemptRuleTests()
    {
        _x = _scene.Bo(4 * MiB, placement: 3);
        _scene.Map(_scene.Vm, _x, A);
        Add(_queue);
    }

    private VmContext Vm => _scene.Vm.Context;

    public void Dispose() => _scene.Dispose();

    [Fact]
    [Rule("BIND-265")]
    [Rule("EVT-004")]
    [Rule("EVT-006")]
    public void A_move_stops_the_queues_the_worker_rebinds_and_lets_them_go_on()
    {
        Assert.Equal(Errno.Ok, _scene.File.MoveBo(_x, 0));
        Assert.Equal(["suspend", "resume"], _queue.Log);
        Assert.Empty(_scene.Vm.EvictedBos);
        Assert.True(_scene.Shows(_scene.Vm, A, _x));
        Assert.Equal((1L, 1L), (_scene.Device.MoveCounters.Preemptions, _scene.Device.MoveCounters.Rebinds));
        Assert.Equal((true, true), (HasPreemptFence(Vm.Jobs.Reservation), HasPreemptFence(ReservationOf(_x))));
    }

    [Fact]
    [Rule("EVT-006")]
    [Rule("EVT-007")]
    public void Nothing_is_rebound_and_the_old_memory_is_not_used_before_every_queue_has_stopped()
    {
        var slow = new FakeQueue { StopsAtOnce = false };
        Add(slow);
        ulong old = _scene.Vm.Translate(A).Entry;
        XeVm other = _scene.Scene.CreateVm(0);

        Assert.Equal(Errno.Ok, _scene.File.MoveBo(_x, 0));
        uint y = _scene.Bo(8 * MiB), z = _scene.Bo(4 * MiB);
        _scene.Map(other, y, A);
        _scene.Map(other, z, 2 * A);
        Assert.Equal((old, false, false), (_scene.Vm.Translate(A).Entry, other.Translate(A).IsPresent, other.Translate(2 * A).IsPresent));
        Assert.Equal(["suspend"], _queue.Log);

        slow.Stop();
        Assert.True(_scene.Shows(_scene.Vm, A, _x) && _scene.Shows(other, A, y) && _scene.Shows(other, 2 * A, z));
        Assert.Equal(["suspend", "resume"], _queue.Log);
        Assert.Equal(["suspend", "resume"], slow.Log);
    }

    [Fact]
    [Rule("BIND-265")]
    public void A_bind_that_waits_for_everything_stops_the_queues_too()
    {
        // The pieces of this cut are rebound, so it waits for all fences of the VM (BIND-243).
        _scene.Scene.Do(Op.Unmap(A + 0x1000, 0x1000));
        Assert.Equal(["suspend", "resume"], _queue.Log);
        Assert.False(_scene.Vm.Translate(A + 0x1000).IsPresent);
        Assert.True(_scene.Shows(_scene.Vm, A, _x));
        _scene.Scene.Do(Op.Null(2 * A, 0x1000));
        Assert.Equal(2, _queue.Log.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("PT-155")]
    public void A_rebind_starts_one_round_of_the_worker_and_its_own_binds_start_none(bool isMove)
    {
        // A cut rebinds its pieces in the call; after a move the worker itself rebinds, which waits for everything of the VM just the same.
        if (isMove)
            Assert.Equal(Errno.Ok, _scene.File.MoveBo(_x, 0));
        else
            _scene.Scene.Do(Op.Unmap(A + 0x1000, 0x1000));
        Assert.Equal(["suspend", "resume"], _queue.Log);
        Assert.Equal((1L, isMove ? 1L : 0L), (_scene.Device.MoveCounters.Preemptions, _scene.Device.MoveCounters.Rebinds));
        Assert.True(Vm.IsIdle);

        // Ordinary binds wait for no preempt fence and leave the worker at rest.
        _scene.Scene.Do(Op.Null(2 * A, 0x1000));
        _scene.Scene.Do(Op.Unmap(2 * A, 0x1000));
        Assert.Equal(2, _queue.Log.Count);
    }

    [Fact]
    [Rule("BIND-265")]
    [Rule("EVT-006")]
    public void An_idle_vm_stays_stopped_until_the_next_job()
    {
        _queue.IsIdle = true;
        ulong old = _scene.Vm.Translate(A).Entry;
        Assert.Equal(Errno.Ok, _scene.File.MoveBo(_x, 0));
        Assert.Equal(Errno.Ok, _scene.File.MoveBo(_x, 1));
        Assert.Equal(Errno.Ok, _scene.File.MoveBo(_x, 0));
        Assert.Equal(["suspend"], _queue.Log);
        Assert.Equal(old, _scene.Vm.Translate(A).Entry);
        Assert.NotEmpty(_scene.Vm.EvictedBos);

        _queue.IsIdle = false;
        JobArrives();
        Assert.Equal(["suspend", "resume"], _queue.Log);
        Assert.True(_scene.Shows(_scene.Vm, A, _x));
        JobArrives();
        Assert.Equal(2, _queue.Log.Count);
    }

    [Fact]
    [Rule("BIND-104")]
    public void A_queue_made_while_the_vm_is_stopped_or_out_of_date_starts_stopped()
    {
        _queue.IsIdle = true;
        _scene.File.MoveBo(_x, 0);
        var late = new FakeQueue { IsIdle = true };
        Add(late);
        Assert.True(late.IsStopped);
        late.IsIdle = false;
        JobArrives();
        Assert.Equal((false, false), (late.IsStopped, _queue.IsStopped));

        using var fresh = new EvictScene(vmFlags: 2);
        uint x = fresh.Bo(4 * MiB, placement: 3);
        fresh.Map(fresh.Vm, x, A);
        fresh.File.MoveBo(x, 0);
        var first = new FakeQueue { IsIdle = true };
        Add(first, fresh.Vm.Context);
        Assert.Equal((true, true), (first.IsStopped, fresh.Vm.EvictedBos.Count > 0));
        first.IsIdle = false;
        fresh.Vm.Context.Preemption!.AfterExec();
        Assert.Equal(["suspend", "resume"], first.Log);
        Assert.True(fresh.Shows(fresh.Vm, A, x));
    }

    [Fact]
    [Rule("BIND-020")]
    [Rule("BIND-037")]
    public void A_new_mapping_of_an_external_bo_puts_the_preempt_fences_on_it()
    {
        uint own = _scene.Bo(0x1000, placement: 1, vm: _scene.Vm.Id), y = _scene.Bo(0x1000, placement: 1);
        Assert.Null(_scene.Vm.Context.BoFences.Find(_scene.Of(y).Number));
        _scene.Map(_scene.Vm, y, 2 * A);
        _scene.Map(_scene.Vm, own, 3 * A);
        Assert.True(HasPreemptFence(ReservationOf(y)));
        Assert.Null(_scene.Vm.Context.BoFences.Find(_scene.Of(own).Number));

        // In a fault VM, which cannot wait, moving it is refused; but the queue was asked to stop, so trying again succeeds.
        XeVm fault = _scene.Scene.CreateVm(6);
        _scene.Map(fault, y, A);
        _queue.IsIdle = true;
        Assert.Equal(Errno.EBUSY, _scene.File.MoveBo(y, 0, [new PhysicalRun(0x5_0000_0000, 0x1000)]));
        Assert.Equal(Errno.Ok, _scene.File.MoveBo(y, 0, [new PhysicalRun(0x5_0000_0000, 0x1000)]));
    }

    [Fact]
    [Rule("BIND-104")]
    [Rule("EVT-007")]
    public void A_queue_that_is_killed_takes_its_fence_along()
    {
        Fence armed = PreemptFence();
        Vm.Writer.Enter();
        Vm.Preemption!.Remove(_queue);
        Vm.Writer.Exit();
        Assert.Equal((true, Errno.ENOENT), (armed.IsSignalled, armed.Error));
        Assert.Equal(Errno.Ok, _scene.File.MoveBo(_x, 0));
        Assert.Empty(_queue.Log);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rule("BIND-265")]
    [Rule("EVT-006")]
    public void A_job_of_a_real_queue_is_preempted_and_comes_again_after_the_rebind(bool canPreempt)
    {
        using var scene = new ExecScene(vmFlags: 2, canPreempt: canPreempt);
        var gem = new DrmXeGemCreate { Size = 4 * MiB, Placement = 3, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal(Errno.Ok, scene.File.GemCreate(ref gem));
        DrmXeVmBind bind = new() { VmId = scene.Vm.Id, NumBinds = 1, Bind = Op.Map(gem.Handle, A, 4 * MiB) };
        Assert.Equal(Errno.Ok, scene.File.VmBind(bind));
        scene.Do(0x1000);
        scene.Do(0x2000);
        ulong old = scene.Vm.Translate(A).Entry;

        Assert.Equal(Errno.Ok, scene.File.MoveBo(gem.Handle, 0));

        if (!canPreempt)
        {
            // The sink cannot stop the job, so everything waits for it.
            Assert.Equal(old, scene.Vm.Translate(A).Entry);
            Assert.True(scene.Sink.CompleteNext());
        }

        Assert.NotEqual(old, scene.Vm.Translate(A).Entry);
        Assert.Empty(scene.Vm.EvictedBos);
        Assert.Equal([canPreempt ? 0x1000ul : 0x2000], scene.Running);
        Assert.Equal(canPreempt, scene.Sink.GetJobs()[0].WasPreempted);
        Assert.Equal(canPreempt ? 2 : 1, scene.Sink.CompleteAll());
    }

    [Fact]
    [Rule("BIND-014")]
    [Rule("BIND-015")]
    [Rule("EVT-008")]
    public void A_rebind_that_fails_bans_the_vm_and_ends_its_queues()
    {
        uint big = _scene.Bo(8 * MiB);
        _scene.Map(_scene.Vm, big, 2 * A);
        _queue.StopsAtOnce = false;
        Assert.Equal(Errno.Ok, _scene.File.EvictBo(big));
        XeVm other = _scene.Scene.CreateVm(0);
        uint y = _scene.Bo(8 * MiB);
        _scene.File.PinBo(y, isPinned: true);

        _queue.Stop();
        Assert.Equal(["suspend", "kill ECANCELED"], _queue.Log);
        Assert.True(Vm.IsBanned);
        Assert.Equal((Errno.ENOENT, "BIND-046"), (_scene.Scene.Bind(Op.Unmap(A, 4 * MiB)), _scene.File.LastRejection.RuleId));
        Assert.False(HasPreemptFence(Vm.Jobs.Reservation));
        Assert.Equal(Errno.Ok, _scene.File.MoveBo(_x, 0));
        Assert.Equal(Errno.Ok, _scene.TryMap(other, A, y));
    }

    [Fact]
    [Rule("EVT-007")]
    public void A_queue_that_would_not_stop_bans_the_vm_one_that_was_reset_does_not()
    {
        _queue.StopsAtOnce = false;
        Fence first = PreemptFence();
        _scene.File.MoveBo(_x, 0);
        Assert.False(first.IsSignalled);
        _queue.Stop(Errno.ENOENT);
        Assert.Equal((true, Errno.ENOENT, false), (first.IsSignalled, first.Error, Vm.IsBanned));
        Assert.Equal(["suspend", "resume"], _queue.Log);

        _scene.File.MoveBo(_x, 1);
        _queue.Stop(Errno.ETIME);
        Assert.True(Vm.IsBanned);
        Assert.Equal("kill ECANCELED", _queue.Log[^1]);
    }

    [Fact]
    [Rule("BIND-015")]
    public void A_ban_for_another_reason_ends_the_queues_too()
    {
        Vm.Writer.Enter();
        Vm.Ban();
        Assert.Empty(_queue.Log);
        Vm.Writer.Exit();
        Assert.Equal(["kill ECANCELED"], _queue.Log);
    }

    [Fact]
    [Rule("BIND-265")]
    public void The_queues_go_on_only_when_what_was_rebound_is_written()
    {
        var kernel = new FenceTimeline("clear");
        Vm.Jobs.Reservation.Add(kernel.Next(), FenceUsage.Kernel);
        _scene.File.MoveBo(_x, 0);
        Assert.Equal(["suspend"], _queue.Log);
        Assert.False(_scene.Shows(_scene.Vm, A, _x));
        // Another move meanwhile makes another round of the same stop.
        _scene.File.MoveBo(_x, 1);
        kernel.TrySignal(1);
        Assert.Equal(["suspend", "resume"], _queue.Log);
        Assert.True(_scene.Shows(_scene.Vm, A, _x));
    }

    /// <summary>Another call repairs what has moved while the worker waits for what it has rebound itself. The lists are empty then, but
    /// the repair may still be pending.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [Rule("BIND-265")]
    [Rule("BIND-249")]
    public void The_queues_go_on_only_when_what_others_have_rebound_is_written_too(int times)
    {
        var clear = new FenceTimeline("clear");
        Vm.Jobs.Reservation.Add(clear.Next(), FenceUsage.Kernel);
        Assert.Equal(Errno.Ok, _scene.File.MoveBo(_x, 0));
        var others = new List<Fence>();
        for (int i = 0; i < times; i++)
        {
            Assert.Equal(Errno.Ok, _scene.File.MoveBo(_x, i % 2 == 0 ? 1 : 0));
            others.Add(new FenceTimeline("job").Next());
            Vm.Jobs.Reservation.Add(others[^1], FenceUsage.Bookkeep);
            Assert.Equal(Errno.Ok, _scene.Vm.RebindEvicted());
        }

        clear.TrySignal(1);
        foreach (Fence other in others)
        {
            Assert.Empty(_scene.Vm.EvictedBos);
            Assert.Equal(["suspend"], _queue.Log);
            other.TrySignal();
        }

        Assert.Equal(["suspend", "resume"], _queue.Log);
        Assert.True(_scene.Shows(_scene.Vm, A, _x));
    }

    private void Add(FakeQueue queue, VmContext? vm = null)
    {
        vm ??= Vm;
        vm.Writer.Enter();
        vm.Preemption!.Add(queue);
        vm.Writer.Exit();
    }

    /// <summary>What EXEC on the fake queue would tell.</summary>
    private void JobArrives() => Vm.Preemption!.AfterExec();

    private Reservation ReservationOf(uint bo) => Vm.BoFences.Of(_scene.Of(bo).Number);

    private Fence PreemptFence() => Pending(Vm.Jobs.Reservation).Single(fence => fence.IsOnDemand);

    private static bool HasPreemptFence(Reservation reservation) => Pending(reservation).Any(fence => fence.IsOnDemand);

    private static Fence[] Pending(Reservation reservation)
    {
        var set = new FenceSet();
        reservation.Collect(FenceUsage.Bookkeep, set);
        return set.Fences.ToArray();
    }
}
