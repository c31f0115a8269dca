using System.Collections.Concurrent;
using XePt.Devices;
using XePt.Fences;
using XePt.Tests.Bind;
using XePt.Tests.Queues;
using XePt.Uapi;

namespace XePt.Tests.Concurrency;

/// <summary>
/// Several clients, each with two threads that share its handles, make every kind of call in a fixed random order on one device with too
/// little memory: create, bind, exec, move, evict, pin, look, destroy, close, while one more thread completes jobs and signals fences.
/// Threads meet in other ways in each run; what must hold does so in all: no exception, no errno that the calls cannot give, and in the end
/// no table, byte, fence or gate that anybody still has.
/// </summary>
public class ChaosTests
{
    private const int Clients = 3;
    private const int Steps = 500;
    private const ulong A = BindScene.A, MiB = BindScene.MiB;

    private static readonly Errno[] Expected =
    [
        Errno.Ok, Errno.EINVAL, Errno.ENOENT, Errno.EBUSY, Errno.ENOMEM, Errno.ENOSPC, Errno.EAGAIN, Errno.ECANCELED, Errno.EOPNOTSUPP,
        Errno.ENODATA, Errno.ETIME, Errno.EIO,
    ];

    [Theory]
    [InlineData(DriveMode.Inline, 0u, 1)]
    [InlineData(DriveMode.Inline, 2u, 2)]
    [InlineData(DriveMode.Inline, 6u, 3)]
    [InlineData(DriveMode.Queued, 0u, 4)]
    [InlineData(DriveMode.Queued, 2u, 5)]
    [InlineData(DriveMode.Queued, 6u, 6)]
    [Rule("BIND-016")]
    [Rule("BIND-040")]
    [Rule("BIND-270")]
    [Rule("BIND-273")]
    [Rule("BIND-274")]
    public void Whatever_clients_do_at_the_same_time_nothing_is_lost(DriveMode drive, uint vmFlags, int seed)
    {
        var sink = new ManualJobSink { CanPreempt = true };
        using var device = new XeDevice(
            XePlatforms.Bmg with { VramBytesPerTile = 32 * MiB, SystemMemoryBytes = 64 * MiB },
            new XeDeviceOptions { Drive = drive, JobSink = sink });
        using var tlb = new ReferenceTlb(device.Tlb, 0);
        var vms = new ConcurrentBag<XeVm>();
        int running = Clients;
        Action[] clients = [.. Enumerable.Range(0, Clients).Select(i => (Action)(() =>
        {
            try
            {
                Client(device, (VmCreateFlags)vmFlags, new Random((seed * 100) + i), vms);
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        }))];
        Together.Run([.. clients, () => Pump(device, sink, () => Volatile.Read(ref running) > 0)]);

        Settle(device, sink);
        Assert.False(WriterGate.IsAnyHeldHere);
        Assert.All(vms, vm => Assert.True(vm.Context.Writer.IsFree && vm.Context.Jobs.Reservation.IsIdle(FenceUsage.Bookkeep)));
        Assert.Empty(device.Residency.Vms.Vms);
        Assert.Equal(
            (0, 0ul, 0ul), (sink.Count, device.Memory.Regions[0].Allocator.UsedBytes, device.Memory.Regions[1].Allocator.UsedBytes));
        Assert.Equal(0, device.TablesInUse);
    }

    /// <summary>One file after the other, each used by two threads until the first of them closes it.</summary>
    private static void Client(XeDevice device, VmCreateFlags vmFlags, Random random, ConcurrentBag<XeVm> vms)
    {
        for (int life = 0; life < 4; life++)
        {
            XeFile file = device.OpenFile();
            var one = new Player(file, vmFlags, random.Next());
            var two = new Player(file, vmFlags, random.Next());
            Together.Run(
                () =>
                {
                    one.Play(Steps);
                    file.Dispose();
                },
                () => two.Play(2 * Steps));
            one.SignalAll();
            two.SignalAll();
            foreach (XeVm vm in one.Vms.Concat(two.Vms))
                vms.Add(vm);
        }
    }

    private static void Pump(XeDevice device, ManualJobSink sink, Func<bool> goesOn)
    {
        while (goesOn())
        {
            device.Pump(50);
            sink.CompleteNext();
            ((VirtualClock)device.Clock).Advance(100);
            Thread.Yield();
        }
    }

    /// <summary>What was put off when the last client went is done; a VM then frees what walkers have left behind.</summary>
    private static void Settle(XeDevice device, ManualJobSink sink)
    {
        while (device.Pump() + sink.CompleteAll() > 0)
        {
        }

        XeFile file = device.OpenFile();
        var vm = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, file.VmCreate(ref vm));
        foreach (VmBindOp op in (VmBindOp[])[VmBindOp.Map, VmBindOp.Unmap])
        {
            var bind =
                new DrmXeVmBindOp { Op = op, Addr = A, Range = MiB, PatIndex = 2, Flags = op == VmBindOp.Map ? VmBindFlags.Null : 0 };
            Assert.Equal(Errno.Ok, file.VmBind(new DrmXeVmBind { VmId = vm.VmId, NumBinds = 1, Bind = bind }));
        }

        file.Dispose();
        while (device.Pump() > 0)
        {
        }
    }

