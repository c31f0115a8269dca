using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Bind;
using XePt.Uapi;
using static XePt.Tests.Queues.ExecScene;
using static XePt.Tests.Queues.QueueOps;

namespace XePt.Tests.Queues;

/// <summary>BIND-108, BIND-109, BIND-126: what EXEC accepts.</summary>
public class ExecRuleTests
{
    /// <summary>Every step is broken at once; mending them one by one shows each step in its turn.</summary>
    [Fact]
    [Rule("BIND-108")]
    public void Steps_are_checked_in_order()
    {
        using var scene = new ExecScene(platform: XePlatforms.Pvc);
        DrmXeExecQueueCreate create = QueueOps.Args(scene.Vm.Id, width: 2);
        Assert.Equal(Errno.Ok, scene.File.ExecQueueCreate(ref create, Engine(EngineClass.Copy, 0), Engine(EngineClass.Copy, 1)));
        ExecQueue queue = scene.File.FindQueue(create.ExecQueueId)!;
        ExecQueue victim = scene.File.Queue(scene.Vm.Id);
        victim.Reset();

        var args = new DrmXeExec { Extensions = 1, ExecQueueId = 99, NumSyncs = 1025, NumBatchBuffer = 3 };
        args.Pad[2] = 1;
        scene.Refuses(Errno.EINVAL, "BIND-108", args);
        args.Extensions = 0;
        scene.Refuses(Errno.EINVAL, "BIND-108", args);
        args.Pad[2] = 0;
        args.Reserved[1] = 1;
        scene.Refuses(Errno.EINVAL, "BIND-108", args);
        args.Reserved[1] = 0;
        scene.Refuses(Errno.EINVAL, "BIND-108", args);
        Assert.Equal("num_syncs", scene.File.LastRejection.Field);
        args.NumSyncs = 1;
        scene.Refuses(Errno.ENOENT, "BIND-108", args);
        args.ExecQueueId = scene.File.BindQueue(scene.Vm.Id).Id;
        scene.Refuses(Errno.EINVAL, "BIND-108", args);
        Assert.Equal("exec_queue_id", scene.File.LastRejection.Field);
        args.ExecQueueId = victim.Id;
        scene.Refuses(Errno.EINVAL, "BIND-108", args);
        Assert.Equal("num_batch_buffer", scene.File.LastRejection.Field);
        args.NumBatchBuffer = 1;
        scene.Refuses(Errno.ECANCELED, "BIND-108", args);
        args.ExecQueueId = queue.Id;
        args.NumBatchBuffer = 2;
        scene.Vm.Context.IsBanned = true;
        scene.Refuses(Errno.EFAULT, "BIND-111", args);
        scene.Refuses(Errno.ENOENT, "BIND-116", args, Op.In(99));
        args.NumSyncs = 0;
        scene.Refuses(Errno.EFAULT, "BIND-108", args);
        Assert.Equal((Errno.ECANCELED, "exec_queue_id"), (scene.File.Exec(args, [], [1, 2]), scene.File.LastRejection.Field));
        scene.Vm.Context.IsBanned = false;
        Assert.Equal(Errno.Ok, scene.File.Exec(args, [], [0x1000, 0x2000]));
        Assert.Equal([0x1000ul, 0x2000ul], Assert.Single(scene.Sink.GetJobs()).Batches.ToArray());
    }

