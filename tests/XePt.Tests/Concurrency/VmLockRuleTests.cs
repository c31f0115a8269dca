using XePt.Tests.Bind;
using XePt.Tests.Evict;
using XePt.Tests.Queues;
using XePt.Uapi;

namespace XePt.Tests.Concurrency;

/// <summary>What is exclusive in a VM, and what others see of a call that runs (specification 02 section 18).</summary>
public class VmLockRuleTests
{
    private const ulong A = BindScene.A, MiB = BindScene.MiB;

    public static TheoryData<string> Exclusive => [.. Changes.Keys];

    public static TheoryData<string> Looking => [.. Looks.Keys];

    private static Dictionary<string, Func<BindScene, XeVm, Errno>> Changes { get; } = new()
    {
        ["VM_BIND"] = (scene, vm) => scene.Bind(new DrmXeVmBind { VmId = vm.Id }, [], Op.Unmap(2 * A, MiB)),
        ["fault"] = (_, vm) => vm.Fault(A),
        ["zap"] = (_, vm) => vm.Zap(A),
        ["rebind"] = (_, vm) => vm.RebindEvicted(),
        ["SVM range"] = (_, vm) => vm.UnbindRange(new(0, 0x1000)),
        ["VM_DESTROY"] = (scene, vm) => scene.File.VmDestroy(new DrmXeVmDestroy { VmId = vm.Id }),
        ["queue"] = (scene, vm) => scene.File.Queue(vm.Id) is null ? Errno.EIO : Errno.Ok,
        ["close"] = (scene, _) =>
        {
            scene.File.Dispose();
            return Errno.Ok;
        },
    };

    private static Dictionary<string, Func<XeVm, object?>> Looks { get; } = new()
    {
        ["list"] = vm => vm.GetVmas().Count,
        ["count"] = vm => vm.VmaCount,
        ["last VMA"] = vm => vm.FindVma(3 * A) is not null ? 3 : 0,
        ["attributes"] = vm =>
        {
            var args = new DrmXeVmQueryMemRangeAttr { VmId = vm.Id, Start = 0, Range = vm.Size };
            Assert.Equal(Errno.Ok, vm.File.VmQueryMemRangeAttrs(ref args));
            return (int)args.NumMemRanges;
        },
        ["request"] = vm => vm.GetLastRequest().Actions.Count,
        ["tables"] = vm =>
        {
            var tables = default(TableCounter);
            vm.VisitTables(ref tables);
            return tables.Count > 1 ? 3 : 0;
        },
    };

    [Theory]
    [MemberData(nameof(Exclusive))]
    [Rule("BIND-270")]
    public void A_change_waits_for_whoever_is_inside_the_vm(string change)
    {
        using var scene = new BindScene(vmFlags: change == "fault" ? 6u : 2);
        scene.Do(Op.Map(scene.Bo("X", MiB), A, MiB));
        Errno result = Errno.EIO;
        var thread = new Thread(() => result = Changes[change](scene, scene.Vm));
        Together.WhileInside(scene.Vm, () =>
        {
            thread.Start();
            Assert.False(thread.Join(50));
        });
        thread.Join();
        Assert.Equal(Errno.Ok, result);
    }

    /// <summary>The call is stopped between its commits, when all VMAs are in the list and the first tile's tables are submitted.</summary>
    [Theory]
    [MemberData(nameof(Looking))]
    [Rule("BIND-271")]
    [Rule("BIND-272")]
    [Rule("CON-009")]
    public void Nobody_sees_an_array_that_is_partly_applied(string look)
    {
        using var scene = new BindScene(vmFlags: 0);
        uint bo = scene.Bo("X", MiB);
        // Something is in flight, so the next bind is submitted as a job, and the log is told inside the call.
        Fence pending = scene.Device.CreateFence("pending");
        uint sync = scene.File.SyncobjCreate();
        scene.File.FindSyncobj(sync)!.Replace(pending);
        object? before = Looks[look](scene.Vm), seen = null;
        Thread? looker = null;
        bool isWhole = true;
        scene.Device.FenceLog = _ =>
        {
            if (looker is not null)
                return;
            looker = new Thread(() => seen = Looks[look](scene.Vm));
            looker.Start();
            isWhole = !looker.Join(50);
        };
        scene.Do([Op.In(sync)], Op.Map(bo, A, MiB), Op.Map(bo, 2 * A, MiB), Op.Map(bo, 3 * A, MiB));
        looker!.Join();
        Assert.True(isWhole);
        Assert.NotEqual(3, before);
        Assert.Equal(3, seen);
        pending.TrySignal();
    }

