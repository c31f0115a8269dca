using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>FLT-031: nobody answers a fault of a VM that is not in fault mode.</summary>
public class FaultModeOnlyTests
{
    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(2u)]
    [InlineData(3u)]
    [Rule("FLT-031")]
    public void A_fault_of_another_vm_is_einval_whatever_is_there(uint vmFlags)
    {
        using var scene = new BindScene(vmFlags);
        uint x = scene.Bo("X", 0x2000);
        scene.Do(Op.Map(x, A, 0x1000));
        ulong before = scene.Vm.StateHash();
        foreach (ulong va in new ulong[] { A, A + 0x1000, 0, scene.Vm.Size, ulong.MaxValue })
        {
            Assert.Equal((Errno.EINVAL, Fence.Signalled), (scene.Vm.Fault(va, out Fence done), done));
            Assert.Equal(("FLT-031", (ulong)scene.Vm.Id), (scene.Vm.LastRejection.RuleId, scene.Vm.LastRejection.Value));
        }

        // Not even when entries are missing: they come back with the next job, or when somebody asks.
        Assert.Equal(before, scene.Vm.StateHash());
        Assert.Equal(Errno.Ok, scene.File.EvictBo(x));
        Assert.Equal(Errno.EINVAL, scene.Vm.Fault(A));
        scene.Do(Op.Unmap(A, 0x1000), Op.Map(x, 2 * A, 0x1000));
        Assert.Equal(Errno.Ok, scene.Vm.RebindEvicted());
        Assert.True(scene.Vm.Translate(2 * A).IsPresent);
    }

    /// <summary>The mode is looked at before the end of the VM.</summary>
    [Theory]
    [InlineData(0u, Errno.EINVAL, "FLT-031")]
    [InlineData(6u, Errno.ENOENT, "BIND-015")]
    [Rule("FLT-031")]
    public void A_fault_of_a_destroyed_vm(uint vmFlags, Errno expected, string rule)
    {
        using var scene = new BindScene(vmFlags);
        scene.Do(Op.Null(A, 0x1000));
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = scene.Vm.Id }));
        Assert.Equal((expected, rule), (scene.Vm.Fault(A), scene.Vm.LastRejection.RuleId));
    }
}
