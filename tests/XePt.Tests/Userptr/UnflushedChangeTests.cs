using XePt.Devices;
using XePt.Host;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.Userptr;

/// <summary>A change of a process's pages while an access on another thread is in the middle of a page, or while what another change has
/// taken away is still to be written or flushed.</summary>
public sealed class UnflushedChangeTests : IDisposable
{
    private const ulong Page = 4096;
    private const ulong Cpu = 0x7f00_0000_0000, Gpu = 0x1_0000_0000;

    private readonly ModelMemory _memory = new();
    private readonly ModelProcess _process;
    private XeDevice? _device;
    private XeFile? _file;

    public UnflushedChangeTests()
    {
        _process = new ModelProcess(_memory);
        _process.Map(AddressRange.OfSize(Cpu, 2 * Page), CpuProtection.ReadWrite);
        _process.Touch(AddressRange.OfSize(Cpu, 2 * Page), write: true);
    }

    public void Dispose()
    {
        _device?.Dispose();
        Assert.Equal(0, _process.SubscriptionCount);
        _process.Dispose();
        Assert.Equal(0, _memory.UsedBytes);
        _memory.Dispose();
    }

    /// <summary>With the inline drive a change has the virtual clock go on when nothing else can happen. The clock must not decide that a
    /// TLB takes too long in which another thread is at work.</summary>
    [Theory]
    [InlineData("lnl")]
    [InlineData("bmg")]
    [Rule("CON-005")]
    [Rule("UPTR-023")]
    [Rule("PT-185")]
    public void A_change_waits_for_accesses_of_other_threads(string platform)
    {
        XeVm vm = Open(platform, DriveMode.Inline);
        using var tlb = new ReferenceTlb(_device!.Tlb, 0);
        using TlbUnit unit = tlb.OpenUnit("core");
        BindUserptr(vm, 2 * Page);
        TlbUnit.Access access = unit.Begin();
        Assert.True(access.Translate(vm.GetTlbSpace(0), Gpu).IsPresent);
        var change = new Thread(() => _process.Discard(AddressRange.OfSize(Cpu, Page)));
        change.Start();
        Assert.True(Blocks(change));
        access.Dispose();
        change.Join();
        Assert.Equal(0, _device.Tlb.GetCounters(0).Timeouts);
        AssertServes(vm);
    }

    /// <summary>A fork and the write that breaks its sharing come between what an access has found and its bytes.</summary>
    [Fact]
    [Rule("CON-005")]
    [Rule("UPTR-023")]
    public void What_an_access_of_another_thread_writes_is_not_lost()
    {
        var process = new RestlessProcess(_process);
        XeVm vm = Open("lnl", DriveMode.Inline, process);
        BindUserptr(vm, 2 * Page);
        Assert.True(vm.Access(Gpu, GpuAccessKind.Write, new byte[1]).IsDone);
        using var isInMiddle = new ManualResetEventSlim();
        using var mayGoOn = new ManualResetEventSlim();
        process.Found = () =>
        {
            process.Found = null;
            isInMiddle.Set();
            mayGoOn.Wait(TestContext.Current.CancellationToken);
        };
        GpuAccess written = default;
        var gpu = new Thread(() => written = vm.Access(Gpu, GpuAccessKind.Write, [42]));
        gpu.Start();
        isInMiddle.Wait(TestContext.Current.CancellationToken);
        ModelProcess? child = null;
        var cpu = new Thread(() =>
        {
            child = Share();
            Assert.True(_process.TryWrite(Cpu + 8, [7]));
        });
        cpu.Start();
        Assert.True(Blocks(cpu));
        mayGoOn.Set();
        gpu.Join();
        cpu.Join();
        var seen = new byte[1];
        Assert.True(_process.TryRead(Cpu, seen));
        Assert.Equal((GpuAccessStatus.Done, 42), (written.Status, seen[0]));
        child!.Dispose();
        AssertServes(vm);
    }

