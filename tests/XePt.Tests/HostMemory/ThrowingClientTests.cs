using XePt.Fences;
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

    /// <summary>What it has collected by then is let go of, and the next migration begins anew.</summary>
    [Fact]
    public void A_process_that_throws_when_pages_are_collected_has_collected_none()
    {
        ThrowingProcess? process = null;
        using var scene = new MirrorScene(space => process = new ThrowingProcess(space));
        process!.FailsCollected = true;
        Assert.Throws<InvalidOperationException>(() => scene.Fault(0));
        Assert.Equal(0ul, scene.Read(0));
        process.FailsCollected = false;
        Assert.Equal((Errno.Ok, Errno.Ok), (scene.Fault(0), scene.Fault(520)));
        Assert.Equal((0ul, 520ul), (scene.Read(0), scene.Read(520)));
        Assert.Equal(Errno.Ok, scene.Process.Unmap(AddressRange.OfSize(MirrorScene.Address(0), 600 * 4096)));
    }

    /// <summary>Every call that changes pages tells who watches them (<see cref="ModelProcess.Changing"/>).</summary>
    [Theory]
    [MemberData(nameof(Changes))]
    public void A_watcher_of_changes_that_throws_leaves_none_in_its_middle(string name)
    {
        (Action<MirrorScene> before, Action<MirrorScene> change) = ChangingCalls[name];
        using var scene = new MirrorScene();
        before(scene);
        int thrown = 0;
        void Throw(CpuChange _)
        {
            if (thrown++ == 0)
                throw new BadImageFormatException("planted");
        }

        scene.Process.Changing += Throw;
        Assert.Throws<BadImageFormatException>(() => change(scene));
        scene.Process.Changing -= Throw;
        Assert.False(ThreadJobs.Own.IsChanging);
        Assert.Equal((Errno.Ok, Errno.Ok), (scene.Fault(300), scene.Fault(520)));
        Assert.Equal((300ul, 520ul), (scene.Read(300), scene.Read(520)));
        Assert.Equal(Errno.Ok, scene.Fault(300));
        Assert.Equal(Errno.Ok, scene.File.VmBind(scene.Vm.Id, BindOps.MapUserptr(MirrorScene.Address(400), 1UL << 47, 4096, pat: 2)));
        Assert.Equal(Errno.Ok, scene.Process.Unmap(AddressRange.OfSize(MirrorScene.Address(300), 300 * 4096)));
        Assert.False(scene.Vm.Translate(MirrorScene.Address(300)).IsPresent);
    }

    /// <summary>The calls, and what comes before them.</summary>
    public static TheoryData<string> Changes => [.. ChangingCalls.Keys];

    private static readonly Dictionary<string, (Action<MirrorScene> Before, Action<MirrorScene> Change)> ChangingCalls = new()
    {
        ["munmap"] = (_ => { }, scene => scene.Process.Unmap(First)),
        ["mprotect"] = (_ => { }, scene => scene.Process.Protect(First, CpuProtection.Read)),
        ["madvise"] = (_ => { }, scene => scene.Process.Discard(First)),
        ["mremap"] = (_ => { }, scene => scene.Process.RemapTo(First, AddressRange.OfSize(1UL << 40, First.Size))),
        ["fork"] = (_ => { }, Fork),
        ["nothing changed"] = (_ => { }, scene => scene.Process.Raise(CpuChangeKind.SoftDirty, First)),
        ["write after fork"] = (Fork, scene => scene.Process.TryWrite(First.Start, [1])),
        ["userptr after fork"] = (Fork, scene => scene.File.VmBind(
            scene.Vm.Id, BindOps.MapUserptr(First.Start, 3UL << 46, 4096, pat: 2, VmBindFlags.Immediate))),
        ["migration"] = (_ => { }, scene => scene.Fault(0)),
        ["migration of pages never touched"] = (scene => scene.Process.Discard(First), scene => scene.Fault(0)),
        ["migration back"] = (scene => scene.Fault(0), scene => scene.Read(0)),
    };

    private static AddressRange First => AddressRange.OfSize(MirrorScene.Address(0), 4 * 4096);

    private static void Fork(MirrorScene scene)
    {
        ModelProcess? child = null;
        try
        {
            scene.Process.Fork(out child);
        }
        finally
        {
            scene.Children.Add(child!);
        }
    }

    private sealed class ThrowingCopies : ICopyEngine
    {
        public bool IsThrowing { get; set; }

        public Errno Copy(in CopyJob job) =>
            IsThrowing ? throw new InvalidOperationException("broken") : InstantCopyEngine.Instance.Copy(job);
    }
}
