using XePt.Diagnostics;
using XePt.Tests.Kit;
using XePt.Tests.Svm;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Specification 02 section 12.5 and every allocation: whatever fails, the state is as before, and the next try gives what it
/// would have given at once.</summary>
public class InjectionRuleTests
{
    private static readonly Dictionary<FailurePoint, Errno> BindPoints = new()
    {
        [FailurePoint.OpsCreate] = Errno.ENOMEM,
        [FailurePoint.PtOpAllocation] = Errno.ENOMEM,
        [FailurePoint.Lock] = Errno.ENOSPC,
        [FailurePoint.Prepare] = Errno.ENOSPC,
        [FailurePoint.Run] = Errno.ENOSPC,
        [FailurePoint.Execute] = Errno.ENOMEM,
        [FailurePoint.SyncParse] = Errno.ENOMEM,
    };

    public static TheoryData<string, uint, string> Scripts
    {
        get
        {
            var data = new TheoryData<string, uint, string>();
            foreach ((string platform, uint vmFlags) in new[] { ("bmg", 0u), ("bmg", 7u), ("lnl", 2u), ("pvc-2t", 6u), ("adlp", 1u),
                ("dg2", 0u) })
            {
                foreach (FailureScript script in FailureScript.All)
                    data.Add(platform, vmFlags, script.Name);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    [Rule("BIND-219")]
    [Rule("BIND-223")]
    public void Every_allocation_may_fail(string platform, uint vmFlags, string name)
    {
        FailureScript script = FailureScript.All.Single(candidate => candidate.Name == name);
        using BindScene twin = FailureScript.NewScene(platform, vmFlags);
        Assert.Equal(Errno.Ok, script.Run(twin));
        int failures = 0;
        for (bool isDone = false; !isDone; failures++)
        {
            using BindScene scene = FailureScript.NewScene(platform, vmFlags);
            ulong before = scene.Vm.StateHash();
            int[] references = References(scene);
            scene.Device.Failures.Arm(FailurePoint.Allocation, failures);
            Errno errno = script.Run(scene);
            scene.Device.Failures.Disarm();
            isDone = errno == Errno.Ok;
            if (!isDone)
            {
                Assert.True(errno is Errno.ENOMEM or Errno.ENOBUFS, $"{errno} after {failures} allocations");
                Assert.Equal((failures, before), (failures, scene.Vm.StateHash()));
                Assert.Equal(references, References(scene));
                Assert.Equal(0, scene.Vm.Context.UserFences.Count);
                Assert.Equal(Errno.Ok, script.Run(scene));
            }

            Assert.Equal((failures, twin.Vm.StateHash()), (failures, scene.Vm.StateHash()));
        }

        Assert.InRange(failures, 1, 1000);
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    [Rule("BIND-206")]
    [Rule("BIND-223")]
    public void Every_fault_point_may_fire(string platform, uint vmFlags, string name)
    {
        FailureScript script = FailureScript.All.Single(candidate => candidate.Name == name);
        using BindScene twin = FailureScript.NewScene(platform, vmFlags);
        Assert.Equal(Errno.Ok, script.Run(twin));
        foreach ((FailurePoint point, Errno expected) in BindPoints)
        {
            using BindScene scene = FailureScript.NewScene(platform, vmFlags);
            ulong before = scene.Vm.StateHash();
            int[] references = References(scene);
            scene.Device.Failures.Arm(point);
            Errno errno = script.Run(scene);
            scene.Device.Failures.Disarm();
            if (point == FailurePoint.SyncParse && name != "with syncs")
            {
                Assert.Equal(Errno.Ok, errno);
                continue;
            }

            Errno array = point == FailurePoint.PtOpAllocation && name == "array" ? Errno.ENOBUFS : expected;
            Assert.Equal((point, array, before), (point, errno, scene.Vm.StateHash()));
            Assert.Equal(references, References(scene));
            Assert.Equal(Errno.Ok, script.Run(scene));
            Assert.Equal(twin.Vm.StateHash(), scene.Vm.StateHash());
        }
    }

    [Fact]
    [Rule("BIND-223")]
    public void There_is_a_test_for_every_fault_point() =>
        Assert.Equal(
            Enum.GetValues<FailurePoint>().Except([FailurePoint.None, FailurePoint.ScratchCreate, FailurePoint.BindQueueCreate,
                FailurePoint.UserptrCheck, FailurePoint.Allocation]).Order(), BindPoints.Keys.Concat(MirrorFaultTests.Points).Order());

    [Fact]
    [Rule("BIND-223")]
    public void A_fault_point_fires_once_at_the_passage_asked_for()
    {
        using var scene = new BindScene(vmFlags: 0);
        DrmXeVmBindOp[] ops = [Op.Null(0, 0x1000), Op.Null(0x1000, 0x1000), Op.Null(0x2000, 0x1000)];
        for (int op = 0; op < ops.Length; op++)
        {
            scene.Device.Failures.Arm(FailurePoint.OpsCreate, skip: op);
            scene.Refuses(Errno.ENOMEM, "BIND-052", ops);
            Assert.Equal(op, scene.File.LastRejection.OpIndex);
        }

        scene.Do(ops);
    }

    [Fact]
    [Rule("BIND-220")]
    [Rule("BIND-221")]
    [Rule("RN-045")]
    public void Every_armed_op_advances_the_position_and_unarmed_calls_do_not()
    {
        using var scene = new BindScene(vmFlags: 0, debugBuild: true);
        DrmXeVmBindOp plain = Op.Null(0, 0x1000), armed = Op.Null(0x2000, 0x1000, VmBindFlags.ForceOpError);
        AssertFails("while preparing", plain, armed);
        scene.Do(plain);
        AssertFails("while preparing", armed, armed, armed);
        AssertFails("after locking", armed, plain, armed);
        AssertFails("while preparing", armed);

        void AssertFails(string place, params DrmXeVmBindOp[] ops)
        {
            scene.Refuses(Errno.ENOSPC, "BIND-220", ops);
            Assert.Contains(place, scene.File.LastRejection.Because, StringComparison.Ordinal);
        }
    }

    [Fact]
    [Rule("BIND-220")]
    public void The_position_is_the_devices()
    {
        using var scene = new BindScene(vmFlags: 0, debugBuild: true);
        DrmXeVmBindOp armed = Op.Null(0, 0x1000, VmBindFlags.ForceOpError);
        scene.Refuses(Errno.ENOSPC, "BIND-220", armed);
        XeVm other = scene.CreateVm(0);
        Assert.Equal(Errno.ENOSPC, scene.Bind(new DrmXeVmBind { VmId = other.Id }, [], armed));
        Assert.Contains("before running", scene.File.LastRejection.Because, StringComparison.Ordinal);
    }

    [Fact]
    [Rule("BIND-220")]
    public void An_op_that_fails_before_it_is_parsed_does_not_advance_the_position()
    {
        using var scene = new BindScene(vmFlags: 0, debugBuild: true);
        scene.Refuses(Errno.EFAULT, "BIND-178", Op.Userptr(0x10_0000, A, 0x1000, VmBindFlags.ForceOpError));
        scene.Refuses(Errno.ENOSPC, "BIND-220", Op.Null(0, 0x1000, VmBindFlags.ForceOpError));
        Assert.Contains("while preparing", scene.File.LastRejection.Because, StringComparison.Ordinal);
    }

    [Fact]
    [Rule("BIND-222")]
    public void Run_does_not_fire_for_a_tile_with_nothing_prepared()
    {
        using var scene = new BindScene(debugBuild: true);
        scene.Do(Op.Map(scene.Bo("X", 0x1000), A, 0x1000));
        DrmXeVmBindOp armed = Op.Unmap(A, 0x1000) with { Flags = VmBindFlags.ForceOpError };
        scene.Refuses(Errno.ENOSPC, "BIND-220", armed);
        scene.Do(armed);
    }

    [Fact]
    [Rule("BIND-220")]
    [Rule("BIND-072")]
    public void A_release_build_does_not_know_the_flag()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Refuses(Errno.EINVAL, "BIND-072", Op.Null(0, 0x1000, VmBindFlags.ForceOpError));
    }

    private static int[] References(BindScene scene) => [.. scene.File.Bos.Select(bo => bo.Object.References)];
}
