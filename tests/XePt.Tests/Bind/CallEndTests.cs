using XePt.Diagnostics;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>What belongs to one VM_BIND ends with it, however it ends: the next operation of the VM, of whatever kind, behaves as if a
/// refused call had not been made.</summary>
public class CallEndTests
{
    private const ulong Deferred = A, Bound = 2 * A, Mirrored = 4 * A, Pages = 5 * A, Free = 6 * A;
    private const ulong CpuStart = 0x7000_0000;
    private const uint LongRunningWithFaults = 6, DmaFences = 0;

    /// <summary>The ways out of a call that has a pending in-sync.</summary>
    private static readonly Dictionary<string, Action<BindScene, uint>> Ends = new()
    {
        ["an unknown syncobj"] = (scene, sync) => Refused(scene, Errno.ENOENT, [Op.In(sync), Op.In(99)]),
        ["a sync that is no sync"] = (scene, sync) => Refused(scene, Errno.EINVAL, [Op.In(sync), Op.In(sync) with { Type = (SyncType)3 }]),
        ["two user fences"] = (scene, sync) =>
            Refused(scene, Errno.EINVAL, [Op.In(sync), Op.UserFence(0x1000, 1), Op.UserFence(0x2000, 1)]),
        ["a user fence that cannot be read"] = (scene, sync) =>
        {
            scene.File.UserMemory = new MemoryWithHole(scene.UserMemory);
            Refused(scene, Errno.EFAULT, [Op.In(sync), Op.UserFence(0xdead_0000, 1)]);
        },
        ["syncs that cannot be read"] = (scene, sync) =>
            Assert.Equal(Errno.EFAULT,
                scene.File.VmBind(new DrmXeVmBind { VmId = scene.Vm.Id, NumBinds = 1, Bind = Null, NumSyncs = 2 }, syncs: [Op.In(sync)])),
        ["no memory for a sync"] = (scene, sync) => Injected(scene, FailurePoint.SyncParse, Errno.ENOMEM, sync, skip: 1),
        ["no memory for the ops"] = (scene, sync) => Injected(scene, FailurePoint.OpsCreate, Errno.ENOMEM, sync),
        ["no memory for the PT ops"] = (scene, sync) => Injected(scene, FailurePoint.PtOpAllocation, Errno.ENOMEM, sync),
        ["a failure before execution"] = (scene, sync) => Injected(scene, FailurePoint.Execute, Errno.ENOMEM, sync),
        ["a failure at locking"] = (scene, sync) => Injected(scene, FailurePoint.Lock, Errno.ENOSPC, sync),
        ["a failure at preparing"] = (scene, sync) => Injected(scene, FailurePoint.Prepare, Errno.ENOSPC, sync),
        ["a failure at running"] = (scene, sync) => Injected(scene, FailurePoint.Run, Errno.ENOSPC, sync),
        ["an op that asks to fail"] = (scene, sync) =>
            Refused(scene, Errno.ENOSPC, [Op.In(sync)], Null with { Flags = Null.Flags | VmBindFlags.ForceOpError }),
        ["an op of an array"] = (scene, sync) =>
            Refused(scene, Errno.EFAULT, [Op.In(sync)], Null, Op.Userptr(0x10_0000, Free + MiB, 0x1000)),
        ["a user fence and an op"] = (scene, sync) =>
            Refused(scene, Errno.EFAULT, [Op.In(sync), Op.UserFence(0x1000, 1)], Null, Op.Userptr(0x10_0000, Free + MiB, 0x1000)),
        ["nothing to submit"] = (scene, sync) => Refused(scene, Errno.EOPNOTSUPP, [Op.In(sync)], Op.Unmap(Free, 0x1000)),
        ["client memory that throws"] = (scene, sync) =>
        {
            IUserMemory memory = scene.File.UserMemory;
            scene.File.UserMemory = new FailingMemory();
            Assert.Throws<InvalidOperationException>(() => scene.Bind([Op.In(sync), Op.UserFence(0x1000, 1)], Null));
            scene.File.UserMemory = memory;
        },
    };

