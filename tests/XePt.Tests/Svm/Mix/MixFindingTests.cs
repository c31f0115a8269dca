using XePt.Devices;
using XePt.Diagnostics;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>What random mixes (<see cref="MixTests"/>) have found, each by itself.</summary>
public class MixFindingTests
{
    private const ulong B = A + Size2M;
    private const ushort Coherent = 2;

    [Fact]
    public void A_prefetch_that_takes_the_pages_of_its_own_userptr_away_is_told_to_try_again()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.File.VmBind(
            scene.Vm.Id, [new DrmXeVmBindOp { Op = VmBindOp.MapUserptr, Addr = B, Range = Size2M, Userptr = A, PatIndex = Coherent }]));
        Assert.Equal(Errno.EAGAIN, scene.Bind(VmBindOp.Prefetch, A, 2 * Size2M, region: 1));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Unmap, B, Size2M));
    }

    [Fact]
    [Rule("MADV-032")]
    public void A_NULL_mapping_that_advice_has_cut_twice_leaves_no_entries_behind()
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, 4 * Size2M, VmBindFlags.Null | VmBindFlags.Immediate));
        Advise(scene, A, 2 * Size2M);
        Advise(scene, A, Size2M);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, 0, scene.Vm.Size, VmBindFlags.CpuAddrMirror));
        Assert.Empty(scene.Vm.GetMappings());
    }

    [Fact]
    [Rule("MADV-032")]
    public void A_piece_of_a_NULL_mapping_that_advice_and_then_a_bind_have_cut_leaves_no_entries_behind()
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, 16 * Size64K, VmBindFlags.Null | VmBindFlags.Immediate));
        Advise(scene, A + Size64K, 14 * Size64K);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A + (4 * Size64K), 4 * Size64K, VmBindFlags.CpuAddrMirror));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, 16 * Size64K, VmBindFlags.CpuAddrMirror));
        Assert.Empty(scene.Vm.GetMappings());
    }

    [Fact]
    [Rule("FLT-046")]
    public void A_userptr_whose_pages_another_fault_has_in_its_copies_is_put_off_and_served()
    {
        using var engine = new Mix.MixEngine();
        using var scene = new SvmScene(drive: DriveMode.Queued, options: new XeDeviceOptions { CopyEngine = engine });
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.File.VmBind(
            scene.Vm.Id, [new DrmXeVmBindOp { Op = VmBindOp.MapUserptr, Addr = B, Range = Size2M, Userptr = A, PatIndex = Coherent }]));
        scene.Device.Pump();
        engine.Device = scene.Device;
        XeVm other = scene.File.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        other.MapMirror(new AddressRange(0, other.Size));
        Raise(scene, other, A);
        scene.Device.Pump();
        Raise(scene, scene.Vm, B);
        scene.Device.Pump();
        Assert.Equal((1, 0), (engine.Count, scene.Replies.Count));
        engine.CompleteAll();
        scene.Device.Pump();
        Assert.Equal([Errno.Ok, Errno.Ok], scene.Replies.Select(reply => reply.Error));
        // Once, not once for each look.
        Assert.Equal(1, scene.Count(GtCounter.VmaPagefaultCount));
    }

    private static void Raise(SvmScene scene, XeVm vm, ulong address) =>
        Assert.Equal(Errno.Ok, scene.Device.RaiseFault(new GpuFault { Asid = vm.TlbVm.Asid, PageAddress = address }));

    [Fact]
    public void A_piece_of_a_BO_mapping_that_was_zapped_before_it_was_cut_is_bound_by_its_fault()
    {
        using var scene = new SvmScene();
        Assert.Equal(
            Errno.Ok, scene.Bind(VmBindOp.Map, A, 2 * Size2M, VmBindFlags.Immediate, bo: scene.Bo(2 * Size2M)));
        Assert.Equal(Errno.Ok, scene.Vm.Zap(A));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Unmap, A, Size2M));
        VmaInfo piece = scene.Vm.FindVma(A + Size2M)!.Value;
        Assert.Equal((1, 0), ((int)piece.TilePresent, (int)piece.TileInvalidated));
        Assert.False(scene.Vm.Translate(A + Size2M).IsPresent);
        Assert.Equal((Errno.Ok, true), (scene.Fault(A + Size2M), scene.Vm.Translate(A + Size2M).IsPresent));
    }

    [Fact]
    public void Atomics_that_a_BO_allows_and_its_VMA_does_not_are_nacked()
    {
        using var scene = new SvmScene();
        uint bo = scene.File.CreateBo(Size2M, placement: 3, CpuCaching.WriteCombined).Handle;
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, Size2M, bo: bo));
        Advise(scene, A, Size2M, AtomicAccess.Device);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, B, Size2M, bo: bo));
        Assert.Equal(Errno.Ok, scene.File.MoveBo(bo, 0));
        Assert.Equal(Errno.Ok, scene.Fault(A, GpuAccessKind.Atomic));
        Assert.Equal(Errno.EACCES, scene.Fault(B, GpuAccessKind.Atomic));
        Assert.Equal(Errno.Ok, scene.Fault(B, GpuAccessKind.Write));
    }

    private static void Advise(SvmScene scene, ulong start, ulong size, AtomicAccess access = AtomicAccess.Global) =>
        Assert.Equal(Errno.Ok, scene.File.Madvise(new DrmXeMadvise
        {
            VmId = scene.Vm.Id,
            Start = start,
            Range = size,
            Type = MemRangeAttr.Atomic,
            Atomic = new DrmXeMadviseAtomic { Val = access },
        }));
}