    /// <summary>An array that swaps two mappings, again and again: an onlooker finds one of them, always.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [Rule("BIND-271")]
    public void Onlookers_find_the_list_before_a_call_or_after_it(uint vmFlags)
    {
        using var scene = new BindScene(vmFlags);
        uint bo = scene.Bo("X", MiB);
        scene.Do(Op.Map(bo, A, MiB));
        XeVm vm = scene.Vm;
        bool isOver = false;
        Together.Run(
            () =>
            {
                for (ulong i = 1; i <= 3000; i++)
                    scene.Do(Op.Unmap((1 + ((i + 1) % 2)) * A, MiB), Op.Map(0, 4 * A, MiB, flags: VmBindFlags.Null),
                        Op.Map(bo, (1 + (i % 2)) * A, MiB), Op.Unmap(4 * A, MiB));
                Volatile.Write(ref isOver, true);
            },
            () =>
            {
                while (!Volatile.Read(ref isOver))
                {
                    VmaInfo vma = Assert.Single(vm.GetVmas());
                    Assert.Equal((1, VmaKind.Bo), (vm.VmaCount, vma.Kind));
                    Assert.Null(vm.FindVma(4 * A));
                    _ = (vm.StateHash(), vm.GetMappings(), vm.GetLastRequest(), vm.Counters, vm.LastFence, vm.LastRejection, vm.EvictedBos);
                }
            });
    }