    /// <summary>One thread of a client. Ids and handles are guessed, so they are those of the other thread, closed, or somebody else's by
    /// now, as often as not.</summary>
    private sealed class Player(XeFile file, VmCreateFlags vmFlags, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly Queue<Fence> _pending = [];

        public List<XeVm> Vms { get; } = [];

        private uint Id => (uint)_random.Next(1, 4);

        private uint Handle => (uint)_random.Next(1, 7);

        private ulong Va => A + ((ulong)_random.Next(32) * MiB);

        public void Play(int steps)
        {
            try
            {
                for (int step = 0; step < steps; step++)
                {
                    int kind = _random.Next(24);
                    Errno error = Step(kind);
                    if (!Expected.Contains(error))
                        throw new InvalidOperationException($"step {step}, call {kind}: {error} {file.LastRejection}");
                }
            }
            catch (ObjectDisposedException)
            {
                // The other thread has closed the file.
            }
        }

        public void SignalAll()
        {
            while (_pending.TryDequeue(out Fence fence))
                fence.TrySignal();
        }

        private Errno Step(int kind) => kind switch
        {
            0 => CreateVm(),
            1 => CreateBo(),
            2 => CreateQueue(),
            3 => _random.Next(4) == 0 ? file.VmDestroy(new DrmXeVmDestroy { VmId = Id }) : Errno.Ok,
            4 => file.GemClose(Handle),
            5 => _random.Next(3) == 0 ? file.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = Id }) : Errno.Ok,
            6 or 7 => Exec(),
            8 => file.MoveBo(Handle, _random.Next(2)),
            9 => file.EvictBo(Handle),
            10 => _random.Next(8) == 0 ? file.Device.EvictAll() : Errno.Ok,
            11 => file.PinBo(Handle, isPinned: _random.Next(4) == 0),
            12 => file.FindVm(Id)?.Fault(Va) ?? Errno.Ok,
            13 => file.FindVm(Id)?.RebindEvicted() ?? Errno.Ok,
            14 => Look(),
            15 => Signal(),
            16 => BindLater(),
            17 => Bind(Op.Unmap(Va, 4 * MiB)),
            18 => Bind(Op.Map(Handle, Va, MiB), Op.Unmap(Va, MiB), Op.Map(Handle, Va, MiB, flags: VmBindFlags.Immediate)),
            19 => _random.Next(20) == 0 ? ResetQueue() : Errno.Ok,
            _ => Bind(Op.Map(Handle, Va, MiB * (ulong)_random.Next(1, 3), flags: _random.Next(2) == 0 ? VmBindFlags.Immediate : 0)),
        };

        private Errno CreateVm()
        {
            if (file.Vms.Count >= 3)
                return Errno.Ok;
            var args = new DrmXeVmCreate { Flags = vmFlags };
            Errno error = file.VmCreate(ref args);
            if (error == Errno.Ok && file.FindVm(args.VmId) is { } vm)
                Vms.Add(vm);
            return error;
        }

        private Errno CreateBo()
        {
            if (file.Bos.Count >= 6)
                return Errno.Ok;
            var args = new DrmXeGemCreate
            {
                Size = MiB * (ulong)_random.Next(1, 4),
                Placement = 3,
                CpuCaching = CpuCaching.WriteCombined,
                Flags = _random.Next(2) == 0 ? GemCreateFlags.DeferBacking : 0,
                VmId = _random.Next(3) == 0 ? Id : 0,
            };
            return file.GemCreate(ref args);
        }

        private Errno CreateQueue()
        {
            if (file.Queues.Count >= 3)
                return Errno.Ok;
            DrmXeExecQueueCreate args = QueueOps.Args(Id);
            return file.ExecQueueCreate(ref args, QueueOps.Engine(_random.Next(4) == 0 ? EngineClass.VmBind : EngineClass.Copy));
        }

        private Errno Bind(params ReadOnlySpan<DrmXeVmBindOp> ops)
        {
            var args =
                new DrmXeVmBind { VmId = Id, NumBinds = (uint)ops.Length, Bind = ops[0], ExecQueueId = _random.Next(3) == 0 ? Id : 0 };
            return file.VmBind(args, ops);
        }

        private Errno BindLater()
        {
            Fence gate = file.Device.CreateFence("gate");
            uint sync = file.SyncobjCreate();
            file.SyncobjAttach(sync, gate);
            _pending.Enqueue(gate);
            Errno error = file.VmBind(
                new DrmXeVmBind { VmId = Id, NumBinds = 1, NumSyncs = 1, Bind = Op.Map(Handle, Va, MiB) }, [], [Op.In(sync)]);
            file.SyncobjDestroy(sync);
            return error;
        }

        private Errno Exec() => file.Exec(new DrmXeExec { ExecQueueId = Id, NumBatchBuffer = 1, Address = A });

        private Errno Signal()
        {
            if (_pending.TryDequeue(out Fence fence))
                fence.TrySignal(_random.Next(4) == 0 ? Errno.EIO : Errno.Ok);
            return Errno.Ok;
        }

        private Errno ResetQueue()
        {
            file.FindQueue(Id)?.Reset();
            return Errno.Ok;
        }

        private Errno Look()
        {
            XeVm? vm = file.FindVm(Id);
            _ = (vm?.GetVmas(), vm?.FindVma(Va), vm?.StateHash(), vm?.GetMappings(), vm?.GetLastRequest(), vm?.Translate(Va),
                vm?.TraceWalk(Va), vm?.EvictedBos);
            _ = (file.FindBo(Handle)?.Segments, file.LastRejection, file.Device.MoveCounters);
            return Errno.Ok;
        }
    }
}
