using XePt.Gpuva;
using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.Advice.AdviceScene;

namespace XePt.Tests.Advice;

/// <summary>Advice that would cut a userptr (MADV-019, MADV-035, VEC-11).</summary>
public class UserptrCutTests
{
    private const ulong Cpu = A + (64 * M), Gpu = A + (4 * M);

    /// <summary>Mirrors and, in the middle of the advice's end, a userptr; ranges across both borders of the advice.</summary>
    private static AdviceScene Cut()
    {
        var scene = new AdviceScene();
        scene.Mirror();
        scene.Touch(A, 2 * M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        scene.Touch(Cpu, 2 * M);
        Assert.Equal(Errno.Ok, scene.Bind(new DrmXeVmBindOp
        {
            Op = VmBindOp.MapUserptr,
            Userptr = Cpu,
            Addr = Gpu,
            Range = 2 * M,
            PatIndex = 2,
            Flags = VmBindFlags.Immediate,
        }));
        return scene;
    }

    [Fact]
    [Rule("MADV-019")]
    [Rule("MADV-035")]
    [Rule("VEC-11")]
    public void The_list_is_as_before_but_ranges_across_the_border_are_gone_and_their_pages_stay()
    {
        using AdviceScene scene = Cut();
        string before = string.Join(", ", scene.Attributes);
        ulong userptr = scene.Vm.Translate(Gpu).Address;
        Assert.Equal(Errno.EFAULT, scene.Advise(scene.Atomic(A + M, 4 * M, AtomicAccess.Device)));
        Assert.Equal(before, string.Join(", ", scene.Attributes));
        Assert.False(scene.HasRange(A));
        Assert.Equal(userptr, scene.Vm.Translate(Gpu).Address);

        // The pages of the range are in system memory again and hold what they held.
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.Fault(Gpu));
        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(A, 2 * M, AtomicAccess.Device)));
    }

    [Theory]
    [InlineData(CpuProtection.Read, Errno.EPERM)]
    [InlineData(CpuProtection.None, Errno.EFAULT)]
    [Rule("MADV-019")]
    [Rule("VEC-11")]
    public void The_rest_of_the_userptr_is_pinned_first_and_says_why_it_cannot_be(CpuProtection protection, Errno errno)
    {
        using AdviceScene scene = Cut();
        scene.Process.Protect(AddressRange.OfSize(Cpu, 2 * M), protection);
        string before = string.Join(", ", scene.Attributes);
        Assert.Equal(errno, scene.Advise(scene.Atomic(A + M, 4 * M, AtomicAccess.Device)));
        Assert.Equal(errno, scene.File.LastRejection.Errno);
        Assert.Equal(before, string.Join(", ", scene.Attributes));
        Assert.False(scene.HasRange(A));

        // The next calls find everything as it was.
        scene.Process.Protect(AddressRange.OfSize(Cpu, 2 * M), CpuProtection.ReadWrite);
        Assert.Equal(Errno.Ok, scene.Fault(Gpu));
        Assert.Equal(Errno.Ok, scene.Bind(new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Gpu, Range = 2 * M }));
    }

    [Fact]
    [Rule("MADV-035")]
    public void Advice_for_all_of_a_userptr_cuts_nothing()
    {
        using AdviceScene scene = Cut();
        Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(Gpu, 2 * M, 3)));
        Assert.Equal(3, scene.VmaAt(Gpu).Attributes.Pat);
        Vma v = scene.VmaAt(Gpu);
        Assert.Equal((Gpu, Gpu + (2 * M)), (v.Start, v.End));
    }
}
