using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Svm;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>How large a new range is, and where there is none (specification 04 section 5.2).</summary>
public class RangeChoiceTests
{
    [Theory]
    [InlineData("bmg", 1UL << 48)]
    [InlineData("pvc", 1UL << 57)]
    [Rule("SVM-015")]
    [Rule("SVM-050")]
    public void There_is_no_range_outside_the_vm(string platform, ulong size)
    {
        using var scene = new SvmScene(XePlatforms.TryGet(platform, out PlatformInfo? found) ? found : null);
        Assert.Equal((size, size), (scene.Mirrors.Size, scene.Vm.Size));
        Errno At(ulong address) => MadeUpCall.Run(
            scene.Vm, () => RangeLookup.FindOrInsert(scene.Mirrors, scene.RequestAt(A) with { Address = address }, out _));
        Assert.Equal(Errno.EINVAL, At(scene.Vm.Size + Page));
        Assert.Equal(Errno.EINVAL, At(ulong.MaxValue - Page + 1));
        // The last page is inside, and the process has nothing there. As the vectors show, so is the first one behind it.
        Assert.Equal(Errno.ENOENT, At(scene.Vm.Size - Page));
        Assert.Equal(Errno.ENOENT, At(scene.Vm.Size));
        Assert.Equal(0, scene.Process.SubscriptionCount);
    }

    [Fact]
    [Rule("SVM-056")]
    public void Where_not_even_a_page_fits_there_is_none_and_no_notifier_stays()
    {
        using var scene = new SvmScene();
        scene.Map(A, Page);
        int range = 0;
        // No VMA begins in the middle of a page; only so is there no room for one.
        Assert.Equal(Errno.EINVAL, MadeUpCall.Run(
            scene.Vm, () => RangeLookup.FindOrInsert(scene.Mirrors, scene.RequestAt(A) with { VmaStart = A + 1 }, out range)));
        Assert.Equal((0, 0, 0), (range, scene.Ranges.Count, scene.Process.SubscriptionCount));
    }

    /// <summary>Memory of 64 KiB of which one page is missing.</summary>
    [Theory]
    [InlineData(true, false, Page)]
    [InlineData(false, false, Size64K)]
    [InlineData(true, true, Size64K)]
    [Rule("CFG-003")]
    [Rule("SVM-061")]
    [Rule("SVM-063")]
    public void Only_a_fault_on_a_discrete_device_wants_all_pages_of_64K_there(bool isDiscrete, bool isPrefetch, ulong size)
    {
        using var scene = new SvmScene(isDiscrete ? XePlatforms.Bmg : XePlatforms.Lnl);
        scene.Map(A, Size64K);
        scene.Process.Discard(AddressRange.OfSize(A + (5 * Page), Page));
        Errno error = isPrefetch ? scene.Bind(VmBindOp.Prefetch, A, Page) : scene.Fault(A);
        Assert.Equal((Errno.Ok, size), (error, scene.RangeAt(A).Size));

        // A single page is taken as it is, and of a large chunk nobody asks.
        Assert.Equal(Errno.Ok, scene.Fault(A + (5 * Page)));
        scene.Map(A + Size2M, Size2M, populate: false);
        Assert.Equal(Errno.Ok, scene.Fault(A + Size2M));
        Assert.Equal(Size2M, scene.RangeAt(A + Size2M).Size);
    }

    /// <summary>Of 2 MiB that were in device memory a page has gone, and with it the range.</summary>
    [Theory]
    [InlineData(0, Size64K, true)]
    [InlineData(-1, Page, false)]
    [Rule("SVM-044")]
    [Rule("SVM-063")]
    [Rule("SVM-093")]
    public void Device_pages_are_there_only_for_who_wants_device_memory(int file, ulong size, bool stays)
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        scene.Process.Unmap(AddressRange.OfSize(A, Page));
        Assert.Equal(Errno.Ok, scene.Prefer(0, scene.Vm.Size, file));
        long copied = scene.Count(GtCounter.SvmCpuCopyKb);
        Assert.Equal(Errno.Ok, scene.Fault(A + Size64K));
        Assert.Equal((size, stays), (scene.RangeAt(A + Size64K).Size, scene.IsInVram(A + Size64K)));
        // One page is asked for; it brings along what has moved into the device together with it.
        Assert.Equal(stays ? 0 : 2044, scene.Count(GtCounter.SvmCpuCopyKb) - copied);
        Assert.Equal(stays ? 1 : 0, scene.Memory.DeviceBlocks);
    }
}
