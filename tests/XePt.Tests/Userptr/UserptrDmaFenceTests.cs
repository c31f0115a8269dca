using XePt.Diagnostics;
using XePt.Fences;
using XePt.Tests.Bind;
using XePt.Uapi;
using static XePt.Tests.Userptr.UserptrScene;

namespace XePt.Tests.Userptr;

/// <summary>Invalidation in dma-fence mode: jobs are waited for, the next EXEC repins (BIND-268, UPTR-031 to UPTR-035).</summary>
public class UserptrDmaFenceTests
{
    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [Rule("BIND-268")]
    [Rule("UPTR-021")]
    [Rule("UPTR-024")]
    [Rule("UPTR-031")]
    [Rule("RN-043")]
    [Rule("UPTR-003")]
    public void Jobs_end_before_the_pages_go_and_the_next_job_runs_on_the_new_ones(uint vmFlags)
    {
        using var scene = new UserptrScene(vmFlags);
        Fence first = scene.Jobs.Do(1);
        Fence gone = scene.Change();
        Assert.Equal((false, Old, true, 0), (gone.IsSignalled, scene.Shown, scene.IsListed, scene.Vma.TileInvalidated));

        // The second job waits for the rebind, and that for the first job.
        Fence second = scene.Jobs.Do(2);
        Assert.Equal((Old, 1, false, false), (scene.Shown, scene.Jobs.Sink.Count, scene.IsListed, scene.Vma.IsStale));
        scene.Jobs.Sink.CompleteNext();
        Assert.Equal((true, true, New, false), (first.IsSignalled, gone.IsSignalled, scene.Shown, second.IsSignalled));
        Assert.Equal(2ul, Assert.Single(scene.Jobs.Running));
        Assert.Equal((1L, 1L), (scene.Vm.Counters.UserptrRepins, scene.Device.MoveCounters.Rebinds));
    }

    [Fact]
    [Rule("BIND-268")]
    [Rule("UPTR-034")]
    [Rule("PT-116")]
    public void Memory_that_is_gone_is_no_error_and_the_entries_go()
    {
        using var scene = new UserptrScene(vmFlags: 0);
        scene.Jobs.Do(1);
        Fence gone = scene.TakeAway();
        Assert.Equal(Errno.Ok, scene.Exec(2));
        Assert.Equal((Old, 1, false), (scene.Shown, scene.Vma.TileInvalidated, scene.IsListed));
        Assert.Equal(1ul, Assert.Single(scene.Jobs.Running));
        scene.Jobs.Sink.CompleteNext();
        Assert.True(gone.IsSignalled);
        // The job that runs now finds nothing there, not even in a TLB.
        Assert.Equal((0ul, 2ul, 1L), (scene.Vm.Translate(A).Entry, Assert.Single(scene.Jobs.Running), scene.Vm.Counters.ZapInvalidations));
        Assert.Equal((false, true), (scene.Vm.Context.IsBanned, scene.Vma.IsStale));

        // Memory alone changes nothing; the next notifier event does.
        scene.File.MapCpuMemory(Cpu, new PhysicalRun(New, Size));
        Assert.Equal((Errno.Ok, false), (scene.Exec(3), scene.Vm.Translate(A).IsPresent));
        scene.File.InvalidateCpuMemory(AddressRange.OfSize(Cpu, 1));
        Assert.True(scene.IsListed);
        Assert.Equal(Errno.Ok, scene.Exec(4));
        scene.Jobs.Sink.CompleteAll();
        Assert.Equal((New, 0), (scene.Shown, scene.Vma.TileInvalidated));
    }

    [Fact]
    [Rule("BIND-268")]
    [Rule("BIND-191")]
    public void Prefetch_brings_back_what_was_given_up()
    {
        using var scene = new UserptrScene(vmFlags: 0);
        scene.TakeAway();
        Assert.Equal(Errno.Ok, scene.Exec());
        scene.Jobs.Sink.CompleteAll();
        scene.Refuses(Errno.EFAULT, "BIND-178", Op.Prefetch(A, Size, 0));
        scene.File.MapCpuMemory(Cpu, new PhysicalRun(New, Size));
        scene.Refuses(Errno.EFAULT, "BIND-178", Op.Prefetch(A, Size, 0), UserptrScene.Userptr(0, 2 * A, 0x1000));
        scene.Do(Op.Prefetch(A, Size, 0));
        Assert.Equal((New, false, 0), (scene.Shown, scene.Vma.IsStale, scene.Vma.TileInvalidated));
    }

