using XePt.Devices;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Host;
using XePt.Tests.Evict;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.Userptr;

/// <summary>Who needs pages of a process in the middle of a change leaves the VM until the change has ended, which may wait for somebody
/// who needs the VM, or for jobs of it, for as long as they take.</summary>
public sealed class ChangeInMiddleTests : IDisposable
{
    private const ulong Page = 4096, Size = 16 * Page;
    private const ulong Cpu = 0x7f00_0000_0000, Gpu = 0x1_0000_0000;

    // Far more than are made in a VM, and than would end such a call.
    private const int MostLooks = 20_000;

    private readonly ModelMemory _memory = new();
    private readonly ModelProcess _process;
    private readonly RestlessProcess _restless;
    private XeDevice? _device;
    private XeFile? _file;
    private XeVm? _vm;
    private int _looks;
    private volatile bool _isOver;

    public enum Caller
    {
        Bind,
        Prefetch,
        Exec,
        Worker,
        Fault,
        QueuedFault,
        MirrorFault,
        MirrorPrefetch,
    }

    public ChangeInMiddleTests()
    {
        _process = new ModelProcess(_memory);
        _process.Map(AddressRange.OfSize(Cpu, Size), CpuProtection.ReadWrite);
        _process.Touch(AddressRange.OfSize(Cpu, Size), write: true);
        _restless = new RestlessProcess(_process);
    }

    public void Dispose()
    {
        _device?.Dispose();
        Assert.Equal(0, _process.SubscriptionCount);
        _process.Dispose();
        Assert.Equal(0, _memory.UsedBytes);
        _memory.Dispose();
    }

    public static TheoryData<Caller> Callers() => new(Enum.GetValues<Caller>());

    [Theory]
    [MemberData(nameof(Callers))]
    [Rule("UPTR-032")]
    [Rule("UPTR-033")]
    [Rule("CON-005")]
    public void Somebody_enters_the_VM_while_it_is_waited_for(Caller caller)
    {
        Open(caller);
        Thread? other = null;
        _restless.IsInMiddle = () =>
        {
            _looks++;
            if (other is null)
            {
                other = new Thread(EnterAndLeave);
                other.Start();
            }

            return !_isOver && _looks < MostLooks;
        };
        Assert.Equal(Errno.Ok, Call(caller));
        other!.Join();
        Assert.True(_looks < MostLooks);
        Assert.True(_vm!.Translate(caller >= Caller.MirrorFault ? Cpu : Gpu).IsPresent);
        if (caller == Caller.MirrorFault)
        {
            GtStatistics counts = _device!.GetGtStatistics(0);
            Assert.Equal((1L, 1L), (counts[GtCounter.SvmPagefaultCount], counts[GtCounter.Svm64KPagefaultCount]));
        }
    }

    /// <summary>A process of the embedder's own that never ends it.</summary>
    [Theory]
    [InlineData(Caller.Bind, Errno.ENOMEM)]
    [InlineData(Caller.Exec, Errno.EBUSY)]
    [InlineData(Caller.Fault, Errno.EBUSY)]
    [InlineData(Caller.MirrorPrefetch, Errno.EBUSY)]
    [Rule("UPTR-004")]
    [Rule("UPTR-037")]
    public void It_is_given_up_by_who_has_come_back_often_enough_and_nothing_has_changed(Caller caller, Errno errno)
    {
        Open(caller);
        string before = Image();
        _restless.IsInMiddle = () => ++_looks > 0;
        ThreadJobs.Own.GivesUp = true;
        Assert.Equal(errno, Call(caller));
        ThreadJobs.Own.GivesUp = false;
        Assert.Equal((21, before), (_looks, Image()));
        _restless.IsInMiddle = null;
        Assert.Equal(Errno.Ok, Call(caller));
    }

    /// <summary>The change waits for a bind of the VM, and EXEC for the change.</summary>
    [Fact]
    [Rule("UPTR-021")]
    [Rule("UPTR-032")]
    [Rule("UPTR-037")]
    public void Exec_waits_as_long_as_the_change_waits_for_what_is_in_flight()
    {
        // The change has begun when it has been heard of.
        Open(Caller.Exec, DriveMode.Queued, isStale: false);
        Fence fence = _device!.CreateFence("held");
        uint handle = _file!.SyncobjCreate();
        _file.FindSyncobj(handle)!.Replace(fence);
        DrmXeVmBindOp op = BindOps.MapNull(2 * Gpu, Page);
        Assert.Equal(Errno.Ok, _file.VmBind(new DrmXeVmBind { VmId = _vm!.Id, NumBinds = 1, NumSyncs = 1, Bind = op }, [op], [
            new DrmXeSync { Handle = handle },
        ]));
        var change = new Thread(() => _process.Discard(AddressRange.OfSize(Cpu, Page)));
        change.Start();
        SpinWait.SpinUntil(() => Userptr.IsStale);
        _restless.IsInMiddle = () => ++_looks < 0;
        Errno errno = Errno.EIO;
        var exec = new Thread(() => errno = Call(Caller.Exec));
        exec.Start();
        // More than a call that stays in the VM would make.
        SpinWait.SpinUntil(() => Volatile.Read(ref _looks) > 1500 || !exec.IsAlive);
        Assert.True(exec.IsAlive && Userptr.IsStale);
        fence.TrySignal();
        _device.Pump();
        exec.Join();
        change.Join();
        _device.Pump();
        Assert.Equal((Errno.Ok, false), (errno, Userptr.IsStale));
    }

