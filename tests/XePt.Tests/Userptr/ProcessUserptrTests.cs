using XePt.Devices;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Tests.Userptr;

/// <summary>Userptrs of the memory of a modelled process.</summary>
public sealed class ProcessUserptrTests : IDisposable
{
    private const ulong Page = 4096;
    private const ulong Cpu = 0x7f00_0000_0000;
    private const ulong Gpu = 0x1_0000_0000;

    private readonly ModelMemory _memory = new();
    private readonly ModelProcess _process;
    private readonly List<string> _events = [];
    private XeDevice? _device;
    private XeFile? _file;
    private XeVm? _vm;

    public ProcessUserptrTests()
    {
        _process = new ModelProcess(_memory);
        _process.Map(AddressRange.OfSize(Cpu, 64 * Page), CpuProtection.ReadWrite);
        _process.Changing += change => _events.Add($"{change.Kind} {(change.Range.Start - Cpu) / Page} {(change.Range.End - Cpu) / Page}");
    }

    private XeVm Vm => _vm!;

    public void Dispose()
    {
        _device?.Dispose();
        Assert.Equal(0, _process.SubscriptionCount);
        _process.Dispose();
        Assert.Equal(0, _memory.UsedBytes);
        _memory.Dispose();
    }

    [Theory]
    [InlineData(VmCreateFlags.LrMode | VmCreateFlags.FaultMode)]
    [InlineData(VmCreateFlags.LrMode)]
    [InlineData(VmCreateFlags.None)]
    [Rule("UPTR-002")]
    [Rule("UPTR-005")]
    public void Pages_are_collected_at_the_bind_and_the_process_tells_before_they_change(VmCreateFlags mode)
    {
        Open(mode);
        Assert.Equal(Errno.Ok, Bind(0, 4, VmBindFlags.Immediate));
        Assert.Equal(1, _process.SubscriptionCount);
        Assert.Equal(4 * (long)Page, _memory.UsedBytes);
        Assert.Equal(FrameAt(1), AddressAt(1));
        Assert.True(_process.TryWrite(Cpu + Page + 8, [42]));
        var seen = new byte[1];
        Assert.True(_memory.TryRead(AddressAt(1) + 8, seen));
        Assert.Equal(42, seen[0]);

        // Nothing of it is pinned: the process may do what it likes.
        _process.Discard(AddressRange.OfSize(Cpu + Page, Page));
        Assert.True(Vma.IsStale);
        Assert.Equal(3 * (long)Page, _memory.UsedBytes);
        Assert.Equal(Errno.Ok, Unbind(0, 4));
        Assert.Equal(0, _process.SubscriptionCount);
    }

    [Fact]
    [Rule("UPTR-004")]
    [Rule("UPTR-006")]
    public void Pages_that_cannot_be_had_refuse_the_bind_and_nothing_stays_behind()
    {
        Open(VmCreateFlags.None);
        _process.Protect(AddressRange.OfSize(Cpu + (4 * Page), Page), CpuProtection.Read);
        _process.Protect(AddressRange.OfSize(Cpu + (8 * Page), Page), CpuProtection.None);
        _process.Map(AddressRange.OfSize(Cpu + (12 * Page), Page), CpuProtection.ReadWrite, CpuVmaKind.Io);
        ulong before = Vm.StateHash();
        Assert.Equal(Errno.EPERM, Bind(3, 2));
        Assert.Equal("BIND-178", _file!.LastRejection.RuleId);
        Assert.Equal(Errno.EFAULT, Bind(8, 1));
        Assert.Equal(Errno.EFAULT, Bind(12, 1));
        Assert.Equal(Errno.EFAULT, Bind(63, 2));
        Assert.Equal(before, Vm.StateHash());
        Assert.Equal(0, _process.SubscriptionCount);
        Assert.Equal(Errno.Ok, Bind(3, 2, VmBindFlags.ReadOnly));
        Assert.Equal(Errno.EFAULT, Bind(8, 1, VmBindFlags.ReadOnly));
    }

    [Fact]
    public void A_process_without_memory_refuses_the_bind_and_so_does_one_that_is_gone()
    {
        using var memory = new ModelMemory(new ModelMemoryOptions { Bytes = 2 * Page });
        using var poor = new ModelProcess(memory);
        poor.Map(AddressRange.OfSize(Cpu, 4 * Page), CpuProtection.ReadWrite);
        Open(VmCreateFlags.None);
        _file!.AddressSpace = poor;
        Assert.Equal(Errno.ENOMEM, Bind(0, 3));
        Assert.Equal(Errno.Ok, Bind(0, 2));
        Assert.Equal(Errno.Ok, Unbind(0, 2));
        poor.LoseUsers();
        Assert.Equal(Errno.EFAULT, Bind(0, 1));
        Assert.Equal(Errno.EOVERFLOW, _file.VmBind(Vm.Id, Op(0, 2) with { Userptr = ulong.MaxValue - Page + 1 }));
    }