    [Fact]
    [Rule("BIND-271")]
    public void A_table_visitor_may_look_at_its_vm_and_do_nothing_else()
    {
        using var scene = new BindScene(vmFlags: 6);
        scene.Do(Op.Map(scene.Bo("X", MiB), A, MiB, flags: VmBindFlags.Immediate));
        XeVm other = scene.CreateVm(6);
        ulong hash = scene.Vm.StateHash();
        var visitor = new Acting(() =>
        {
            Assert.Equal((1, true), (scene.Vm.VmaCount, scene.Vm.FindVma(A) is not null));
            Assert.Equal(hash, scene.Vm.StateHash());
            Assert.True(scene.Vm.Translate(A).IsPresent);
            var create = new DrmXeVmCreate();
            Action[] calls =
            [
                () => scene.Bind(Op.Unmap(A, MiB)),
                () => scene.Vm.Zap(A),
                () => scene.Device.EvictAll(),
                () => scene.File.VmCreate(ref create),
                () => scene.File.VmDestroy(new DrmXeVmDestroy { VmId = scene.Vm.Id }),
                () => other.GetVmas(),
                () => other.Fault(A),
                scene.File.Dispose,
                scene.Device.Dispose,
            ];
            Assert.All(calls, call => Assert.Throws<InvalidOperationException>(call));
        });
        scene.Vm.VisitTables(ref visitor);
        Assert.True(visitor.Count > 1);
        Assert.Equal(hash, scene.Vm.StateHash());
        Assert.True(scene.Vm.Context.Writer.IsFree);

        // A visitor that throws leaves the VM.
        var failing = new Acting(() => throw new NotSupportedException());
        Assert.Throws<NotSupportedException>(() => scene.Vm.VisitTables(ref failing));
        scene.Do(Op.Unmap(A, MiB));
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = other.Id }));
    }

    [Theory]
    [InlineData(DriveMode.Inline)]
    [InlineData(DriveMode.Queued)]
    [Rule("BIND-271")]
    public void What_runs_jobs_is_refused_inside_a_vm(DriveMode drive)
    {
        using var scene = new ExecScene(drive: drive);
        scene.Binds.Do([], Op.Null(A, MiB));
        scene.Do(1);
        scene.Device.Pump();
        XeJob job = Assert.Single(scene.Sink.GetJobs());
        scene.Do(scene.File.Queue(scene.Vm.Id), 2);
        uint pending = scene.Binds.Pending().Handle, done = scene.File.SyncobjCreate(signalled: true);
        int running = scene.Sink.Count;
        var clock = (VirtualClock)scene.Device.Clock;
        int events = 0;
        clock.At(clock.Now, () => events++);
        clock.At(clock.Now + 10, () => events++);
        long now = clock.Now;
        var visitor = new Acting(() =>
        {
            var wait = new DrmSyncobjWait { CountHandles = 1 };
            var points = new DrmSyncobjTimelineWait { CountHandles = 1 };
            var word = new DrmXeWaitUserFence { Addr = 0x8000, Mask = ulong.MaxValue };
            Action[] calls =
            [
                () => scene.Device.Pump(),
                () => clock.RunDue(),
                () => clock.Advance(10),
                () => clock.AdvanceTo(now + 10),
                () => clock.AdvanceTo(now - 1),
                () => scene.Queue.Reset(),
                () => job.Complete(),
                () => job.Preempted(),
                () => scene.Sink.CompleteAll(),
                () => scene.File.SyncobjWait(ref wait, [done]),
                () => scene.File.SyncobjTimelineWait(ref points, [pending], []),
                () => scene.File.SyncobjWaitAsync(wait, [pending]).AsTask(),
                () => scene.File.SyncobjTimelineWaitAsync(points, [pending], []).AsTask(),
                () => scene.File.SyncobjTransfer(new DrmSyncobjTransfer { SrcHandle = done, DstHandle = pending }),
                () => scene.File.WaitUserFence(ref word),
                () => scene.File.WaitUserFenceAsync(word).AsTask(),
            ];
            Assert.All(calls, call => Assert.Throws<InvalidOperationException>(call));
        });
        scene.Vm.VisitTables(ref visitor);
        Assert.True(visitor.Count > 0);
        Assert.Equal((running, false, false), (scene.Sink.Count, scene.Queue.IsReset, job.Fence.IsSignalled));
        Assert.Equal((now, 0), (clock.Now, events));
        clock.Advance(10);
        Assert.Equal((now + 10, 2), (clock.Now, events));
        scene.Device.Pump();
        Assert.Equal(2, scene.Sink.CompleteAll());
    }

    [Fact]
    [Rule("BIND-274")]
    public void A_bind_that_meets_a_destroy_finds_no_id_or_a_closed_vm()
    {
        using var scene = new BindScene(vmFlags: 0);
        DrmXeVmBindOp op = Op.Map(0, A, MiB, flags: VmBindFlags.Null);
        XeVm closed = scene.CreateVm(0);
        // The bind has found the VM; the destroyer came in first and has closed it.
        closed.Context.IsClosed = true;
        Assert.Equal(Errno.ENOENT, scene.Bind(new DrmXeVmBind { VmId = closed.Id }, [], op));
        Assert.Equal("BIND-046", scene.File.LastRejection.RuleId);
        // Arguments come first.
        Assert.Equal(Errno.EINVAL, scene.Bind(new DrmXeVmBind { VmId = closed.Id }, [], op with { Addr = A + 1 }));
        closed.Context.IsClosed = false;
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = closed.Id }));
        Assert.Equal(Errno.EINVAL, scene.Bind(new DrmXeVmBind { VmId = closed.Id }, [], op));

        for (int round = 0; round < 300; round++)
        {
            XeVm vm = scene.CreateVm(0);
            var bound = Errno.EIO;
            Together.Run(
                () => bound = scene.Bind(new DrmXeVmBind { VmId = vm.Id }, [], op),
                () => Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = vm.Id })));
            Assert.Contains(bound, new[] { Errno.Ok, Errno.EINVAL, Errno.ENOENT });
        }
    }

    private struct TableCounter : ITableVisitor
    {
        public int Count;

        public void Visit(in TableView table) => Count++;
    }

    private struct Acting(Action action) : ITableVisitor
    {
        public int Count;

        public void Visit(in TableView table)
        {
            Count++;
            action();
        }
    }
}
