using XePt.Devices;
using XePt.Tests.Bind;
using XePt.Tests.Queues;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;
using static XePt.Tests.Queues.QueueOps;

namespace XePt.Tests.Embedding;

/// <summary>Typed calls with arrays: the short forms count by themselves, and the long ones refuse arrays that their counts leave
/// out.</summary>
public sealed class CountTests : IDisposable
{
    private static readonly DrmXeEngineClassInstance Copy = Engine(EngineClass.Copy);

    private readonly ExecScene _scene = new(platform: XePlatforms.Pvc);

    private XeFile File => _scene.File;

    private uint Vm => _scene.Vm.Id;

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void Vm_bind_counts_ops_and_syncs()
    {
        uint done = File.SyncobjCreate(), queue = File.BindQueue(Vm).Id;
        Assert.Equal(Errno.Ok, File.VmBind(Vm, Op.Null(A, 0x1000)));
        Assert.Equal(Errno.Ok, File.VmBind(Vm, Op.Null(2 * A, 0x1000), Op.Null(3 * A, 0x1000)));
        Assert.Equal(Errno.Ok, File.VmBind(Vm, [Op.Unmap(A, 0x1000)], [Op.Out(done)]));
        Assert.True(File.SyncobjHasFence(done));
        Assert.Equal(2, _scene.Vm.VmaCount);
        Assert.Equal(Errno.Ok, File.SyncobjReset(done));
        Assert.Equal(Errno.Ok, File.VmBind(Vm, [], [Op.Out(done)], queue, out Fence fence));
        Assert.Equal((true, Fence.Signalled), (File.SyncobjHasFence(done), fence));

        // They refuse what the long form refuses.
        Assert.Equal(Errno.EINVAL, File.VmBind(99, Op.Null(A, 0x1000)));
        Assert.Equal(Errno.ENOENT, File.VmBind(Vm, [Op.Null(A, 0x1000)], [], execQueueId: 99));
        Assert.Equal(Errno.EINVAL, File.VmBind(Vm, [Op.Null(A, 0x1000)], new DrmXeSync[1025]));
        Assert.Equal(2, _scene.Vm.VmaCount);
    }

    [Fact]
    public void A_single_op_may_be_inline_or_in_the_array()
    {
        var args = new DrmXeVmBind { VmId = Vm, NumBinds = 1, Bind = Op.Null(A, 0x1000) };
        Assert.Equal(Errno.Ok, File.VmBind(args));
        Assert.Equal(Errno.Ok, File.VmBind(new DrmXeVmBind { VmId = Vm, NumBinds = 1 }, [Op.Null(2 * A, 0x1000)]));
        Assert.Equal([A, 2 * A], _scene.Vm.GetVmas().Select(vma => vma.Range.Start));
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(0u, 2u)]
    [InlineData(1u, 2u)]
    [InlineData(2u, 0u)]
    [InlineData(2u, 1u)]
    public void Vm_bind_ignores_no_array(uint binds, uint syncs)
    {
        uint out1 = File.SyncobjCreate(), out2 = File.SyncobjCreate();
        ulong before = _scene.Vm.StateHash();
        var args = new DrmXeVmBind { VmId = Vm, NumBinds = binds, NumSyncs = syncs };
        DrmXeVmBindOp[] ops = [Op.Null(A, 0x1000), Op.Null(2 * A, 0x1000)];
        var thrown = Assert.Throws<ArgumentException>(() => File.VmBind(args, ops, [Op.Out(out1), Op.Out(out2)]));
        Assert.Equal(binds < 2 ? "binds" : "syncs", thrown.ParamName);
        Assert.Equal((before, false), (_scene.Vm.StateHash(), File.SyncobjHasFence(out1) || File.SyncobjHasFence(out2)));

        // Fewer than the count stays what it was: memory that cannot be read.
        Assert.Equal(Errno.EFAULT, File.VmBind(args with { NumBinds = 3, NumSyncs = 0 }, ops));
        Assert.Equal(Errno.EFAULT, File.VmBind(args with { NumBinds = 2, NumSyncs = 3 }, ops, [Op.Out(out1), Op.Out(out2)]));
        Assert.Equal(Errno.Ok, File.VmBind(Vm, ops, [Op.Out(out1)]));
    }

