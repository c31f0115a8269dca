using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>In a banned VM an address look-up finds nothing (BIND-015).</summary>
public class BannedVmTests
{
    [Fact]
    [Rule("BIND-015")]
    public void Fault_zap_and_range_bind_find_no_vma()
    {
        using var scene = new BindScene();
        scene.Do(scene.Mirror(0, A), Op.Map(scene.Bo("X", 0x2000), A, 0x1000),
            Op.Map(scene.Bo("Y", 0x1000), 2 * A, 0x1000, flags: VmBindFlags.Immediate));
        scene.Vm.Context.IsBanned = true;
        ulong before = scene.Vm.StateHash();

        Assert.Equal((Errno.EINVAL, "BIND-015"), (scene.Vm.Fault(A), scene.Vm.LastRejection.RuleId));
        Assert.Equal(Errno.EINVAL, scene.Vm.Fault(2 * A));
        Assert.Equal(Errno.EINVAL, scene.Vm.Fault(0x1000));
        Assert.Equal((Errno.ENOENT, "BIND-231"), (scene.Vm.Zap(2 * A), scene.Vm.LastRejection.RuleId));
        Assert.Equal(Errno.EINVAL, scene.Vm.BindRange(new(0x1000, 0x2000), isVram: false, new PhysicalRun(0x8000, 0x1000)));
        Assert.Equal(before, scene.Vm.StateHash());
        Assert.True(scene.Vm.Translate(2 * A).IsPresent);
        Assert.False(scene.Vm.Translate(A).IsPresent);
    }
}
