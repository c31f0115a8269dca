using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Worked examples 9 to 12 of specification 02 section 22: rebinds and splits in a VM with flags 0.</summary>
public class WorkedSplitExampleTests
{
    [Fact]
    [Rule("BIND-153")]
    [Rule("BIND-160")]
    [Rule("BIND-242")]
    public void Ex_9_contiguous_rebind_of_the_same_bo()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint x = scene.Bo("X", 0x6000);
        scene.Do(Op.Map(x, 0x1a_0000, 0x4000));
        Assert.Equal(PageSizeHints.Size4K, scene.Vm.FindVma(0x1a_0000)!.Value.PageSizes);

        scene.Do(Op.Map(x, 0x1a_2000, 0x4000, offset: 0x2000));

        GpuvaActionInfo remap = scene.Actions[0];
        Assert.Equal((GpuvaAction.Remap, true), (remap.Action, remap.Keep));
        Assert.Equal(new RemapPiece(0x1a_0000, 0x1a_2000, 0, IsSkipped: true), remap.Previous);
        Assert.Null(remap.Next);
        Assert.Equal(2, scene.PtOps);
        scene.AssertWaits(kernel: true, bookkeep: false);
        scene.ListIs("[0x1a_0000, 0x1a_2000) BO X(0)", "[0x1a_2000, 0x1a_6000) BO X(0x2000)");
    }

    [Fact]
    [Rule("BIND-150")]
    [Rule("BIND-193")]
    public void Ex_10_identical_rebind()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint x = scene.Bo("X", 0x6000);
        scene.Do(Op.Map(x, 0x1a_0000, 0x4000));
        int first = scene.SlotAt(0x1a_0000);

        scene.Do(Op.Map(x, 0x1a_0000, 0x4000));

        Assert.Equal([(GpuvaAction.Unmap, true), (GpuvaAction.Map, false)], scene.Actions.Select(action => (action.Action, action.Keep)));
        Assert.Equal(2, scene.PtOps);
        scene.ListIs("[0x1a_0000, 0x1a_4000) BO X(0)");
        Assert.NotEqual(first, scene.SlotAt(0x1a_0000));
    }

    [Fact]
    [Rule("BIND-185")]
    [Rule("BIND-187")]
    [Rule("BIND-243")]
    public void Ex_11_split_inside_a_large_page()
    {
        using BindScene scene = LargePages();

        scene.Do(Op.Unmap(0x4020_0000, 0x10_0000));

        GpuvaActionInfo remap = Assert.Single(scene.Actions);
        Assert.True(remap.Previous!.Value.IsSkipped);
        Assert.False(remap.Next!.Value.IsSkipped);
        Assert.Equal((0x4020_0000ul, 0x4060_0000ul), (remap.UnbindStart, remap.UnbindEnd));
        Assert.Equal(2, scene.PtOps);
        scene.AssertStaged(false, true);
        scene.AssertWaits(kernel: false, bookkeep: true);
        scene.ListIs("[0x4000_0000, 0x4020_0000) BO Y(0)", "[0x4030_0000, 0x4060_0000) BO Y(0x30_0000)");
        AssertMapped(scene, (0x4000_0000, true), (0x401f_f000, true), (0x4020_0000, false), (0x402f_f000, false), (0x4030_0000, true),
            (0x405f_f000, true));
    }

    [Fact]
    [Rule("BIND-184")]
    [Rule("BIND-244")]
    public void Ex_11_split_between_large_pages()
    {
        using BindScene scene = LargePages();

        scene.Do(Op.Unmap(0x4020_0000, 0x20_0000));

        GpuvaActionInfo remap = Assert.Single(scene.Actions);
        Assert.True(remap.Previous!.Value.IsSkipped && remap.Next!.Value.IsSkipped);
        Assert.Equal(1, scene.PtOps);
        scene.AssertStaged(false);
        scene.AssertWaits(kernel: false, bookkeep: false);
        scene.ListIs("[0x4000_0000, 0x4020_0000) BO Y(0)", "[0x4040_0000, 0x4060_0000) BO Y(0x40_0000)");
        AssertMapped(scene, (0x401f_f000, true), (0x4020_0000, false), (0x403f_f000, false), (0x4040_0000, true));
    }

    [Fact]
    [Rule("BIND-161")]
    [Rule("BIND-184")]
    public void Ex_12_userptr_split()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.File.MapCpuMemory(0x7f00_0000_0000, new PhysicalRun(0x3_0000_0000, 0x1_0000));
        scene.Do(Op.Userptr(0x7f00_0000_0000, 0x5000_0000, 0x1_0000));

        scene.Do(Op.Unmap(0x5000_4000, 0x4000));

        GpuvaActionInfo remap = Assert.Single(scene.Actions);
        Assert.False(remap.Previous!.Value.IsSkipped || remap.Next!.Value.IsSkipped);
        Assert.Equal(3, scene.PtOps);
        scene.ListIs("[0x5000_0000, 0x5000_4000) userptr(0x7f00_0000_0000)", "[0x5000_8000, 0x5001_0000) userptr(0x7f00_0000_8000)");
        Assert.Equal(0x3_0000_8000ul, scene.Vm.Translate(0x5000_8000).Address);
    }

    /// <summary>BO Y, one contiguous VRAM block of 6 MiB, bound at 0x4000_0000 with 2 MiB entries.</summary>
    private static BindScene LargePages()
    {
        var scene = new BindScene(vmFlags: 0);
        scene.Do(Op.Map(scene.Bo("Y", 6 * MiB, runs: [new PhysicalRun(0x4000_0000, 6 * MiB)]), 0x4000_0000, 6 * MiB));
        Assert.Equal(PageSizeHints.Size2M, scene.Vm.FindVma(0x4000_0000)!.Value.PageSizes);
        return scene;
    }

    private static void AssertMapped(BindScene scene, params (ulong Va, bool IsMapped)[] pages)
    {
        foreach ((ulong va, bool isMapped) in pages)
        {
            Translation translation = scene.Vm.Translate(va);
            Assert.Equal((va, isMapped), (va, translation.IsPresent));
            if (isMapped)
                Assert.Equal(va, translation.Address);
        }
    }
}