    /// <summary>On a queue of width 2, typed and untyped, with an address that nobody could read.</summary>
    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [Rule("BIND-108")]
    [Rule("BIND-109")]
    public void Without_batches_no_addresses_are_read(uint vmFlags)
    {
        using var scene = new ExecScene(vmFlags, XePlatforms.Pvc);
        DrmXeExecQueueCreate create = QueueOps.Args(scene.Vm.Id, width: 2);
        Assert.Equal(Errno.Ok, scene.File.ExecQueueCreate(ref create, Engine(EngineClass.Copy, 0), Engine(EngineClass.Copy, 1)));
        scene.File.UserMemory = new MemoryWithHole((SparseUserMemory)scene.File.UserMemory);
        var nothing = new DrmXeExec { ExecQueueId = create.ExecQueueId, Address = 0xdead_0000 };
        Assert.Equal(Errno.Ok, scene.File.Exec(nothing));
        Assert.Equal(Errno.Ok, scene.File.Ioctl(XeIoctl.Exec, MemoryMarshal.AsBytes(new Span<DrmXeExec>(ref nothing))));
        Assert.Equal(0, scene.Sink.Count);

        // An in-sync is judged before addresses would be, and with batches they are read.
        uint held = scene.File.SyncobjCreate(signalled: true);
        if (vmFlags == 0)
            scene.Refuses(Errno.EOPNOTSUPP, "BIND-109", nothing, Op.In(held));
        nothing.NumBatchBuffer = 2;
        scene.Refuses(Errno.EFAULT, "BIND-108", nothing, Op.In(held));
        Assert.Equal(Errno.EFAULT, scene.File.Ioctl(XeIoctl.Exec, MemoryMarshal.AsBytes(new Span<DrmXeExec>(ref nothing))));
        Assert.Equal(Errno.Ok, scene.File.Exec(nothing, [], [0x1000, 0x2000]));
        scene.Do();
        Assert.Equal(2, scene.Sink.Count);
    }

    [Fact]
    [Rule("BIND-108")]
    public void A_thousand_jobs_fill_a_queue()
    {
        using var scene = new ExecScene();
        for (int i = 0; i < XeLimits.MaxQueuedJobs; i++)
            scene.Do();
        scene.Refuses(Errno.EAGAIN, "BIND-108", Args(scene.Queue), Op.In(99));
        scene.Do(scene.File.Queue(scene.Vm.Id));
        Assert.True(scene.Sink.CompleteNext());
        scene.Do();
        scene.Refuses(Errno.EAGAIN, "BIND-108", Args(scene.Queue));
        Assert.Equal(1001, scene.Sink.CompleteAll());
        Assert.Equal(0, scene.Queue.JobCount);
    }

    /// <summary>Handle 1 holds a fence, 2 holds none, 3 is a timeline at point 5.</summary>
    [Theory]
    [InlineData(0u, Errno.Ok)]
    [InlineData(2u, Errno.EOPNOTSUPP)]
    [InlineData(6u, Errno.EOPNOTSUPP)]
    [Rule("BIND-112")]
    [Rule("BIND-113")]
    [Rule("BIND-126")]
    public void Sync_entries_are_judged_as_those_of_a_bind_but_for_user_fences(uint vmFlags, Errno outSync)
    {
        using var scene = new ExecScene(vmFlags);
        scene.File.UserMemory = new MemoryWithHole((SparseUserMemory)scene.File.UserMemory);
        Assert.Equal([1u, 2u, 3u], [scene.File.SyncobjCreate(signalled: true), scene.File.SyncobjCreate(), scene.File.SyncobjCreate()]);
        scene.File.FindSyncobj(3)!.AddPoint(5, Fence.Signalled);

        (DrmXeSync Sync, Errno Errno, string? Rule)[] rows =
        [
            (Op.In(1), Errno.Ok, null),
            (Op.InPoint(3, 5), Errno.Ok, null),
            (Op.Out(2), outSync, "BIND-113"),
            (Op.OutPoint(3, 9), outSync, "BIND-113"),
            (Op.In(1) with { Flags = (SyncFlags)2 }, Errno.EINVAL, "BIND-112"),
            (Op.In(1) with { Addr = (1ul << 32) | 1 }, Errno.EINVAL, "BIND-114"),
            (Op.InPoint(3, 0), Errno.EINVAL, "BIND-115"),
            (Op.In(9), Errno.ENOENT, "BIND-116"),
            (Op.In(scene.File.SyncobjCreate()), Errno.EINVAL, "BIND-117"),
            (Op.InPoint(1, 1), Errno.EINVAL, "BIND-118"),
            (Op.InPoint(3, 10), Errno.EINVAL, "BIND-118"),
            (Op.UserFence(0x1000, 1) with { Flags = 0 }, Errno.EOPNOTSUPP, "BIND-120"),
            (Op.UserFence(0x1004, 1), Errno.EINVAL, "BIND-121"),
            (Op.UserFence(0xdead_0000, 1), Errno.Ok, null),
            (Op.In(1) with { Type = (SyncType)3 }, Errno.EINVAL, "BIND-123"),
        ];
        foreach ((DrmXeSync sync, Errno errno, string? rule) in rows)
        {
            Assert.Equal((sync.ToString(), errno), (sync.ToString(), scene.TryDo(scene.Queue, Batch, sync)));
            Assert.Equal(errno == Errno.Ok ? null : rule, scene.File.LastRejection.RuleId);
        }
    }