    [Fact]
    public void Exec_counts_batches_and_syncs_and_ignores_no_array()
    {
        uint done = File.SyncobjCreate();
        Assert.Equal(Errno.Ok, File.ExecQueueCreate(Vm, out uint narrow, Engine(EngineClass.Copy, 0), Engine(EngineClass.Copy, 1)));
        DrmXeExecQueueCreate create = QueueOps.Args(Vm, width: 2);
        Assert.Equal(Errno.Ok, File.ExecQueueCreate(ref create, Engine(EngineClass.Copy, 2), Engine(EngineClass.Copy, 3)));
        uint wide = create.ExecQueueId;

        Assert.Equal(Errno.Ok, File.Exec(narrow, 0x1000));
        Assert.Equal(Errno.Ok, File.Exec(wide, [0x2000, 0x3000], [Op.Out(done)]));
        Assert.Equal([0x1000, 0x2000], _scene.Running);
        Assert.Equal([0x2000ul, 0x3000ul], _scene.Sink.GetJobs()[1].Batches.ToArray());
        Assert.True(File.SyncobjHasFence(done));
        Assert.Equal(Errno.EINVAL, File.Exec(narrow, 0x1000, 0x2000));
        Assert.Equal(Errno.EINVAL, File.Exec(wide, 0x1000));
        Assert.Equal(Errno.EINVAL, File.Exec(wide, new ulong[0x1_0002]));
        Assert.Equal(Errno.Ok, File.Exec(wide, [], [Op.Out(done)]));

        var args = new DrmXeExec { ExecQueueId = narrow, Address = 0x1000, NumBatchBuffer = 1 };
        Assert.Equal("syncs", Assert.Throws<ArgumentException>(() => File.Exec(args, [Op.Out(done)])).ParamName);
        args = new DrmXeExec { ExecQueueId = wide };
        Assert.Equal("addresses", Assert.Throws<ArgumentException>(() => File.Exec(args, [], [0x1000, 0x2000])).ParamName);
        Assert.Equal(2, _scene.Sink.Count);
        Assert.Equal(2, _scene.Sink.CompleteAll());
    }

    [Fact]
    public void A_queue_is_not_made_with_some_of_its_engines()
    {
        int before = File.Queues.Count;
        DrmXeExecQueueCreate one = QueueOps.Args(Vm), none = QueueOps.Args(Vm, width: 0);
        Assert.Equal("instances", Assert.Throws<ArgumentException>(() => Create(one)).ParamName);
        // What the driver refuses anyhow needs no such exception.
        Assert.Equal(Errno.EINVAL, Create(none));
        Assert.Equal((before, Errno.EINVAL, 0u), (File.Queues.Count, File.ExecQueueCreate(Vm, out uint id), id));
        Assert.Equal(Errno.EINVAL, File.ExecQueueCreate(Vm, out _, [.. Enumerable.Repeat(Copy, 10)]));
        Assert.Equal(Errno.Ok, File.ExecQueueCreate(Vm, out _, Engine(EngineClass.VmBind)));

        Errno Create(DrmXeExecQueueCreate args) => File.ExecQueueCreate(ref args, Copy, Copy);
    }