    /// <summary>The rebind worker runs on the thread that makes the change, while that waits for the queues to stop.</summary>
    [Fact]
    [Rule("UPTR-033")]
    [Rule("BIND-265")]
    public void The_worker_waits_for_the_change_of_its_own_thread()
    {
        Open(Caller.Worker);
        var queue = new FakeQueue();
        AddQueue(queue);
        ulong before = _vm!.Translate(Gpu).Address;
        _process.Discard(AddressRange.OfSize(Cpu, Page));
        Assert.Equal(["suspend", "resume"], queue.Log);
        Assert.False(Userptr.IsStale || _vm.Context.IsBanned);
        Assert.NotEqual(before, _vm.Translate(Gpu).Address);
        queue.IsIdle = true;
    }

    private VmaInfo Userptr => _vm!.FindVma(Gpu)!.Value;

    private void Open(Caller caller, DriveMode drive = DriveMode.Inline, bool isStale = true)
    {
        _device = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { Drive = drive });
        _file = _device.OpenFile();
        _file.AddressSpace = _restless;
        _vm = _file.CreateVm(caller switch
        {
            Caller.Exec or Caller.Bind => VmCreateFlags.None,
            Caller.Worker => VmCreateFlags.LrMode,
            _ => VmCreateFlags.LrMode | VmCreateFlags.FaultMode,
        });
        if (caller >= Caller.MirrorFault)
            Assert.Equal(Errno.Ok, _file.VmBind(_vm.Id, Mirror));
        else if (caller != Caller.Bind)
            Assert.Equal(Errno.Ok, _file.VmBind(_vm.Id, Bind));
        if (isStale && caller is (Caller.Exec or Caller.Fault or Caller.QueuedFault))
            Raise();
    }

    private Errno Call(Caller caller)
    {
        switch (caller)
        {
            case Caller.Bind:
                return _file!.VmBind(_vm!.Id, Bind);
            case Caller.Prefetch:
                return _file!.VmBind(_vm!.Id, BindOps.Prefetch(Gpu, Size, 0));
            case Caller.Exec:
                ExecQueue queue = _file!.CreateQueue(_vm!, default(DrmXeEngineClassInstance));
                return _file.Exec(new DrmXeExec { ExecQueueId = queue.Id, NumBatchBuffer = 1, Address = 0x1000 });
            case Caller.Worker:
                var stops = new FakeQueue();
                AddQueue(stops);
                Raise();
                stops.IsIdle = true;
                return _vm!.Context.IsBanned ? Errno.EBUSY : Errno.Ok;
            case Caller.Fault:
                return _vm!.Fault(Gpu);
            case Caller.MirrorPrefetch:
                return _file!.VmBind(_vm!.Id, BindOps.Prefetch(Cpu, Size, 0));
            default:
                return _device!.RaiseFault(new GpuFault
                {
                    Asid = _vm!.Context.Tlb.Vm.Asid,
                    PageAddress = caller == Caller.MirrorFault ? Cpu : Gpu,
                    Access = GpuAccessKind.Write,
                });
        }
    }

    private static DrmXeVmBindOp Bind => BindOps.MapUserptr(Cpu, Gpu, Size, pat: 2, VmBindFlags.Immediate);

    private static DrmXeVmBindOp Mirror =>
        new() { Op = VmBindOp.Map, Flags = VmBindFlags.CpuAddrMirror, Addr = Cpu, Range = Size, PatIndex = 2 };

    private void Raise() => _process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(Cpu, Page));

    private void EnterAndLeave()
    {
        _vm!.Context.Writer.Enter();
        _isOver = true;
        _vm.Context.Writer.Exit();
    }

    private void AddQueue(FakeQueue queue)
    {
        _vm!.Context.Writer.Enter();
        _vm.Context.Preemption!.Add(queue);
        _vm.Context.Writer.Exit();
    }

    private string Image() => string.Join(
        ' ', _vm!.Context.Space.Count, _vm.Context.Userptrs.Count, _vm.InvalidatedUserptrs.Count, _process.SubscriptionCount,
        _vm.Translate(Gpu).IsPresent, _vm.Translate(Cpu).IsPresent);
}
