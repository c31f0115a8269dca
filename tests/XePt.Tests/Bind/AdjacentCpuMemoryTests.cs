using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>MAP_USERPTR pins pages (BIND-178); how the CPU memory came to be there does not matter.</summary>
public class AdjacentCpuMemoryTests
{
    private const ulong Cpu = 0x7f00_0000_0000;

    [Fact]
    [Rule("BIND-178")]
    public void Pages_are_pinned_across_adjacent_regions()
    {
        using BindScene scene = ThreeRegions();
        scene.Do(Op.Userptr(Cpu + 0x1000, A, 0x4000));
        Assert.Equal([0x3000_1000ul, 0x5000_0000, 0x5000_4000, 0x6000_0000], Pages(scene, A, 4));

        scene.Do(Op.Unmap(A + 0x1000, 0x1000));
        scene.ListIs(
            "[0x1_0000_0000, 0x1_0000_1000) userptr(0x7f00_0000_1000)", "[0x1_0000_2000, 0x1_0000_4000) userptr(0x7f00_0000_3000)");
        Assert.Equal([0x3000_1000ul, 0, 0x5000_4000, 0x6000_0000], Pages(scene, A, 4));
    }

    [Fact]
    [Rule("PT-067")]
    public void Pages_that_are_neighbours_in_memory_are_one_piece_also_across_a_border()
    {
        using var scene = new BindScene(vmFlags: 0);
        Assert.True(scene.File.MapCpuMemory(Cpu, new PhysicalRun(0x4000_0000, MiB)));
        Assert.True(scene.File.MapCpuMemory(Cpu + MiB, new PhysicalRun(0x4000_0000 + MiB, MiB)));
        scene.Do(Op.Userptr(Cpu, 2 * A, 2 * MiB));
        Assert.Equal(2 * MiB, scene.Vm.Translate(2 * A).PageSize);
    }

    [Theory]
    [InlineData(0x0ul, 0x6000ul)]
    [InlineData(0x5000ul, 0x1000ul)]
    [InlineData(0x4000ul, 0x2000ul)]
    [Rule("BIND-178")]
    [Rule("RN-045")]
    [Rule("UPTR-004")]
    public void A_gap_is_a_bad_address(ulong offset, ulong size)
    {
        using BindScene scene = ThreeRegions();
        scene.Refuses(Errno.EFAULT, "BIND-178", Op.Userptr(Cpu + offset, A, size));
        Assert.Equal(Cpu + offset, scene.File.LastRejection.Value);
    }

    [Fact]
    [Rule("BIND-178")]
    public void What_is_pinned_stays_when_a_region_goes_and_can_then_not_be_pinned_again()
    {
        using BindScene scene = ThreeRegions();
        scene.Do(Op.Userptr(Cpu + 0x1000, A, 0x4000));
        Assert.True(scene.File.UnmapCpuMemory(Cpu + 0x2000));
        Assert.Equal([0x3000_1000ul, 0x5000_0000, 0x5000_4000, 0x6000_0000], Pages(scene, A, 4));
        scene.Refuses(Errno.EFAULT, "BIND-178", Op.Userptr(Cpu + 0x1000, 2 * A, 0x4000));

        Assert.True(scene.File.MapCpuMemory(Cpu + 0x2000, new PhysicalRun(0x7000_0000, 0x2000)));
        scene.Do(Op.Userptr(Cpu + 0x1000, 2 * A, 0x4000));
        Assert.Equal(0x7000_0000ul, scene.Vm.Translate(2 * A + 0x1000).Address);
        Assert.Equal(0x5000_0000ul, scene.Vm.Translate(A + 0x1000).Address);
    }

    /// <summary>Two, two and one page, without gaps.</summary>
    private static BindScene ThreeRegions()
    {
        var scene = new BindScene(vmFlags: 0);
        Assert.True(scene.File.MapCpuMemory(Cpu + 0x2000, new PhysicalRun(0x5000_0000, 0x1000, 2, 0x4000)));
        Assert.True(scene.File.MapCpuMemory(Cpu, new PhysicalRun(0x3000_0000, 0x2000)));
        Assert.True(scene.File.MapCpuMemory(Cpu + 0x4000, new PhysicalRun(0x6000_0000, 0x1000)));
        return scene;
    }

    private static ulong[] Pages(BindScene scene, ulong va, int count) =>
        [.. Enumerable.Range(0, count).Select(page => scene.Vm.Translate(va + ((ulong)page * 0x1000)).Address)];
}
