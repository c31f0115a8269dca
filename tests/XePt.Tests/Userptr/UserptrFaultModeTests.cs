using XePt.Devices;
using XePt.Tests.Bind;
using XePt.Tests.Kit;
using XePt.Tests.Tlb;
using XePt.Uapi;
using static XePt.Tests.Userptr.UserptrScene;

namespace XePt.Tests.Userptr;

/// <summary>Invalidation in fault mode: wait, zap, flush, let go (BIND-268, UPTR-020 to UPTR-024, UPTR-030).</summary>
public class UserptrFaultModeTests
{
    [Theory]
    [InlineData(6u)]
    [InlineData(7u)]
    [Rule("BIND-268")]
    [Rule("PT-116")]
    [Rule("PT-117")]
    [Rule("UPTR-022")]
    [Rule("UPTR-023")]
    public void A_change_of_the_pages_zaps_and_flushes_at_once_and_the_next_fault_binds_the_new_ones(uint vmFlags)
    {
        using var scene = new UserptrScene(vmFlags);
        var tlb = new RecordingTlb();
        scene.Device.Tlb.Register(0, tlb);
        long requests = scene.Vm.Counters.RequestInvalidations;
        ulong[] tables = [.. scene.Vm.GetMappings().Select(run => run.Range.Start)];

        Fence gone = scene.Change();
        Assert.True(gone.IsSignalled);
        Assert.Equal((0ul, 0ul), (scene.Vm.Translate(A).Entry, scene.Vm.Translate(A + Page).Entry));
        Assert.Equal((1, 1, true), (scene.Vma.TilePresent, scene.Vma.TileInvalidated, scene.Vma.IsStale));
        TlbInvalidation flush = Assert.Single(tlb.Received);
        Assert.Equal((TlbInvalidationCause.Zap, 1L), (flush.Cause, scene.Vm.Counters.ZapInvalidations));
        Assert.Equal((false, false, requests), (scene.HoldsPages, scene.IsListed, scene.Vm.Counters.RequestInvalidations));

        Assert.Equal(Errno.Ok, scene.Vm.Fault(A));
        Assert.Equal((New, New + Page), (scene.Shown, scene.Vm.Translate(A + Page).Address));
        Assert.Equal((0, false, true), (scene.Vma.TileInvalidated, scene.Vma.IsStale, scene.HoldsPages));
        Assert.Equal(tables, scene.Vm.GetMappings().Select(run => run.Range.Start));
    }

    [Fact]
    [Rule("PT-154")]
    [Rule("UPTR-003")]
    public void What_was_never_bound_is_not_zapped_but_its_pages_are_collected_anew()
    {
        using var scene = new UserptrScene(vmFlags: 6, isBound: false);
        var tlb = new RecordingTlb();
        scene.Device.Tlb.Register(0, tlb);
        Assert.True(scene.HoldsPages);
        Assert.True(scene.Change().IsSignalled);
        Assert.Equal((0, 0, true, false), (scene.Vma.TilePresent, scene.Vma.TileInvalidated, scene.Vma.IsStale, scene.HoldsPages));
        Assert.Empty(tlb.Received);
        Assert.Equal((Errno.Ok, New), (scene.Vm.Fault(A), scene.Shown));
    }

    [Fact]
    [Rule("PT-154")]
    [Rule("BIND-180")]
    [Rule("UPTR-009")]
    public void The_rest_of_a_split_is_a_userptr_of_its_own()
    {
        using var scene = new UserptrScene(vmFlags: 6);
        scene.Change();
        scene.Do(Op.Unmap(A, Page));
        // The rest was bound by the split, with the pages of then.
        Assert.Equal(New + Page, scene.Vm.Translate(A + Page).Address);
        Assert.True(scene.File.InvalidateCpuMemory(AddressRange.OfSize(Cpu, Page)).IsSignalled);
        Assert.Equal(New + Page, scene.Vm.Translate(A + Page).Address);
        scene.File.InvalidateCpuMemory(AddressRange.OfSize(Cpu + Page, 1));
        Assert.False(scene.Vm.Translate(A + Page).IsPresent);
    }

    [Theory]
    [InlineData(DriveMode.Inline)]
    [InlineData(DriveMode.Queued)]
    [Rule("PT-119")]
    [Rule("BIND-268")]
    [Rule("CON-004")]
    public void No_zap_before_everything_of_the_vm_is_complete(DriveMode drive)
    {
        using var scene = new UserptrScene(vmFlags: 6, drive: drive);
        Fence other = scene.Binds.BindAfter(AsyncNull(2 * A));
        Fence gone = scene.Change();
        Assert.Equal((Old, false, true), (scene.Shown, gone.IsSignalled, scene.HoldsPages || scene.Vma.IsStale));
        Assert.Equal(1, scene.Vma.TileInvalidated);
        // A fault now waits behind the zap.
        Assert.Equal(Errno.Ok, scene.Vm.Fault(A, out Fence bound));
        Assert.Equal((Old, false), (scene.Shown, bound.IsSignalled));

        other.TrySignal();
        scene.Device.Pump();
        Assert.Equal((true, true, New), (gone.IsSignalled, bound.IsSignalled, scene.Shown));
        Assert.True(scene.Vm.Translate(2 * A).IsPresent && scene.Vm.IsIdle);
    }

