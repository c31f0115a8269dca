using XePt.Devices;
using XePt.Gpuva;
using XePt.Host;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Atomic accesses of mirrors that are answered as served though their entries do not enable atomics: XePt keeps what the vectors
/// show, and says so to who accesses (docs/deviations.md).</summary>
public class AtomicInVainTests
{
    /// <summary>The memory need not move (FLT-050), and advice that atomics are the CPU's disables them (FLT-056).</summary>
    [Fact]
    [Rule("FLT-050")]
    [Rule("FLT-056")]
    public void Where_there_is_no_VRAM_and_atomics_are_of_the_CPU()
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Advise(A, Size2M, AtomicAccess.Cpu));
        AssertInVain(scene);
        Assert.Equal(Errno.Ok, scene.Advise(A, Size2M, AtomicAccess.Undefined));
        AssertDone(scene);
    }

    /// <summary>Pages that have been collected in system memory are not looked at again (SVM-090), and so few do not move
    /// (SVM-070).</summary>
    [Fact]
    [Rule("SVM-070")]
    [Rule("SVM-090")]
    public void Where_a_range_is_too_small_for_VRAM()
    {
        using var scene = new SvmScene(XePlatforms.Bmg with { VramNeeds64K = true });
        scene.Map(A, Page);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((Page, false), (scene.RangeAt(A).Size, scene.IsInVram(A)));
        AssertInVain(scene);
        Assert.Equal(Errno.Ok, scene.Process.Discard(AddressRange.OfSize(A, Page)));
        Assert.Equal(Errno.EFAULT, scene.Fault(A, GpuAccessKind.Atomic));
    }

    /// <summary>The range is valid where it has to be (SVM-047), and outlives the mirror by whose advice it was bound (SVM-120).</summary>
    [Fact]
    [Rule("SVM-047")]
    [Rule("SVM-120")]
    public void Where_the_mirror_that_forbade_them_has_been_replaced()
    {
        using var scene = new SvmScene(XePlatforms.Bmg);
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Advise(A, Size2M, AtomicAccess.Cpu));
        Assert.Equal(Errno.Ok, scene.Fault(A, GpuAccessKind.Write));
        Assert.Equal(Errno.EACCES, scene.Fault(A, GpuAccessKind.Atomic));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, 0, scene.Vm.Size, VmBindFlags.CpuAddrMirror));
        AssertInVain(scene);
        Assert.True(scene.IsInVram(A));
        // A change of the pages ends it.
        Assert.Equal(Errno.Ok, scene.Process.Touch(AddressRange.OfSize(A, Page), write: true));
        AssertDone(scene);
    }

    private static void AssertInVain(SvmScene scene)
    {
        Assert.Equal(Errno.Ok, scene.Fault(A, GpuAccessKind.Atomic));
        Assert.Equal((true, 0ul), (scene.Vm.Translate(A).IsPresent, scene.Vm.Translate(A).Entry & EntryBits.AtomicEnable));
        Assert.Equal(GpuAccessStatus.Refaulting, Add(scene));
        // Others pass.
        Assert.True(scene.Vm.TryWrite(A, 7UL));
    }

    private static void AssertDone(SvmScene scene)
    {
        Assert.Equal(GpuAccessStatus.Done, Add(scene));
        Assert.NotEqual(0ul, scene.Vm.Translate(A).Entry & EntryBits.AtomicEnable);
    }

    private static GpuAccessStatus Add(SvmScene scene) => scene.Vm.Atomic(A, GpuAtomic.On64(GpuAtomicOperation.Add, 1), out _).Status;
}
