using XePt.Devices;
using XePt.Gpuva;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Ranges outlive the mirror that they were made for; what is wrong for the next one is put right by its faults.</summary>
public class ReplacedMirrorTests
{
    [Theory]
    [InlineData(false, GpuAccessKind.Write)]
    [InlineData(true, GpuAccessKind.Write)]
    [InlineData(false, GpuAccessKind.Atomic)]
    [InlineData(true, GpuAccessKind.Atomic)]
    [Rule("SVM-120")]
    public void A_write_where_the_mirror_was_read_only_gets_entries_of_its_own(bool isDiscrete, GpuAccessKind access)
    {
        using var scene = new SvmScene(isDiscrete ? XePlatforms.Bmg : XePlatforms.Lnl, VmBindFlags.ReadOnly);
        scene.Map(A, Size64K);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.False(scene.Vm.Translate(A).IsWritable);
        Assert.Equal(Errno.EPERM, scene.Fault(A, access));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, 0, scene.Vm.Size, VmBindFlags.CpuAddrMirror));
        ulong flushes = scene.Device.Tlb.Issued(0);
        Assert.Equal(Errno.Ok, scene.Fault(A, access));
        Assert.True(scene.Device.Tlb.Issued(0) > flushes);
        Assert.True(scene.Vm.Translate(A).IsWritable);
        // That is a mapping like others: the same fault once more has nothing to do.
        flushes = scene.Device.Tlb.Issued(0);
        Assert.Equal((Errno.Ok, flushes), (scene.Fault(A, access), scene.Device.Tlb.Issued(0)));
    }
}