    /// <summary>What one change has zapped is not flushed yet. Another one, made by a thread inside another VM, finds no entries, and must
    /// flush all the same: it waits for no fence.</summary>
    [Fact]
    [Rule("CON-005")]
    [Rule("CON-014")]
    [Rule("UPTR-023")]
    public void A_change_inside_another_VM_waits_for_what_others_have_not_flushed_yet()
    {
        XeVm vm = Open("lnl", DriveMode.Inline), other = NewVm();
        using var tlb = new ReferenceTlb(_device!.Tlb, 0);
        using TlbUnit unit = tlb.OpenUnit("core");
        ModelProcess child = Share();
        BindUserptr(vm, 2 * Page, VmBindFlags.ReadOnly);
        TlbUnit.Access access = unit.Begin();
        Translation old = access.Translate(vm.GetTlbSpace(0), Gpu);
        var first = new Thread(() => _process.Raise(CpuChangeKind.SoftDirty, AddressRange.OfSize(Cpu + Page, Page)));
        first.Start();
        Assert.True(Blocks(first));
        // Writable, so it takes a page of its own.
        var second = new Thread(() => BindUserptr(other, Page));
        second.Start();
        Assert.True(Blocks(second));
        access.Dispose();
        first.Join();
        second.Join();
        Assert.Equal(0, _device.Tlb.GetCounters(0).Timeouts);
        Assert.NotEqual(old.Address, other.Translate(Gpu).Address);
        child.Dispose();
        AssertServes(vm, GpuAccessKind.Read);
        AssertServes(other);
    }

    /// <summary>The same while the zap of the first one has not been written, because it waits for a bind that waits.</summary>
    [Fact]
    [Rule("CON-005")]
    [Rule("UPTR-023")]
    [Rule("PT-119")]
    public void A_change_inside_another_VM_zaps_what_others_have_still_to_zap()
    {
        XeVm vm = Open("lnl", DriveMode.Queued), other = NewVm();
        ModelProcess child = Share();
        BindUserptr(vm, 2 * Page, VmBindFlags.ReadOnly);
        Fence held = _device!.CreateFence("held");
        BindAfter(vm, held, BindOps.MapNull(2 * Gpu, Page, flags: VmBindFlags.Immediate));
        var first = new Thread(() => _process.Raise(CpuChangeKind.SoftDirty, AddressRange.OfSize(Cpu + Page, Page)));
        first.Start();
        Assert.True(Blocks(first));
        Assert.True(vm.Translate(Gpu).IsPresent);
        BindUserptr(other, Page);
        Assert.False(vm.Translate(Gpu).IsPresent);
        held.TrySignal();
        _device.Pump();
        first.Join();
        _device.Pump();
        child.Dispose();
        AssertServes(vm, GpuAccessKind.Read);
        AssertServes(other);
    }

    /// <summary>The only thread that pumps may be the one that waits, for a job that is not ready before it blocks.</summary>
    [Theory]
    [InlineData(VmCreateFlags.LrMode | VmCreateFlags.FaultMode)]
    [InlineData(VmCreateFlags.None)]
    [Rule("UPTR-021")]
    [Rule("UPTR-023")]
    public void A_change_runs_what_becomes_ready_while_it_waits(VmCreateFlags mode)
    {
        Open("lnl", DriveMode.Queued);
        XeVm vm = _file!.CreateVm(mode);
        BindUserptr(vm, 2 * Page);
        _device!.Pump();
        Fence held = _device.CreateFence("held");
        BindAfter(vm, held, BindOps.MapNull(2 * Gpu, Page, flags: VmBindFlags.Immediate));
        var change = new Thread(() => _process.Unmap(AddressRange.OfSize(Cpu + Page, Page)));
        change.Start();
        Assert.True(Blocks(change));
        held.TrySignal();
        Assert.True(change.Join(TimeSpan.FromMinutes(1)), "a change waits for a job that nobody else runs");
        Assert.True(vm.Translate(2 * Gpu).Status == TranslationStatus.Null);
        Assert.Equal(Errno.Ok, _process.Map(AddressRange.OfSize(Cpu + Page, Page), CpuProtection.ReadWrite));
        vm.Map(_file.CreateBo(Page), Gpu);
        _device.Pump();
        AssertServes(vm);
    }