    [Fact]
    [Rule("UPTR-035")]
    public void An_error_of_the_rebind_is_that_of_exec_and_what_was_repinned_is_still_to_be_rebound()
    {
        using var scene = new UserptrScene(vmFlags: 0);
        scene.Do(UserptrScene.Userptr(0, 2 * A, Cpu, Page));
        // The rebind of huge pages by small ones needs tables.
        scene.File.UnmapCpuMemory(Cpu);
        scene.File.MapCpuMemory(Cpu, new PhysicalRun(New, Size));
        scene.File.InvalidateCpuMemory(AddressRange.OfSize(Cpu, Size));
        Assert.Equal([A, 2 * A], scene.Vm.InvalidatedUserptrs);
        ulong[] shown = [scene.Shown, scene.Vm.Translate(2 * A).Address];
        var bo = scene.Binds.Bo(0x20_0000);
        scene.Do(scene.Binds.Map(bo, 0x40_0000_0000, 0x20_0000));
        scene.File.MoveBo(bo, 0, [new PhysicalRun(0x8000_0000, Page, 512, 2 * Page)]);
        scene.Device.Failures.Arm(FailurePoint.Allocation);
        Assert.Equal(Errno.ENOMEM, scene.Exec());
        scene.Device.Failures.Disarm();
        Assert.Empty(scene.Vm.InvalidatedUserptrs);
        Assert.False(scene.Vm.Context.IsUpToDate);
        Assert.Equal((0, false), (scene.Jobs.Sink.Count, scene.Vm.Context.IsBanned));
        Assert.Equal((shown[0], shown[1]), (scene.Shown, scene.Vm.Translate(2 * A).Address));
        Assert.Equal(Errno.Ok, scene.Exec());
        Assert.Equal((New, New), (scene.Shown, scene.Vm.Translate(2 * A).Address));
        Assert.Empty(scene.Vm.InvalidatedUserptrs);
    }

    [Fact]
    [Rule("UPTR-020")]
    public void The_list_holds_each_userptr_once_the_one_that_changed_last_at_its_end()
    {
        using var scene = new UserptrScene(vmFlags: 0);
        scene.File.MapCpuMemory(Cpu + Size, new PhysicalRun(New, Size));
        scene.Do(UserptrScene.Userptr(0, 2 * A, Cpu + Size), UserptrScene.Userptr(0, 3 * A, Cpu, 2 * Size));
        scene.File.InvalidateCpuMemory(AddressRange.OfSize(Cpu, 1));
        Assert.Equal([A, 3 * A], scene.Vm.InvalidatedUserptrs);
        scene.File.InvalidateCpuMemory(AddressRange.OfSize(Cpu + Size, 1));
        Assert.Equal([A, 3 * A, 2 * A], scene.Vm.InvalidatedUserptrs);
        scene.File.InvalidateCpuMemory(AddressRange.OfSize(Cpu, 1));
        Assert.Equal([2 * A, A, 3 * A], scene.Vm.InvalidatedUserptrs);
        scene.Do(Op.Unmap(A, Size));
        Assert.Equal([2 * A, 3 * A], scene.Vm.InvalidatedUserptrs);
        Assert.Equal(Errno.Ok, scene.Exec());
        Assert.Empty(scene.Vm.InvalidatedUserptrs);
    }

    [Fact]
    [Rule("UPTR-032")]
    public void Pages_that_change_while_exec_repins_are_repinned_again()
    {
        using var scene = new UserptrScene(vmFlags: 0);
        scene.Change();
        scene.Device.Failures.Arm(FailurePoint.UserptrCheck);
        Assert.Equal(Errno.Ok, scene.Exec());
        Assert.Equal((2L, false, New), (scene.Vm.Counters.UserptrRepins, scene.IsListed, scene.Shown));
    }

    [Fact]
    [Rule("PT-153")]
    [Rule("BIND-227")]
    [Rule("BIND-269")]
    [Rule("RN-041")]
    public void A_userptr_that_is_unmapped_leaves_the_list_at_once_and_returns_when_that_fails()
    {
        using var scene = new UserptrScene(vmFlags: 0);
        scene.Change();
        scene.Refuses(Errno.EFAULT, "BIND-178", Op.Unmap(A, Page), UserptrScene.Userptr(0, 2 * A, 0x1000));
        Assert.True(scene.IsListed);
        Fence pending = scene.Binds.BindAfter(Op.Unmap(A, Size));
        Assert.Empty(scene.Vm.InvalidatedUserptrs);
        Assert.Equal(Errno.Ok, scene.Exec());
        Assert.Equal(0L, scene.Vm.Counters.UserptrRepins);
        pending.TrySignal();
    }

    [Fact]
    [Rule("BIND-264")]
    [Rule("BIND-270")]
    public void Userptrs_and_evicted_bos_are_rebound_in_one_go()
    {
        using var scene = new UserptrScene(vmFlags: 0);
        uint bo = scene.Binds.Bo(0x20_0000);
        scene.Do(scene.Binds.Map(bo, 2 * A, 0x20_0000));
        scene.Change();
        scene.File.MoveBo(bo, 0, [new PhysicalRun(0x8000_0000, 0x20_0000)]);
        Assert.Equal(Errno.Ok, scene.Vm.RebindEvicted());
        Assert.Equal((New, 0x8000_0000ul, 1L), (scene.Shown, scene.Vm.Translate(2 * A).Address, scene.Device.MoveCounters.Rebinds));
    }

    [Fact]
    [Rule("BIND-268")]
    public void Everything_of_the_vm_is_waited_for_whatever_it_is()
    {
        using var scene = new UserptrScene(vmFlags: 0);
        Fence kernel = scene.Pending(FenceUsage.Kernel), bookkeep = scene.Pending();
        Fence gone = scene.Change();
        kernel.TrySignal();
        Assert.False(gone.IsSignalled);
        bookkeep.TrySignal();
        Assert.True(gone.IsSignalled);
    }
}