    [Fact]
    [Rule("UPTR-022")]
    public void In_fault_mode_a_change_zaps_what_was_bound_before_it_takes_effect()
    {
        Open(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        Assert.Equal(Errno.Ok, Bind(0, 4, VmBindFlags.Immediate));
        TranslationStatus during = TranslationStatus.Mapped;
        string pages = "";
        var last = new Last(() => (during, pages) = (Vm.Translate(Gpu).Status, Describe(0, 4)));
        _process.Subscribe(last, new AddressRange(Cpu + (3 * Page), Cpu + (5 * Page)));
        Assert.Equal(TranslationStatus.Mapped, Vm.Translate(Gpu).Status);
        _process.Unmap(AddressRange.OfSize(Cpu + (3 * Page), Page));
        Assert.Equal(TranslationStatus.NotPresent, during);
        Assert.Equal("SSSS", pages);
        _process.Unsubscribe(last);

        // The memory is gone, and comes back.
        Assert.Equal(Errno.EFAULT, Vm.Fault(Gpu));
        _process.Map(AddressRange.OfSize(Cpu + (3 * Page), Page), CpuProtection.ReadWrite);
        Assert.Equal(Errno.Ok, Vm.Fault(Gpu));
        Assert.Equal(FrameAt(3), AddressAt(3));
        _process.Protect(AddressRange.OfSize(Cpu, Page), CpuProtection.Read);
        Assert.Equal(Errno.EPERM, Vm.Fault(Gpu));
    }

    [Fact]
    [Rule("UPTR-031")]
    [Rule("UPTR-034")]
    [Rule("UPTR-035")]
    public void In_the_other_modes_the_next_job_gets_the_pages_of_then()
    {
        Open(VmCreateFlags.None);
        ExecQueue queue = _file!.CreateQueue(Vm, default(DrmXeEngineClassInstance));
        Assert.Equal(Errno.Ok, Bind(0, 4));
        ulong before = AddressAt(0);
        _process.Discard(AddressRange.OfSize(Cpu, Page));
        Assert.Equal(before, AddressAt(0));
        Assert.Equal(Errno.Ok, Exec(queue));
        Assert.NotEqual(before, AddressAt(0));
        Assert.Equal(FrameAt(0), AddressAt(0));

        _process.Protect(AddressRange.OfSize(Cpu, Page), CpuProtection.Read);
        Assert.Equal(Errno.EPERM, Exec(queue));
        Assert.Single(Vm.InvalidatedUserptrs);
        _process.Protect(AddressRange.OfSize(Cpu, Page), CpuProtection.ReadWrite);
        Assert.Equal(Errno.Ok, Exec(queue));
        _process.Unmap(AddressRange.OfSize(Cpu, Page));
        Assert.Equal(Errno.Ok, Exec(queue));
        Assert.Empty(Vm.InvalidatedUserptrs);
        Assert.Equal(TranslationStatus.NotPresent, Vm.Translate(Gpu).Status);
    }

    /// <summary>A thread inside one VM changes memory that a userptr of another VM shows, while somebody is inside that one and waits to
    /// enter the first.</summary>
    [Fact]
    [Rule("CON-005")]
    public void Whoever_waits_to_enter_all_VMs_lets_go_of_pages_for_those_it_is_inside_of()
    {
        Open(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        Assert.Equal(Errno.Ok, Bind(0, 4, VmBindFlags.Immediate));
        XeVm other = _file!.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        Exception? thrown = null;
        var mover = new Thread(() => thrown = Record.Exception(() => _device!.EvictAll()));
        other.Context.Writer.Enter();
        mover.Start();
        SpinWait.SpinUntil(() => !Vm.Context.Writer.IsFree);
        _process.Discard(AddressRange.OfSize(Cpu, Page));
        Assert.True(mover.IsAlive);
        Assert.Equal(TranslationStatus.NotPresent, Vm.Translate(Gpu).Status);
        other.Context.Writer.Exit();
        mover.Join();
        Assert.Null(thrown);
        Assert.Equal(Errno.Ok, Vm.Fault(Gpu));
        Assert.Equal(FrameAt(0), AddressAt(0));
    }

    /// <summary>What was pinned before another could not be is no longer invalidated, only still to be rebound; until it changes
    /// again.</summary>
    [Fact]
    [Rule("UPTR-031")]
    [Rule("UPTR-035")]
    public void A_job_that_is_refused_has_repinned_what_came_first()
    {
        const ulong behind = Gpu + (8 * Page);
        Open(VmCreateFlags.None);
        ExecQueue queue = _file!.CreateQueue(Vm, default(DrmXeEngineClassInstance));
        Assert.Equal(Errno.Ok, Bind(0, 1));
        Assert.Equal(Errno.Ok, Bind(8, 1));
        ulong before = AddressAt(0);
        _process.Discard(AddressRange.OfSize(Cpu, Page));
        _process.Protect(AddressRange.OfSize(Cpu + (8 * Page), Page), CpuProtection.Read);
        Assert.Equal([Gpu, behind], Vm.InvalidatedUserptrs);
        Assert.Equal(Errno.EPERM, Exec(queue));
        Assert.Equal([behind], Vm.InvalidatedUserptrs);
        Assert.Equal(before, AddressAt(0));

        // Changed again, it is behind the other.
        _process.Discard(AddressRange.OfSize(Cpu, Page));
        Assert.Equal([behind, Gpu], Vm.InvalidatedUserptrs);
        _process.Protect(AddressRange.OfSize(Cpu + (8 * Page), Page), CpuProtection.ReadWrite);
        Assert.Equal(Errno.Ok, Exec(queue));
        Assert.Empty(Vm.InvalidatedUserptrs);
        Assert.Equal(FrameAt(0), AddressAt(0));
        Assert.NotEqual(before, AddressAt(0));
    }

    [Fact]
    [Rule("UPTR-009")]
    public void Remainders_of_a_split_are_collected_anew_and_told_on_their_own()
    {
        Open(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        Assert.Equal(Errno.Ok, Bind(0, 8, VmBindFlags.Immediate));
        Assert.Equal(Errno.Ok, Unbind(3, 2));
        Assert.Equal(2, _process.SubscriptionCount);
        Assert.Equal(FrameAt(7), AddressAt(7));
        _process.Discard(AddressRange.OfSize(Cpu, Page));
        Assert.Equal(TranslationStatus.NotPresent, Vm.Translate(Gpu).Status);
        Assert.Equal(FrameAt(7), AddressAt(7));
    }

    [Theory]
    [InlineData(VmCreateFlags.LrMode | VmCreateFlags.FaultMode)]
    [InlineData(VmCreateFlags.None)]
    public void A_bind_that_changes_pages_itself_invalidates_other_userptrs_of_them(VmCreateFlags mode)
    {
        Open(mode);
        Assert.Equal(Errno.Ok, Bind(0, 4, VmBindFlags.Immediate | VmBindFlags.ReadOnly));
        Assert.Equal(Errno.Ok, _process.Fork(out ModelProcess? child));
        if (mode != VmCreateFlags.None)
            Assert.Equal(Errno.Ok, Vm.Fault(Gpu));
        _events.Clear();

        // Collecting for writing breaks the sharing with the child, page by page, in the middle of the call.
        Assert.Equal(Errno.Ok, _file!.VmBind(Vm.Id, Op(0, 2) with { Addr = Gpu + (64 * Page), Flags = VmBindFlags.Immediate }));
        Assert.Equal(["Clear 0 1", "Clear 1 2"], _events);
        Assert.True(Vm.FindVma(Gpu)!.Value.IsStale);
        if (mode != VmCreateFlags.None)
            Assert.Equal(TranslationStatus.NotPresent, Vm.Translate(Gpu).Status);
        Assert.Equal(FrameAt(0), Vm.Translate(Gpu + (64 * Page)).Address);
        child!.Dispose();
    }

    [Fact]
    [Rule("UPTR-037")]
    public void Pages_that_change_again_and_again_are_busy_in_the_end()
    {
        Open(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        bool isRunning = true;
        int changes = 0;
        _file!.AddressSpace = new RestlessProcess(_process)
        {
            Collected = () =>
            {
                if (isRunning && ++changes < 5000)
                    _process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(Cpu, Page));
            },
        };
        Assert.Equal(Errno.ENOMEM, Bind(0, 1));
        Assert.Equal(1000, changes);
        isRunning = false;
        Assert.Equal(Errno.Ok, Bind(0, 1, VmBindFlags.Immediate));
        isRunning = true;
        _process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(Cpu, Page));
        Assert.Equal(Errno.EBUSY, Vm.Fault(Gpu));
    }

    [Fact]
    [Rule("UPTR-004")]
    [Rule("UPTR-008")]
    public void Device_pages_are_mapped_as_they_are_where_they_go_together_and_brought_back_for_other_modes()
    {
        Open(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        Assert.Equal(Errno.Ok, _file!.VmBind(Vm.Id, new DrmXeVmBindOp
        {
            Op = VmBindOp.Map,
            Flags = VmBindFlags.CpuAddrMirror,
            Addr = Cpu,
            Range = 64 * Page,
            PatIndex = 2,
        }));
        _process.Touch(AddressRange.OfSize(Cpu, 64 * Page), write: true);
        foreach (int page in (int[])[16, 32])
        {
            Assert.Equal(Errno.Ok, _device!.RaiseFault(new GpuFault
            {
                Asid = Vm.Context.Tlb.Vm.Asid,
                PageAddress = Cpu + ((ulong)page * Page),
                Access = GpuAccessKind.Write,
            }));
        }

        Assert.Equal("SSSSSSSSSSSSSSSSDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDSSSSSSSSSSSSSSSS", DescribeAll(0, 64));
        // Two blocks of one memory and then system pages; but none behind system pages.
        Assert.Equal(Errno.Ok, Bind(16, 40, VmBindFlags.Immediate));
        Assert.True(Vm.Translate(Gpu + (20 * Page)).IsDeviceMemory);
        Assert.False(Vm.Translate(Gpu + (50 * Page)).IsDeviceMemory);
        Assert.Equal(FrameAt(50), AddressAt(50));
        Assert.Equal(Errno.EOPNOTSUPP, Bind(15, 4));
        Assert.Equal("UPTR-008", _file.LastRejection.RuleId);

        var create = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, _file.VmCreate(ref create));
        Assert.Equal(Errno.Ok, _file.VmBind(create.VmId, Op(0, 64)));
        Assert.Equal(new string('S', 64), DescribeAll(0, 64));
    }

    [Fact]
    public void A_change_that_may_not_block_is_refused()
    {
        Open(VmCreateFlags.None);
        Bind(0, 1);
        Assert.False(_process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(Cpu, Page), mayBlock: false));
        Assert.False(Vma.IsStale);
        Assert.True(_process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(Cpu, Page)));
        Assert.True(Vma.IsStale);
    }