    [Fact]
    [Rule("PT-119")]
    [Rule("CON-014")]
    public void Entries_are_zero_before_the_flush_and_the_pages_go_only_after_the_acknowledgement()
    {
        using var scene = new UserptrScene(vmFlags: 6);
        var tlb = new RecordingTlb(acknowledges: false);
        scene.Device.Tlb.Register(0, tlb);
        Fence other = scene.Binds.BindAfter(AsyncNull(2 * A));
        Fence gone = scene.Change();
        Assert.Empty(tlb.Received);
        other.TrySignal();
        Assert.Equal((0ul, false), (scene.Vm.Translate(A).Entry, gone.IsSignalled));
        Assert.Equal(1, scene.Vm.Context.Vmas.Deferred.Count);
        Assert.Single(tlb.Received).Acknowledge();
        Assert.True(gone.IsSignalled);
        scene.Vm.Zap(3 * A);
        Assert.Equal(0, scene.Vm.Context.Vmas.Deferred.Count);
    }

    [Fact]
    [Rule("PT-117")]
    [Rule("PT-112")]
    public void Exactly_the_tiles_with_a_valid_mapping_are_flushed_and_all_are_marked()
    {
        using var scene = new UserptrScene(vmFlags: 6, XePlatforms.Pvc2T);
        scene.Vm.Context.Space.Vmas[scene.Vm.Context.Space.Find(A)].TileInvalidated = 1;
        uint gts = scene.Device.Tlb.GtMask;
        ulong[] before = Issued(scene, gts);
        scene.Change();
        Assert.Equal((Old, 0ul), (scene.Vm.Translate(A, tile: 0).Address, scene.Vm.Translate(A, tile: 1).Entry));
        Assert.Equal((3, 3), (scene.Vma.TilePresent, scene.Vma.TileInvalidated));
        ulong[] issued = [.. Issued(scene, gts).Zip(before, (after, start) => after - start)];
        Assert.Equal([0ul, 1ul], issued);
        Assert.Equal(Errno.Ok, scene.Vm.Fault(A));
        Assert.Equal((New, New), (scene.Vm.Translate(A, tile: 0).Address, scene.Vm.Translate(A, tile: 1).Address));
    }

    [Fact]
    [Rule("FLT-046")]
    [Rule("UPTR-030")]
    public void A_fault_where_the_memory_is_gone_is_a_bad_address_until_there_is_memory_again()
    {
        using var scene = new UserptrScene(vmFlags: 6);
        scene.TakeAway();
        ulong before = scene.Vm.StateHash();
        Assert.Equal((Errno.EFAULT, "FLT-046", before), (scene.Vm.Fault(A), scene.Vm.LastRejection.RuleId, scene.Vm.StateHash()));
        scene.File.MapCpuMemory(Cpu, new PhysicalRun(New, Size));
        Assert.Equal((Errno.Ok, New), (scene.Vm.Fault(A), scene.Shown));
    }

    [Fact]
    [Rule("BIND-227")]
    [Rule("CON-005")]
    public void A_userptr_that_is_being_unbound_is_waited_for_too()
    {
        using var scene = new UserptrScene(vmFlags: 6);
        Fence unbound = scene.Binds.BindAfter(Op.Unmap(A, Size));
        Fence gone = scene.Change();
        Assert.Equal((Old, false), (scene.Shown, gone.IsSignalled));
        unbound.TrySignal();
        Assert.Equal((0ul, true), (scene.Shown, gone.IsSignalled));
        scene.Vm.Zap(3 * A);
        Assert.Equal(0, scene.Vm.Context.Userptrs.Count);
    }

    [Fact]
    [Rule("BIND-268")]
    [Rule("BIND-011")]
    public void A_vm_that_is_being_destroyed_is_waited_for_too()
    {
        using var scene = new UserptrScene(vmFlags: 6);
        Fence other = scene.Binds.BindAfter(AsyncNull(2 * A));
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = scene.Vm.Id }));
        Fence gone = scene.Change();
        Assert.False(gone.IsSignalled);
        other.TrySignal();
        Assert.True(gone.IsSignalled);
        Assert.True(scene.File.InvalidateCpuMemory(AddressRange.OfSize(Cpu, Size)).IsSignalled);
    }

    [Fact]
    [Rule("UPTR-020")]
    public void Every_userptr_of_the_interval_is_hit_as_a_whole_and_no_other()
    {
        using var scene = new UserptrScene(vmFlags: 6);
        scene.File.MapCpuMemory(Cpu + Size, new PhysicalRun(0x6000_0000, Size));
        scene.Do(UserptrScene.Userptr(VmBindFlags.Immediate, 2 * A, Cpu + Page, Size),
            UserptrScene.Userptr(VmBindFlags.Immediate, 3 * A, Cpu + Size, Size));
        scene.File.InvalidateCpuMemory(new(Cpu + Page + 5, Cpu + Page + 6));
        Assert.Equal([false, false, true], new[] { A, 2 * A, 3 * A }.Select(va => scene.Vm.Translate(va).IsPresent));
        scene.File.InvalidateCpuMemory(new(0, Cpu));
        scene.File.InvalidateCpuMemory(new(Cpu + (2 * Size), ulong.MaxValue));
        Assert.True(scene.Vm.Translate(3 * A).IsPresent);
        scene.File.InvalidateCpuMemory(new(0, ulong.MaxValue));
        Assert.Equal((false, 4L), (scene.Vm.Translate(3 * A).IsPresent, scene.Vm.Counters.ZapInvalidations + 1));
        Assert.Throws<ArgumentException>(() => scene.File.InvalidateCpuMemory(new(Cpu, Cpu)));
    }

    private static DrmXeVmBindOp AsyncNull(ulong va) =>
        Async.AsyncScene.Null(va, Page) with { Flags = VmBindFlags.Null | VmBindFlags.Immediate };

    private static ulong[] Issued(UserptrScene scene, uint gts) =>
        [.. Enumerable.Range(0, 32).Where(gt => (gts >> gt & 1) != 0).Select(gt => scene.Device.Tlb.Issued(gt))];
}