    /// <summary>What is done next; nothing of it has anything to wait for.</summary>
    private static readonly Dictionary<string, (uint VmFlags, Action<BindScene> Do)> Nexts = new()
    {
        ["a fault"] = (LongRunningWithFaults, scene => Assert.Equal(Errno.Ok, scene.Vm.Fault(Deferred))),
        ["a bind"] = (LongRunningWithFaults, scene => scene.Do(Null)),
        ["an unbind"] = (LongRunningWithFaults, scene => scene.Do(Op.Unmap(Bound, MiB))),
        ["a prefetch"] = (LongRunningWithFaults, scene => scene.Do(Op.Prefetch(Bound, 2 * MiB, 0))),
        ["an SVM range"] = (LongRunningWithFaults, scene => scene.Populate(Mirrored, Mirrored + MiB)),
        ["a change of CPU pages"] = (
            LongRunningWithFaults, scene => Assert.True(scene.File.InvalidateCpuMemory(AddressRange.OfSize(CpuStart, 0x1000)).IsSignalled)),
        ["a bind with dma fences"] = (DmaFences, scene => scene.Do(Null)),
        ["a rebind of moved memory"] = (DmaFences, scene =>
        {
            Assert.Equal(Errno.Ok, scene.File.EvictBo(1));
            Assert.Equal(Errno.Ok, scene.Vm.RebindEvicted());
        }
        ),
        ["a call without ops"] = (DmaFences, scene => scene.Do([Op.Out(scene.File.SyncobjCreate())])),
    };

    public static TheoryData<string, string> Pairs => new(Ends.Keys.SelectMany(_ => Nexts.Keys, (end, next) => (end, next)));

    private static DrmXeVmBindOp Null => Op.Null(Free, 0x1000, VmBindFlags.Immediate);

    [Theory]
    [MemberData(nameof(Pairs))]
    [Rule("BIND-219")]
    public void What_comes_next_waits_for_nothing_of_a_refused_call(string end, string next)
    {
        (uint vmFlags, Action<BindScene> act) = Nexts[next];
        using BindScene twin = NewScene(vmFlags, out _), scene = NewScene(vmFlags, out Fence pending);
        Assert.Equal(1, pending.IsSignalled ? 0 : 1);

        ulong before = scene.Vm.StateHash();
        Ends[end](scene, 1);
        Assert.Equal(before, scene.Vm.StateHash());
        Assert.Equal(0, scene.Vm.Context.UserFences.Count);

        act(scene);
        act(twin);
        Assert.True(scene.Vm.LastFence.IsSignalled);
        Assert.True(scene.Vm.IsIdle);
        Assert.Equal(twin.Vm.StateHash(), scene.Vm.StateHash());
        Assert.False(pending.IsSignalled);
    }

    /// <summary>The place that an op has asked for is not left to the next call.</summary>
    [Fact]
    [Rule("BIND-220")]
    public void A_forced_failure_is_that_of_its_call()
    {
        using BindScene scene = NewScene(LongRunningWithFaults, out _);
        for (int place = 0; place < 3; place++)
        {
            Ends["an op that asks to fail"](scene, 1);
            scene.Do(Null, Op.Unmap(Free, 0x1000));
        }
    }

    private static BindScene NewScene(uint vmFlags, out Fence pending)
    {
        var scene = new BindScene(vmFlags, debugBuild: true);
        bool hasFaults = vmFlags == LongRunningWithFaults;
        uint bo = scene.Bo("X", 2 * MiB, placement: 3);
        scene.File.MapCpuMemory(CpuStart, new PhysicalRun(0x3_0000_0000, 0x1_0000));
        scene.Do(Op.Map(bo, Bound, 2 * MiB, flags: VmBindFlags.Immediate));
        scene.Do(Op.Userptr(CpuStart, Pages, 0x1_0000, VmBindFlags.Immediate));
        if (hasFaults)
        {
            scene.Do(Op.Map(bo, Deferred, 2 * MiB));
            scene.Do(scene.Mirror(Mirrored, 2 * MiB));
        }

        pending = scene.Device.CreateFence("pending");
        uint sync = scene.File.SyncobjCreate();
        Assert.Equal(1u, sync);
        scene.File.FindSyncobj(sync)!.Replace(pending);
        return scene;
    }

    private static void Refused(BindScene scene, Errno errno, DrmXeSync[] syncs, params ReadOnlySpan<DrmXeVmBindOp> ops) =>
        Assert.Equal(errno, scene.Bind(syncs, ops.IsEmpty ? [Null] : ops));

    private static void Injected(BindScene scene, FailurePoint point, Errno errno, uint sync, int skip = 0)
    {
        scene.Device.Failures.Arm(point, skip);
        Refused(scene, errno, [Op.In(sync), Op.In(sync)]);
        scene.Device.Failures.Disarm();
    }

    private sealed class FailingMemory : IUserMemory
    {
        public bool TryRead(ulong address, Span<byte> into) => throw new InvalidOperationException("the client's memory fails");

        public bool TryWrite(ulong address, ReadOnlySpan<byte> from) => throw new InvalidOperationException("the client's memory fails");
    }
}
