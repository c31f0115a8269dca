using XePt.Tests.Bind;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Userptr;

/// <summary>When a userptr needs its pages anew: when they have changed since they were collected, and never once its VMA is
/// gone.</summary>
public class RepinNeedTests
{
    private const ulong Cpu = 0x7000_0000;

    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [Rule("UPTR-007")]
    public void A_userptr_needs_its_pages_anew_when_they_have_changed_since_they_were_collected(uint vmFlags)
    {
        using BindScene scene = Bound(vmFlags);
        Assert.False(IsStale(scene));
        scene.File.InvalidateCpuMemory(AddressRange.OfSize(Cpu + 0x4000, 0x1000));
        Assert.False(IsStale(scene));
        scene.File.InvalidateCpuMemory(AddressRange.OfSize(Cpu + 0x3000, 0x1000));
        scene.File.InvalidateCpuMemory(AddressRange.OfSize(Cpu, 0x1000));
        Assert.True(IsStale(scene));
        int before = scene.PagesAt(A);
        Assert.Equal(Errno.Ok, scene.Vm.RebindEvicted());
        Assert.Equal((false, false), (IsStale(scene), scene.PagesAt(A) == before));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [Rule("UPTR-007")]
    public void A_vma_that_is_gone_is_never_repinned(uint vmFlags)
    {
        using BindScene scene = Bound(vmFlags);
        uint sync = scene.File.SyncobjCreate();
        Fence start = scene.Device.CreateFence("start");
        scene.File.SyncobjAttach(sync, start);
        scene.File.InvalidateCpuMemory(AddressRange.OfSize(Cpu, 0x1000));
        scene.Do([Op.In(sync)], Op.Unmap(A, 0x4000));
        Assert.True(scene.File.UnmapCpuMemory(Cpu));
        Fence gone = scene.File.InvalidateCpuMemory(AddressRange.OfSize(Cpu, 0x4000));
        // There is nothing to pin any more: a try would fail with -EFAULT.
        Assert.Equal(Errno.Ok, scene.Vm.RebindEvicted());
        Assert.False(scene.Vm.Context.Userptrs.HasListed);
        Assert.False(gone.IsSignalled);
        start.TrySignal();
        Assert.Equal((true, 0), (gone.IsSignalled, scene.Vm.Context.Userptrs.Count));
    }

    private static BindScene Bound(uint vmFlags)
    {
        var scene = new BindScene(vmFlags);
        Assert.True(scene.File.MapCpuMemory(Cpu, new PhysicalRun(0x2_0000_0000, 0x4000)));
        scene.Do(Op.Userptr(Cpu, A, 0x4000));
        return scene;
    }

    private static bool IsStale(BindScene scene) => scene.Vm.FindVma(A)!.Value.IsStale;
}
