using XePt.Host;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.HostMemory;

/// <summary>What an embedder's process, copy engine or fault sink throws comes out of the call; nothing stays locked, and later calls go as
/// if it had not been.</summary>
public class ThrowingClientTests
{
    [Fact]
    public void A_fault_whose_process_throws_holds_nothing()
    {
        var thrown = new HashSet<string>();
        for (int nth = 1; ; nth++)
        {
            ThrowingProcess? process = null;
            using var scene = new MirrorScene(space => process = new ThrowingProcess(space));
            process!.ThrowAt(nth);
            Exception? seen = Record.Exception(() => scene.Fault(0));
            process.ThrowAt(0);
            Assert.Equal(process.Thrown != "", seen is InvalidOperationException);
            if (seen is null)
                break;
            thrown.Add(process.Thrown);
            Assert.Single(scene.Answers);
            Assert.Equal((Errno.Ok, Errno.Ok), (scene.Fault(0), scene.Fault(300)));
            Assert.Equal(0ul, scene.Read(0));
            Assert.Equal(Errno.Ok, scene.Process.Unmap(AddressRange.OfSize(MirrorScene.Address(0), 300 * 4096)));
            Assert.False(scene.Vm.Translate(MirrorScene.Address(0)).IsPresent);
        }

        Assert.Superset(
            new HashSet<string>([nameof(ICpuAddressSpace.TryEnter), nameof(ICpuAddressSpace.Subscribe), nameof(ICpuAddressSpace.FaultIn),
                nameof(ICpuAddressSpace.Collect), nameof(ICpuAddressSpace.InstallBlock),
                nameof(ICpuAddressSpace.ReadRetry)]),
            thrown);
    }

    [Fact]
    public void A_userptr_bind_whose_process_throws_changes_nothing()
    {
        int nth = 1;
        for (Exception? seen = new InvalidOperationException(); seen is not null; nth++)
        {
            ThrowingProcess? process = null;
            using var scene = new MirrorScene(space => process = new ThrowingProcess(space));
            ulong before = scene.Vm.StateHash();
            var op = new DrmXeVmBindOp
            {
                Op = VmBindOp.MapUserptr,
                Addr = 1UL << 47,
                Range = 4096,
                Userptr = MirrorScene.Address(3),
                PatIndex = 2,
                Flags = VmBindFlags.Immediate,
            };
            process!.ThrowAt(nth);
            seen = Record.Exception(() => scene.File.VmBind(scene.Vm.Id, op));
            Assert.Equal(process.Thrown != "", seen is InvalidOperationException);
            process.ThrowAt(0);
            if (seen is null)
                continue;
            // Who cannot say whether pages have changed is asked once more.
            bool wasBound = scene.Vm.Translate(1UL << 47).IsPresent;
            Assert.Equal(process.Thrown is nameof(ICpuAddressSpace.ReadRetry) or nameof(ICpuAddressSpace.TryReadBegin), wasBound);
            if (!wasBound)
            {
                Assert.Equal((before, 0), (scene.Vm.StateHash(), scene.Process.SubscriptionCount));
                Assert.Equal(Errno.Ok, scene.File.VmBind(scene.Vm.Id, op));
            }

            Assert.True(scene.Vm.Translate(1UL << 47).IsPresent);
        }

        Assert.True(nth > 3, "the process was not asked");
    }

    [Fact]
    public void A_sink_that_throws_at_an_answer_keeps_no_fault_waiting()
    {
        using var scene = new MirrorScene();
        scene.AtAnswer = () => throw new InvalidOperationException("no");
        Assert.Throws<InvalidOperationException>(() => scene.Fault(0));
        scene.AtAnswer = null;
        Assert.Equal(Errno.Ok, scene.Fault(1));
    }

    [Fact]
    public void A_copy_engine_that_throws_has_not_copied()
    {
        var copies = new ThrowingCopies { IsThrowing = true };
        using var scene = new MirrorScene(copies: copies);
        Assert.Throws<InvalidOperationException>(() => scene.Fault(0));
        copies.IsThrowing = false;
        Assert.Equal((Errno.Ok, Errno.Ok), (scene.Fault(0), scene.Fault(520)));
        // The CPU wants the pages back.
        copies.IsThrowing = true;
        Assert.Throws<InvalidOperationException>(() => scene.Read(520));
        copies.IsThrowing = false;
        Assert.Equal((0ul, 520ul), (scene.Read(0), scene.Read(520)));
        Assert.Equal(Errno.Ok, scene.Fault(520));
    }

    private sealed class ThrowingCopies : ICopyEngine
    {
        public bool IsThrowing { get; set; }

        public Errno Copy(in CopyJob job) =>
            IsThrowing ? throw new InvalidOperationException("broken") : InstantCopyEngine.Instance.Copy(job);
    }
}