    [Fact]
    public void A_userptr_of_a_child_shows_the_memory_of_the_child()
    {
        Open(VmCreateFlags.None);
        _process.TryWrite(Cpu, [1]);
        Assert.Equal(Errno.Ok, _process.Fork(out ModelProcess? child));
        _file!.AddressSpace = child;
        Assert.Equal(Errno.Ok, Bind(0, 1));
        child!.TryWrite(Cpu, [2]);
        var seen = new byte[1];
        Assert.True(_memory.TryRead(AddressAt(0), seen));
        Assert.Equal(2, seen[0]);
        Assert.Equal(1, child.SubscriptionCount);
        Unbind(0, 1);
        child.Dispose();
    }

    private void Open(VmCreateFlags mode)
    {
        _device = new XeDevice(XePlatforms.Bmg);
        _file = _device.OpenFile();
        _file.AddressSpace = _process;
        var create = new DrmXeVmCreate { Flags = mode };
        Assert.Equal(Errno.Ok, _file.VmCreate(ref create));
        _vm = _file.FindVm(create.VmId);
    }

    private VmaInfo Vma => Vm.FindVma(Gpu)!.Value;

    private static DrmXeVmBindOp Op(int first, int pages) => new()
    {
        Op = VmBindOp.MapUserptr,
        Userptr = Cpu + ((ulong)first * Page),
        Addr = Gpu + ((ulong)first * Page),
        Range = (ulong)pages * Page,
        PatIndex = 2,
    };

