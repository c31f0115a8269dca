using XePt.Diagnostics;
using XePt.Host;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>A process exits while a fault is inside it, which so becomes its last user.</summary>
public class LastUserTests
{
    private const ulong Userptr = A + (8 * Size2M), At = 1UL << 40;

    /// <summary>Another thread unmaps memory of a userptr meanwhile, and its callback waits for the VM that the fault is in.</summary>
    [Fact]
    [Rule("SVM-051")]
    [Rule("CON-014")]
    public void The_last_user_waits_for_no_change_that_waits_for_its_VM()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        scene.Map(Userptr, Size2M);
        Assert.Equal(
            Errno.Ok, scene.File.VmBind(scene.Vm.Id, BindOps.MapUserptr(Userptr, At, Size2M, pat: 2, VmBindFlags.Immediate)));
        var change = new Thread(() => scene.Process.Unmap(AddressRange.OfSize(Userptr, Size2M)));
        scene.Device.Failures.Passing = point =>
        {
            if (point != FailurePoint.RangeCommit)
                return;
            scene.Device.Failures.Passing = null;
            scene.Process.Exit();
            change.Start();
            SpinWait.SpinUntil(() => (change.ThreadState & ThreadState.WaitSleepJoin) != 0);
        };
        var gpu = new Thread(() => scene.Fault(A, GpuAccessKind.Write));
        gpu.Start();
        Assert.True(gpu.Join(TimeSpan.FromMinutes(1)), "the last user waits for a change of mappings");
        Assert.True(change.Join(TimeSpan.FromMinutes(1)), "a change of mappings waits for the last user");
        Assert.Equal((true, 0), (scene.Process.IsGone, scene.Process.MappingCount));
        Assert.Equal(Errno.EFAULT, scene.Fault(A + Size2M));
        Assert.Equal(0, scene.Memory.DeviceBlocks);
    }
}
