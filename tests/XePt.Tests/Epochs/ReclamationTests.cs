using XePt.Devices;
using XePt.Diagnostics;
using XePt.Epochs;
using XePt.Fences;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;

namespace XePt.Tests.Epochs;

/// <summary>Tables that binds unlink while a walker is pinned: they stay as they are until it has gone.</summary>
public class ReclamationTests
{
    private const ulong Va = 1UL << 40;
    private const ulong OtherVa = 1UL << 41;
    private const ulong Page = 0x7000;

    [Fact]
    [Rule("PT-096")]
    public void Without_walkers_a_request_frees_what_it_unlinks()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        int empty = gpu.Device.TablesInUse;
        Bind(gpu, Va);
        Unbind(gpu, Va);
        Assert.Equal(empty, gpu.Device.TablesInUse);
        Assert.Equal((4, 4), (gpu.Vm.Counters.TablesRetired, gpu.Vm.Counters.TablesFreed));
    }

    [Fact]
    [Rule("PT-096")]
    public void A_table_is_not_reused_while_a_walker_is_pinned_and_is_so_afterwards()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        int empty = gpu.Device.TablesInUse;
        Bind(gpu, Va);
        WalkStep leaf = gpu.Vm.TraceWalk(Va)[^1];
        using (WalkPin pin = gpu.Device.EnterWalk())
        {
            Unbind(gpu, Va);
            Bind(gpu, OtherVa);
            Assert.NotEqual(leaf.EntryAddress & ~0xfffUL, gpu.Vm.TraceWalk(OtherVa)[^1].EntryAddress & ~0xfffUL);
            // Whoever read the links before the unbind still finds the old leaf, untouched.
            Assert.Equal(leaf.Entry, gpu.EntryAt(leaf.EntryAddress));
            Assert.Equal((4, 0), (gpu.Vm.Counters.TablesRetired, gpu.Vm.Counters.TablesFreed));
            Assert.Equal(empty + 8, gpu.Device.TablesInUse);
        }

        Unbind(gpu, OtherVa);
        Assert.Equal(empty, gpu.Device.TablesInUse);
        Assert.Equal((8, 8), (gpu.Vm.Counters.TablesRetired, gpu.Vm.Counters.TablesFreed));
        Bind(gpu, OtherVa);
        Assert.True(gpu.Vm.Translate(OtherVa).IsPresent);
    }

    [Fact]
    public void A_walker_that_pins_later_holds_back_nothing_that_was_unlinked_before()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        int empty = gpu.Device.TablesInUse;
        Bind(gpu, Va);
        WalkPin early = gpu.Device.EnterWalk();
        Unbind(gpu, Va);
        Bind(gpu, OtherVa);
        using WalkPin late = gpu.Device.EnterWalk();
        early.Dispose();

        // The bind advances the epoch and frees the first tables; the unbind's own stay until the late walker has gone.
        Unbind(gpu, OtherVa);
        Assert.Equal((8, 4), (gpu.Vm.Counters.TablesRetired, gpu.Vm.Counters.TablesFreed));
        Assert.Equal(empty + 4, gpu.Device.TablesInUse);
    }

    /// <summary>A backlog that a walker held back is freed in bounded steps while walkers are pinned, and shrinks whatever requests
    /// retire.</summary>
    [Fact]
    public void A_backlog_is_freed_in_bounded_steps_while_walkers_are_pinned()
    {
        const ulong Size = 2UL << 30;
        using var gpu = new TestGpu(XePlatforms.Bmg);
        XeBo bo = gpu.SystemBo(new PhysicalRun(1UL << 33, 4096, (int)(Size >> 12), 8192));
        int empty = gpu.Device.TablesInUse;
        WalkPin first = gpu.Device.EnterWalk();
        gpu.Run(Map(bo, Va));
        gpu.Run(Unmap(Va, Size));
        long backlog = gpu.Vm.Counters.TablesRetired;
        Assert.InRange(backlog, 1024, 1032);
        Bind(gpu, Va);
        Unbind(gpu, Va);
        using WalkPin second = gpu.Device.EnterWalk();
        first.Dispose();

        long before = 0;
        for (int request = 0; gpu.Vm.Counters.TablesFreed < backlog; request++)
        {
            Bind(gpu, Va);
            Unbind(gpu, Va);
            long freed = gpu.Vm.Counters.TablesFreed - before;
            before = gpu.Vm.Counters.TablesFreed;
            Assert.InRange(freed, 1, 4096);
            Assert.True(request < 10);
        }

        second.Dispose();
        Bind(gpu, Va);
        Unbind(gpu, Va);
        Assert.Equal(empty, gpu.Device.TablesInUse);
    }

    /// <summary>A walker that has told lately, and only refreshes, has the tables of a large unmap freed a step at a time, without
    /// another call.</summary>
    [Fact]
    public void A_large_backlog_goes_with_the_refreshes_of_a_walker()
    {
        const ulong Size = 2UL << 30;
        using var gpu = new TestGpu(XePlatforms.Bmg);
        XeBo bo = gpu.SystemBo(new PhysicalRun(1UL << 33, 4096, (int)(Size >> 12), 8192));
        int empty = gpu.Device.TablesInUse;
        using XeWalker walker = gpu.Vm.OpenWalker();
        BecomeSilent(gpu, walker);
        gpu.Run(Map(bo, Va));
        gpu.Run(Unmap(Va, Size));
        int held = gpu.Device.TablesInUse;
        Assert.InRange(held - empty, 1024, 1032);
        for (int i = 0; i < 10 && gpu.Device.TablesInUse > empty + RetiredTables.MostUnhurried; i++)
        {
            walker.Refresh();
            Assert.InRange(gpu.Device.TablesInUse, empty, held - 1);
            held = gpu.Device.TablesInUse;
        }

        Assert.InRange(held, empty, empty + RetiredTables.MostUnhurried);
        for (int i = 0; i <= EpochDomain.SilentRefreshes; i++)
            walker.Refresh();
        Assert.Equal(empty, gpu.Device.TablesInUse);
    }

    /// <summary>In a window that is full, a bind takes the tables that no walker can see any more, and is refused while one sees
    /// them.</summary>
    [Fact]
    public void In_a_full_window_a_bind_takes_what_no_walker_sees()
    {
        const ulong Step = 1UL << 30;
        using var gpu = new TestGpu(XePlatforms.Bmg with { VramBytesPerTile = 16UL << 20 });
        int empty = gpu.Device.TablesInUse;
        using XeWalker walker = gpu.Vm.OpenWalker();
        BecomeSilent(gpu, walker);
        ulong end = Va;
        while (gpu.TryRun(MapNull(end, 4096)).Error == Errno.Ok)
            end += Step;
        int full = gpu.Device.TablesInUse;
        Assert.InRange(full, 500, 512);

        Unbind(gpu, Va);
        for (int i = 0; i < 2; i++)
            Assert.Equal(Errno.ENOMEM, gpu.TryRun(MapNull(end, 4096)).Error);
        Assert.Equal((full, 2, 0), (gpu.Device.TablesInUse, HeldTables(gpu), walker.Translate(end).IsPresent ? 1 : 0));
        walker.Refresh();
        Assert.Equal(2, HeldTables(gpu));
        gpu.Run(MapNull(end, 4096));
        Assert.Equal((full, 0, true), (gpu.Device.TablesInUse, HeldTables(gpu), walker.Translate(end).IsPresent));
        Assert.Equal(Errno.ENOMEM, gpu.TryRun(MapNull(Va, 4096)).Error);

        // Refused, as if it had not been there, and what else is done goes on.
        Unbind(gpu, end);
        gpu.Device.Failures.Arm(FailurePoint.Allocation);
        Assert.Equal(Errno.ENOMEM, gpu.TryRun(MapNull(Va, 4096)).Error);
        gpu.Device.Failures.Disarm();
        walker.Refresh();
        gpu.Run(MapNull(Va, 4096));
        gpu.Run(Unmap(Va, end - Va));
        walker.Dispose();
        Assert.Equal((empty, 0), (gpu.Device.TablesInUse, HeldTables(gpu)));
    }

    [Fact]
    [Rule("PT-196")]
    public void Tables_of_a_closed_vm_stay_until_walkers_have_left()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        var create = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, gpu.File.VmCreate(ref create));
        int empty = gpu.Device.TablesInUse;
        Bind(gpu, Va);
        WalkStep leaf = gpu.Vm.TraceWalk(Va)[^1];
        int used = gpu.Device.TablesInUse;
        using (WalkPin pin = gpu.Device.EnterWalk())
        {
            Assert.Equal(Errno.Ok, gpu.File.VmDestroy(new DrmXeVmDestroy { VmId = gpu.Vm.Id }));
            Assert.Equal(used, gpu.Device.TablesInUse);
            Assert.Equal(used - 1, gpu.Device.Closed.Pending);
            // The other VM's request reuses none of them, nor its own four.
            Churn(gpu, create.VmId);
            Assert.Equal(used + 4, gpu.Device.TablesInUse);
            Assert.Equal(leaf.Entry, gpu.EntryAt(leaf.EntryAddress));
        }

        Churn(gpu, create.VmId);
        Assert.Equal(empty - 1, gpu.Device.TablesInUse);
        Assert.Equal(0, gpu.Device.Closed.Pending);
    }

    [Fact]
    [Rule("PT-196")]
    public void Tables_of_closed_vms_are_freed_without_another_request_once_walkers_have_left()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        Bind(gpu, Va);
        int used = gpu.Device.TablesInUse;
        using (WalkPin pin = gpu.Device.EnterWalk())
        {
            gpu.File.Dispose();
            Assert.Equal(used, gpu.Device.TablesInUse);
        }

        Assert.Equal((0, 0), (gpu.Device.TablesInUse, gpu.Device.Closed.Pending));
    }

    [Fact]
    [Rule("PT-183")]
    public void Tables_of_closed_vms_are_freed_without_another_request_once_tlbs_have_acknowledged()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        var tlb = new HeldTlb();
        using TlbRegistration registration = gpu.Device.Tlb.Register(0, tlb);
        Bind(gpu, Va);
        gpu.File.Dispose();
        Assert.NotEqual(0, gpu.Device.TablesInUse);
        registration.Acknowledge(tlb.Newest);
        Assert.Equal(0, gpu.Device.TablesInUse);
    }

    [Fact]
    public void A_device_that_is_gone_has_no_tables()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        Bind(gpu, Va);
        using (gpu.Device.EnterWalk())
            gpu.File.Dispose();
        gpu.Device.Dispose();
        Assert.Equal(0, gpu.Device.TablesInUse);
    }

    [Fact]
    [Rule("PT-196")]
    public void Threads_that_ask_for_the_number_of_tables_do_not_meet_those_that_close_vms()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.File.Dispose();
        bool isOver = false;
        Fences.FenceTimelineTests.Both(
            () =>
            {
                while (!Volatile.Read(ref isOver))
                    _ = gpu.Device.TablesInUse;
            },
            () =>
            {
                try
                {
                    for (int i = 0; i < 500; i++)
                        OpenAndClose(gpu);
                }
                finally
                {
                    Volatile.Write(ref isOver, true);
                }
            });
        Assert.Equal((0, 0), (gpu.Device.TablesInUse, gpu.Device.Closed.Pending));
    }

    [Fact]
    public void A_closed_vm_translates_nothing_also_after_its_device_has_gone()
    {
        var gpu = new TestGpu(XePlatforms.Bmg);
        Bind(gpu, Va);
        Assert.Equal(Errno.Ok, gpu.File.VmDestroy(new DrmXeVmDestroy { VmId = gpu.Vm.Id }));
        Assert.False(gpu.Vm.Translate(Va).IsPresent);
        gpu.Dispose();
        Assert.False(gpu.Vm.Translate(Va).IsPresent);
    }

    [Fact]
    public unsafe void A_walker_that_outlives_its_device_keeps_its_memory()
    {
        var gpu = new TestGpu(XePlatforms.Bmg);
        Bind(gpu, Va);
        WalkStep leaf = gpu.Vm.TraceWalk(Va)[^1];
        IGpuMemory memory = gpu.Vm.GetTableMemory();
        using WalkPin pin = gpu.Device.EnterWalk();
        gpu.Dispose();
        Assert.True(memory.TryReadEntry(leaf.EntryAddress, out ulong entry));
        Assert.Equal(leaf.Entry, entry);
    }

    [Fact]
    public void Injected_allocation_failures_never_stop_reclamation()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        int empty = gpu.Device.TablesInUse;
        Bind(gpu, Va);
        WalkPin pin = gpu.Device.EnterWalk();
        using (var count = new AllocationCount(gpu.Device.Failures))
        {
            Unbind(gpu, Va);
            Assert.True(count.Value < 4, $"retiring asked for {count.Value} allocations");
        }

        pin.Dispose();

        gpu.Device.Failures.Arm(FailurePoint.Allocation);
        Assert.Equal(Errno.ENOMEM, gpu.TryRun(Map(gpu.SystemPage(), Va)).Error);
        gpu.Device.Failures.Disarm();
        Bind(gpu, Va);
        Unbind(gpu, Va);
        Assert.Equal(empty, gpu.Device.TablesInUse);
    }

    /// <summary>A walker that has just told that it has left something: its next refreshes tell nobody.</summary>
    private static void BecomeSilent(TestGpu gpu, XeWalker walker)
    {
        Bind(gpu, OtherVa);
        Unbind(gpu, OtherVa);
        walker.Refresh();
        Assert.Equal(0, HeldTables(gpu));
    }

    private static int HeldTables(TestGpu gpu) => (int)(gpu.Vm.Counters.TablesRetired - gpu.Vm.Counters.TablesFreed);

    /// <summary>A client whose tables are orphans when it has gone.</summary>
    private static void OpenAndClose(TestGpu gpu)
    {
        using WalkPin pin = gpu.Device.EnterWalk();
        using XeFile file = gpu.Device.OpenFile();
        var create = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, file.VmCreate(ref create));
        var map = new DrmXeVmBind
        {
            VmId = create.VmId,
            NumBinds = 1,
            Bind = new DrmXeVmBindOp { Flags = VmBindFlags.Null, Addr = Va, Range = 4096 }
        };
        Assert.Equal(Errno.Ok, file.VmBind(map));
    }

    private static void Churn(TestGpu gpu, uint vm)
    {
        var map =
            new DrmXeVmBind { VmId = vm, NumBinds = 1, Bind = new DrmXeVmBindOp { Flags = VmBindFlags.Null, Addr = Va, Range = 4096 } };
        var unmap = new DrmXeVmBind { VmId = vm, NumBinds = 1, Bind = new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va, Range = 4096 } };
        Assert.Equal(Errno.Ok, gpu.File.VmBind(map));
        Assert.Equal(Errno.Ok, gpu.File.VmBind(unmap));
    }

    private static void Bind(TestGpu gpu, ulong va, ulong page = Page) => gpu.Run(Map(gpu.SystemPage(page), va));

    private static void Unbind(TestGpu gpu, ulong va) => gpu.Run(Unmap(va, 4096));

    private sealed class HeldTlb : ITlbClient
    {
        public ulong Newest { get; private set; }

        public void Invalidate(in TlbInvalidation invalidation) => Newest = invalidation.Seqno;
    }
}