    private Errno Bind(int first, int pages, VmBindFlags flags = 0) => _file!.VmBind(Vm.Id, Op(first, pages) with { Flags = flags });

    private Errno Unbind(int first, int pages) => _file!.VmBind(
        Vm.Id, new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Gpu + ((ulong)first * Page), Range = (ulong)pages * Page });

    private Errno Exec(ExecQueue queue) => _file!.Exec(new DrmXeExec { ExecQueueId = queue.Id, NumBatchBuffer = 1, Address = 0x1000 });

    private ulong AddressAt(int page) => Vm.Translate(Gpu + ((ulong)page * Page)).Address;

    private ulong FrameAt(int page)
    {
        var list = new CpuPageList();
        _process.Snapshot(new AddressRange(Cpu + ((ulong)page * Page), Cpu + ((ulong)(page + 1) * Page)), null, list);
        return list.Runs[0].Frame;
    }

    private string Describe(int first, int pages)
    {
        var list = new CpuPageList();
        _process.Snapshot(new AddressRange(Cpu + ((ulong)first * Page), Cpu + ((ulong)(first + pages) * Page)), null, list);
        return string.Concat(list.Runs.ToArray().Select(run => new string(run.Kind.ToString()[0], run.Pages)));
    }

    private string DescribeAll(int first, int pages)
    {
        var list = new CpuPageList();
        _process.Describe(new AddressRange(Cpu + ((ulong)first * Page), Cpu + ((ulong)(first + pages) * Page)), list);
        return string.Concat(list.Runs.ToArray().Select(run => new string(run.Kind.ToString()[0], run.Pages)));
    }

    /// <summary>Comes behind those that begin before it.</summary>
    private sealed class Last(Action act) : CpuSubscription
    {
        public override bool Invalidate(in CpuChange change)
        {
            act();
            return true;
        }
    }
}
