using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>PREFETCH of a userptr pins its pages first (BIND-191).</summary>
public class PrefetchUserptrTests
{
    private const ulong Cpu = 0x7f00_0000_0000;

    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [InlineData(6u)]
    [Rule("BIND-191")]
    public void Pages_that_have_changed_are_bound_anew(uint vmFlags)
    {
        using BindScene scene = Mapped(vmFlags);
        Assert.True(scene.File.UnmapCpuMemory(Cpu));
        Assert.Equal(0x3000_0000ul, scene.Vm.Translate(A).Address);
        Assert.True(scene.File.MapCpuMemory(Cpu, new PhysicalRun(0x5000_0000, 0x1000, 2, 0x8000)));
        scene.Do(Op.Prefetch(A, 0x2000, 0));
        Assert.Equal((0x5000_0000ul, 0x5000_8000ul), (scene.Vm.Translate(A).Address, scene.Vm.Translate(A + 0x1000).Address));
        scene.Do(Op.Prefetch(A, 0x2000, 0), Op.Unmap(A, 0x2000));
        scene.Do(Op.Userptr(Cpu, A, 0x2000));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(6u)]
    [Rule("BIND-191")]
    public void Pages_that_are_gone_are_a_bad_address_and_change_nothing(uint vmFlags)
    {
        using BindScene scene = Mapped(vmFlags);
        uint x = scene.Bo("X", 0x1000);
        scene.File.UnmapCpuMemory(Cpu);
        scene.Refuses(Errno.EFAULT, "BIND-178", Op.Map(x, 2 * A, 0x1000), Op.Prefetch(A, 0x1000, 0));
        Assert.Equal((Cpu, 1), (scene.File.LastRejection.Value, scene.File.LastRejection.OpIndex));
        Assert.Equal(0x3000_0000ul, scene.Vm.Translate(A).Address);
    }

    [Fact]
    [Rule("BIND-191")]
    [Rule("BIND-215")]
    public void A_later_failure_gives_back_the_pages_that_were_pinned_before()
    {
        using BindScene scene = Mapped(0);
        int pinned = scene.PagesAt(A);
        scene.File.UnmapCpuMemory(Cpu);
        scene.File.MapCpuMemory(Cpu, new PhysicalRun(0x5000_0000, 0x2000));
        scene.Refuses(Errno.EFAULT, "BIND-178", Op.Prefetch(A, 0x2000, 0), Op.Userptr(0x1000, 2 * A, 0x1000));
        Assert.Equal(pinned, scene.PagesAt(A));
        scene.Do(Op.Unmap(A, 0x1000), Op.Null(0, 0x1000));
        scene.Refuses(Errno.EFAULT, "BIND-178", Op.Prefetch(A, 0x2000, 0), Op.Userptr(0x1000, 2 * A, 0x1000));
        Assert.Equal(0x5000_1000ul, scene.Vm.Translate(A + 0x1000).Address);
    }

    private static BindScene Mapped(uint vmFlags)
    {
        var scene = new BindScene(vmFlags);
        Assert.True(scene.File.MapCpuMemory(Cpu, new PhysicalRun(0x3000_0000, 0x2000)));
        scene.Do(Op.Userptr(Cpu, A, 0x2000, VmBindFlags.Immediate));
        return scene;
    }
}
