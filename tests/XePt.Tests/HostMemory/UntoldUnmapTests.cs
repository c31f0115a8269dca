using XePt.Devices;
using XePt.Gpuva;
using XePt.Host;
using XePt.Tests.Kit;
using XePt.Tests.Userptr;
using XePt.Uapi;

namespace XePt.Tests.HostMemory;

/// <summary>A process may tell just after that memory has gone, as of what its allocator gives back under its locks. A fault that comes
/// before that finds part of its range not mapped, and goes on with what is left.</summary>
public class UntoldUnmapTests
{
    private const int First = 4, Gone = 8, Behind = 12;

    public static TheoryData<string, GpuAccessKind> Cases => new()
    {
        { "bmg", GpuAccessKind.Write },
        { "bmg", GpuAccessKind.Atomic },
        { "lnl", GpuAccessKind.Write },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    [Rule("SVM-053")]
    [Rule("SVM-099")]
    public void What_is_left_of_a_range_gets_one_of_its_own(string platform, GpuAccessKind access)
    {
        RestlessProcess? process = null;
        using var scene = new MirrorScene(
            space => process = new RestlessProcess((ModelProcess)space), platform: TestGpu.Named(platform));
        Assert.Equal(Errno.Ok, scene.Fault(First, access));
        Assert.True(RangeAt(scene, First).Contains(RangeOf(Gone, Behind)));
        // Its pages have to be collected anew.
        Assert.Equal(Errno.Ok, scene.Process.Discard(RangeOf(First, First + 1)));
        process!.Untold = RangeOf(Gone, Behind);

        Assert.Equal(Errno.Ok, scene.Fault(First, access));
        Assert.False(RangeAt(scene, First).Overlaps(process.Untold));
        Assert.True(scene.Vm.Translate(MirrorScene.Address(First)).IsPresent);
        Assert.False(scene.Vm.Translate(MirrorScene.Address(Gone)).IsPresent);
        Assert.Equal(Errno.ENOENT, scene.Fault(Gone, access));
        Assert.Equal(Errno.Ok, scene.Fault(Behind, access));

        // It is told, and then it is as ever.
        process.Untold = default;
        Assert.Equal(Errno.Ok, scene.Process.Unmap(RangeOf(Gone, Behind)));
        Assert.True(scene.Vm.Translate(MirrorScene.Address(First)).IsPresent);
        Assert.True(scene.Vm.Translate(MirrorScene.Address(Behind)).IsPresent);
        Assert.Equal(Errno.Ok, scene.Process.Map(RangeOf(Gone, Behind), CpuProtection.ReadWrite));
        Assert.Equal(Errno.Ok, scene.Fault(Gone, access));
    }

    [Fact]
    public void Memory_that_is_there_but_cannot_be_read_is_refused_as_ever()
    {
        RestlessProcess? process = null;
        using var scene = new MirrorScene(space => process = new RestlessProcess((ModelProcess)space), platform: XePlatforms.Lnl);
        Assert.Equal(Errno.Ok, scene.Fault(First));
        AddressRange whole = RangeAt(scene, First);
        Assert.Equal(Errno.Ok, scene.Process.Protect(RangeOf(Gone, Behind), CpuProtection.None));
        Assert.Equal(Errno.EFAULT, scene.Fault(First));
        Assert.Equal(whole, RangeAt(scene, First));
        Assert.Equal(Errno.Ok, scene.Process.Protect(RangeOf(Gone, Behind), CpuProtection.ReadWrite));
        Assert.Equal(Errno.Ok, scene.Fault(First));
    }

    private static AddressRange RangeOf(int first, int end) => new(MirrorScene.Address(first), MirrorScene.Address(end));

    private static AddressRange RangeAt(MirrorScene scene, int page)
    {
        SvmRangeMap ranges = scene.Vm.Context.Ranges;
        int range = ranges.Containing(MirrorScene.Address(page));
        return range == 0 ? default : new AddressRange(ranges[range].Start, ranges[range].End);
    }
}