    [Fact]
    public void Calls_on_syncobjs_count_and_ignore_no_array()
    {
        uint a = File.SyncobjCreate(), b = File.SyncobjCreate();
        uint[] handles = [a, b];
        ulong[] points = [3, 5], seen = new ulong[2];
        Assert.Equal(Errno.Ok, File.SyncobjTimelineSignal(handles, points));
        Assert.Equal(Errno.Ok, File.SyncobjQuery(handles, seen));
        Assert.Equal(points, seen);
        Assert.Equal(Errno.Ok, File.SyncobjTimelineWait(handles, points, 0, SyncobjWaitFlags.All));
        Assert.Equal(Errno.EINVAL, File.SyncobjTimelineWait(handles, [4, 5], 0));
        Assert.Equal(Errno.Ok, File.SyncobjWait(handles, 0));
        Assert.Equal(Errno.Ok, File.SyncobjTimelineWait(handles, [], 0));
        Assert.Equal(Errno.Ok, File.SyncobjWait([], 0));

        foreach (uint count in new[] { 0u, 1u })
        {
            var array = new DrmSyncobjArray { CountHandles = count };
            var timeline = new DrmSyncobjTimelineArray { CountHandles = count, Points = 1 };
            var wait = new DrmSyncobjWait { CountHandles = count };
            var timelineWait = new DrmSyncobjTimelineWait { CountHandles = count, Points = 1 };
            Action[] calls =
            [
                () => File.SyncobjSignal(array, handles), () => File.SyncobjReset(array, handles),
                () => File.SyncobjTimelineSignal(timeline, handles, points),
                () => File.SyncobjQuery(timeline, handles, seen), () => File.SyncobjWait(ref wait, handles),
                () => File.SyncobjWaitAsync(wait, handles).AsTask(),
                () => File.SyncobjTimelineWait(ref timelineWait, handles, points),
                () => File.SyncobjTimelineWaitAsync(timelineWait, handles, points).AsTask(),
            ];
            Assert.All(calls, call => Assert.Equal("handles", Assert.Throws<ArgumentException>(call).ParamName));
        }

        var withoutPoints = new DrmSyncobjTimelineWait { CountHandles = 2 };
        Action[] ignoring =
        [
            () => File.SyncobjTimelineSignal(new DrmSyncobjTimelineArray { CountHandles = 2 }, handles, points),
            () => File.SyncobjTimelineSignal(new DrmSyncobjTimelineArray { CountHandles = 2, Points = 1 }, handles, [7, 8, 9]),
            () => File.SyncobjTimelineWait(ref withoutPoints, handles, points),
            () => File.SyncobjTimelineWaitAsync(withoutPoints, handles, points).AsTask(),
        ];
        Assert.All(ignoring, call => Assert.Equal("points", Assert.Throws<ArgumentException>(call).ParamName));
        Assert.Equal(Errno.Ok, File.SyncobjQuery(handles, seen));
        Assert.Equal(points, seen);
    }

    [Fact]
    public void Queries_fill_the_buffer_they_are_given_or_refuse_it()
    {
        Assert.Equal(Errno.Ok, File.DeviceQuery(DeviceQueryId.MemRegions, out byte[] answer));
        var args = new DrmXeDeviceQuery { Query = DeviceQueryId.MemRegions };
        Assert.Equal("data", Assert.Throws<ArgumentException>(() => File.DeviceQuery(ref args, new byte[answer.Length])).ParamName);
        Assert.Equal((Errno.Ok, (uint)answer.Length), (File.DeviceQuery(ref args), args.Size));
        var again = new byte[answer.Length];
        Assert.Equal(Errno.Ok, File.DeviceQuery(ref args, again));
        Assert.Equal(answer, again);
        Assert.Equal((Errno.ENODEV, 0), (File.DeviceQuery(DeviceQueryId.EuStall, out byte[] none), none.Length));
        Assert.Equal((Errno.Ok, 0), (File.DeviceQuery(DeviceQueryId.HwConfig, out byte[] empty), empty.Length));

        Assert.Equal(Errno.Ok, File.VmBind(Vm, Op.Null(A, 0x1000)));
        var count = new DrmXeVmQueryMemRangeAttr { VmId = Vm, Start = 0, Range = _scene.Vm.Size };
        Assert.Equal(
            "ranges", Assert.Throws<ArgumentException>(() => File.VmQueryMemRangeAttrs(ref count, new DrmXeMemRangeAttr[1])).ParamName);
        Assert.Equal((Errno.Ok, 1u), (File.VmQueryMemRangeAttrs(ref count), count.NumMemRanges));
    }
}