    /// <summary>Inline, nothing but an event of the clock may end the job; the computer's clock goes on by itself.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rule("UPTR-021")]
    [Rule("UPTR-023")]
    public void A_change_waits_for_what_an_event_of_the_clock_ends(bool isVirtual)
    {
        var sink = new ManualJobSink();
        XeClock clock = isVirtual ? new VirtualClock() : new SystemClock();
        _device = new XeDevice(TestGpu.Named("lnl"), new XeDeviceOptions { Drive = DriveMode.Inline, JobSink = sink, Clock = clock });
        _file = _device.OpenFile();
        _file.AddressSpace = _process;
        XeVm vm = _file.CreateVm(VmCreateFlags.None);
        BindUserptr(vm, 2 * Page);
        ExecQueue queue = _file.CreateQueue(vm, default(DrmXeEngineClassInstance));
        Assert.Equal(Errno.Ok, _file.Exec(new DrmXeExec { ExecQueueId = queue.Id, NumBatchBuffer = 1, Address = Gpu }));
        bool? isMapped = null;
        clock.At(clock.Now + 1, () => { });
        clock.At(clock.Now + 3_000_000, () => isMapped = sink.CompleteNext() && _process.TryFindVma(Cpu + Page, out _));
        Assert.Equal(Errno.Ok, _process.Unmap(AddressRange.OfSize(Cpu + Page, Page)));
        Assert.Equal((true, 0), (isMapped, sink.Count));
        Assert.Equal(Errno.Ok, _process.Map(AddressRange.OfSize(Cpu + Page, Page), CpuProtection.ReadWrite));
        Assert.Equal(Errno.Ok, _file.Exec(new DrmXeExec { ExecQueueId = queue.Id, NumBatchBuffer = 1, Address = Gpu }));
        Assert.True(sink.CompleteNext());
    }

    /// <summary>A client that waits inline lets the clock go on, too.</summary>
    [Fact]
    [Rule("CON-005")]
    [Rule("PT-185")]
    public unsafe void A_wait_of_a_client_lets_accesses_of_other_threads_end()
    {
        Open("lnl", DriveMode.Inline);
        XeVm vm = _file!.CreateVm(VmCreateFlags.None);
        vm.Map(_file.CreateBo(Page), Gpu);
        Assert.True(vm.Access(Gpu, GpuAccessKind.Write, new byte[1]).IsDone);
        long* pin = _device!.Accesses.Gate.Enter();
        uint handle = _file.SyncobjCreate();
        Errno errno = Errno.EIO;
        var client = new Thread(() =>
        {
            vm.Unmap(AddressRange.OfSize(Gpu, Page), [new DrmXeSync { Handle = handle, Flags = SyncFlags.Signal }]);
            errno = _file.SyncobjWait([handle], long.MaxValue);
        });
        client.Start();
        Assert.True(Blocks(client));
        _device.Accesses.Gate.Exit(pin);
        client.Join();
        Assert.Equal((Errno.Ok, 0L), (errno, _device.Tlb.GetCounters(0).Timeouts));
        vm.Map(_file.CreateBo(Page), Gpu);
        AssertServes(vm);
    }

    private XeVm Open(string platform, DriveMode drive, ICpuAddressSpace? process = null)
    {
        _device = new XeDevice(TestGpu.Named(platform), new XeDeviceOptions { Drive = drive });
        _device.Tlb.WaitLimit = Timeout.InfiniteTimeSpan;
        _file = _device.OpenFile();
        _file.AddressSpace = process ?? _process;
        return NewVm();
    }

    private XeVm NewVm() => _file!.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);

    private ModelProcess Share()
    {
        Assert.Equal(Errno.Ok, _process.Fork(out ModelProcess? child));
        return child!;
    }

    private void BindUserptr(XeVm vm, ulong size, VmBindFlags flags = 0) =>
        Assert.Equal(Errno.Ok, _file!.VmBind(vm.Id, BindOps.MapUserptr(Cpu, Gpu, size, pat: 2, flags | VmBindFlags.Immediate)));

    private void BindAfter(XeVm vm, Fence fence, DrmXeVmBindOp op)
    {
        uint handle = _file!.SyncobjCreate();
        _file.FindSyncobj(handle)!.Replace(fence);
        var args = new DrmXeVmBind { VmId = vm.Id, NumBinds = 1, NumSyncs = 1, Bind = op };
        Assert.Equal(Errno.Ok, _file.VmBind(args, [op], [new DrmXeSync { Handle = handle }]));
    }

    /// <summary>A thread waits for something; false when it has ended.</summary>
    private static bool Blocks(Thread thread)
    {
        SpinWait.SpinUntil(() => !thread.IsAlive || (thread.ThreadState & ThreadState.WaitSleepJoin) != 0);
        return thread.IsAlive;
    }

    private static void AssertServes(XeVm vm, GpuAccessKind kind = GpuAccessKind.Write)
    {
        GpuAccess access = vm.Access(Gpu, kind, new byte[1]);
        Assert.True(access.IsDone, $"{access}");
    }
}