    [Fact]
    [Rule("BIND-126")]
    public void Any_number_of_user_fences_is_accepted()
    {
        using var scene = new ExecScene();
        scene.Do(Batch, Op.UserFence(0x1000, 1), Op.UserFence(0x2000, 2), Op.UserFence(0xdead_0000, 3));
        XeJob job = Assert.Single(scene.Sink.GetJobs());
        Assert.Equal(
            [new GpuUserFence(0x1000, 1), new GpuUserFence(0x2000, 2), new GpuUserFence(0xdead_0000, 3)], job.UserFences.ToArray());
    }

    [Fact]
    [Rule("BIND-223")]
    public void A_sync_entry_that_cannot_be_parsed_leaves_nothing()
    {
        using var scene = new ExecScene();
        uint sync = scene.File.SyncobjCreate();
        scene.Device.Failures.Arm(FailurePoint.SyncParse, skip: 1);
        scene.Refuses(Errno.ENOMEM, "BIND-050", Args(scene.Queue), Op.Out(sync), Op.UserFence(0x1000, 1));
        Assert.False(scene.File.SyncobjHasFence(sync));
        Assert.Equal(0, scene.Queue.JobCount);
    }

    [Fact]
    [Rule("BIND-012")]
    [Rule("BIND-108")]
    public void A_queue_of_a_destroyed_vm_stays_but_runs_nothing()
    {
        using var scene = new ExecScene();
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = scene.Vm.Id }));
        scene.Refuses(Errno.ECANCELED, "BIND-108", Args(scene.Queue));
        scene.Refuses(Errno.ENOENT, "BIND-116", Args(scene.Queue), Op.In(9));

        // Without batches the VM is not looked at (BIND-109).
        uint sync = scene.File.SyncobjCreate();
        Assert.Equal(Errno.Ok, scene.File.Exec(new DrmXeExec { ExecQueueId = scene.Queue.Id, NumSyncs = 1 }, [Op.Out(sync)]));
        Assert.True(scene.File.FindSyncobj(sync)!.Fence.IsSignalled);
        Assert.Equal(Errno.Ok, scene.File.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = scene.Queue.Id }));
    }

    [Fact]
    [Rule("BIND-109")]
    public void Without_batches_out_syncs_get_the_last_fence_of_the_queue()
    {
        using var scene = new ExecScene();
        uint sync = scene.File.SyncobjCreate(), done = scene.File.SyncobjCreate(signalled: true);
        var nothing = new DrmXeExec { ExecQueueId = scene.Queue.Id };
        scene.Do();
        Fence last = scene.Do();
        Assert.Equal(Errno.Ok, scene.File.Exec(nothing with { NumSyncs = 2 }, [Op.Out(sync), Op.UserFence(0x1000, 7)]));
        Assert.Equal(last, scene.File.FindSyncobj(sync)!.Fence);
        Assert.Equal(2, scene.Queue.JobCount);

        uint other = scene.File.SyncobjCreate();
        scene.Refuses(Errno.EOPNOTSUPP, "BIND-109", nothing, Op.Out(other), Op.In(done));
        Assert.False(scene.File.SyncobjHasFence(other));
        Assert.Equal(Errno.Ok, scene.File.Exec(nothing));
    }

    [Fact]
    [Rule("BIND-109")]
    public void Without_batches_the_seed_waits_for_in_syncs()
    {
        using var scene = new ExecScene(profile: XeProfile.SeedOpen);
        (uint pending, Fence fence) = scene.Binds.Pending();
        uint sync = scene.File.SyncobjCreate();
        Fence job = scene.Do();
        var nothing = new DrmXeExec { ExecQueueId = scene.Queue.Id, NumSyncs = 2 };
        Assert.Equal(Errno.Ok, scene.File.Exec(nothing, [Op.In(pending), Op.Out(sync)]));
        Fence both = scene.File.FindSyncobj(sync)!.Fence;
        scene.Sink.CompleteAll();
        Assert.True(job.IsSignalled);
        Assert.False(both.IsSignalled);
        fence.TrySignal();
        Assert.True(both.IsSignalled);
    }

    [Theory]
    [InlineData(2u)]
    [InlineData(6u)]
    [Rule("BIND-109")]
    public void Without_batches_a_long_running_vm_does_nothing(uint vmFlags)
    {
        using var scene = new ExecScene(vmFlags);
        uint done = scene.File.SyncobjCreate(signalled: true);
        var nothing = new DrmXeExec { ExecQueueId = scene.Queue.Id, NumSyncs = 2 };
        Assert.Equal(Errno.Ok, scene.File.Exec(nothing, [Op.In(done), Op.UserFence(0x1000, 7)]));
        Assert.Equal(0ul, scene.Binds.Memory.ReadUInt64(0x1000));
        Assert.Equal(0, scene.Queue.JobCount);
    }

    [Fact]
    [Rule("BIND-108")]
    public void The_untyped_entry_reads_syncs_and_batches_from_user_memory()
    {
        const ulong Syncs = 0x7f00_0000_0000, Batches = 0x7f00_0001_0000;
        using var scene = new ExecScene(platform: XePlatforms.Pvc);
        DrmXeExecQueueCreate create = QueueOps.Args(scene.Vm.Id, width: 2);
        Assert.Equal(Errno.Ok, scene.File.ExecQueueCreate(ref create, Engine(EngineClass.Copy, 3), Engine(EngineClass.Copy, 4)));
        uint sync = scene.File.SyncobjCreate();
        DrmXeSync[] syncs = [Op.Out(sync)];
        scene.File.UserMemory.TryWrite(Syncs, MemoryMarshal.AsBytes<DrmXeSync>(syncs));
        scene.File.UserMemory.TryWrite(Batches, MemoryMarshal.AsBytes<ulong>([0x1000, 0x2000]));
        var args = new DrmXeExec { ExecQueueId = create.ExecQueueId, NumBatchBuffer = 2, Address = Batches, NumSyncs = 1, Syncs = Syncs };
        Assert.Equal(Errno.Ok, Call(args));
        Assert.Equal([0x1000ul, 0x2000ul], Assert.Single(scene.Sink.GetJobs()).Batches.ToArray());
        Assert.True(scene.File.SyncobjHasFence(sync));

        scene.File.UserMemory = new MemoryWithHole((SparseUserMemory)scene.File.UserMemory);
        Assert.Equal((Errno.EFAULT, "BIND-111"), (Call(args with { Syncs = 0xdead_0000 }), scene.File.LastRejection.RuleId));
        Assert.Equal((Errno.EFAULT, "BIND-108"), (Call(args with { Address = 0xdead_0000 }), scene.File.LastRejection.RuleId));

        Errno Call(DrmXeExec call) => scene.File.Ioctl(XeIoctl.Exec, MemoryMarshal.AsBytes(new Span<DrmXeExec>(ref call)));
    }
}
