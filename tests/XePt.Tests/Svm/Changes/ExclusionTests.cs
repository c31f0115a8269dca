using XePt.Devices;
using XePt.Diagnostics;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>What changes a VM with mirrors does so alone: stopped in the middle of one change, nothing of another has been
/// done.</summary>
public class ExclusionTests
{
    public enum Change
    {
        Fault,
        Bind,
        Prefetch,
        Advice,
        Garbage,
    }

    public static TheoryData<Change, Change> Pairs()
    {
        var pairs = new TheoryData<Change, Change>();
        foreach (Change inside in Enum.GetValues<Change>())
        {
            foreach (Change outside in Enum.GetValues<Change>())
                pairs.Add(inside, outside);
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    [Rule("CON-001")]
    [Rule("BIND-270")]
    public void A_change_has_not_begun_while_another_one_is_in_its_middle(Change inside, Change outside)
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        Prepare(scene);
        Thread? other = null;
        (bool isDone, bool isOver) = (true, false);
        void Middle()
        {
            if (other is not null || !scene.Vm.Context.Writer.IsHeldHere)
                return;
            other = new Thread(() => Do(scene, outside, which: 1));
            other.Start();
            isOver = other.Join(50);
            isDone = IsDone(scene, outside, which: 1);
        }

        using TlbRegistration registration = scene.Device.Tlb.Register(0, new Client(Middle));
        scene.Device.Failures.Passing = point =>
        {
            if (point is FailurePoint.RangeCommit or FailurePoint.Prepare)
                Middle();
        };
        Do(scene, inside, which: 0);
        other!.Join();
        Assert.False(isDone);
        // Faults that meet another one wait in their queue, and garbage is listed; who calls waits.
        Assert.False(isOver && outside is Change.Bind or Change.Prefetch or Change.Advice);
        Assert.Equal((true, true), (IsDone(scene, inside, which: 0), IsDone(scene, outside, which: 1)));
        Assert.All(scene.Replies, reply => Assert.Equal(Errno.Ok, reply.Error));
    }

    [Fact]
    [Rule("FLT-015")]
    public void A_reset_does_not_touch_the_fault_that_is_being_serviced()
    {
        using var scene = new SvmScene();
        scene.Map(A, 2 * Size2M);
        int forgotten = 0;
        scene.Device.Failures.Passing = point =>
        {
            if (point != FailurePoint.RangeCommit || forgotten != 0)
                return;
            var reset = new Thread(() =>
            {
                Raise(scene, A + Size2M);
                forgotten = scene.Device.ResetGt(0);
            });
            reset.Start();
            reset.Join();
        };
        Raise(scene, A);
        scene.Device.Pump();
        Assert.Equal((1, A, Errno.Ok), (forgotten, Assert.Single(scene.Replies).Fault.PageAddress, scene.Replies[0].Error));
        Assert.Equal((true, false), (scene.Vm.Translate(A).IsPresent, scene.HasRange(A + Size2M)));
    }

    /// <summary>Where each change takes place; each twice, a gigabyte apart, so that one is nothing to the other.</summary>
    private static ulong At(Change change, int which) => A + ((ulong)change << 32) + ((ulong)which << 30);

    private static void Prepare(SvmScene scene)
    {
        foreach (Change change in Enum.GetValues<Change>())
        {
            for (int which = 0; which < 2; which++)
            {
                scene.Map(At(change, which), Size64K);
                if (change is Change.Advice or Change.Garbage)
                    Assert.Equal(Errno.Ok, scene.Fault(At(change, which)));
            }
        }
    }

    private static void Do(SvmScene scene, Change change, int which)
    {
        ulong at = At(change, which);
        Errno error = change switch
        {
            Change.Fault => Raise(scene, at),
            Change.Bind => scene.Bind(VmBindOp.Map, at, Size64K, VmBindFlags.Null | VmBindFlags.Immediate),
            Change.Prefetch => scene.Bind(VmBindOp.Prefetch, at, Size64K),
            Change.Advice => scene.File.Madvise(new DrmXeMadvise
            {
                VmId = scene.Vm.Id,
                Start = at,
                Range = Size64K,
                Type = MemRangeAttr.Atomic,
                Atomic = new() { Val = AtomicAccess.Device },
            }),
            _ => scene.Process.Unmap(AddressRange.OfSize(at, Size64K)),
        };
        Assert.Equal(Errno.Ok, error);
    }

    private static bool IsDone(SvmScene scene, Change change, int which)
    {
        ulong at = At(change, which);
        return change switch
        {
            Change.Garbage => !scene.HasRange(at),
            Change.Advice => !scene.Vm.Translate(at).IsPresent,
            _ => scene.Vm.Translate(at).IsPresent,
        };
    }

    private static Errno Raise(SvmScene scene, ulong address) =>
        scene.Device.RaiseFault(new GpuFault { Asid = scene.Vm.TlbVm.Asid, PageAddress = address });

    private sealed class Client(Action middle) : ITlbClient
    {
        public void Invalidate(in TlbInvalidation invalidation)
        {
            middle();
            invalidation.Acknowledge();
        }
    }
}
