using System.Collections.Concurrent;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>A change of the CPU's pages comes while the entries of the range are zeroed already by somebody else, whose flush the TLBs have
/// not acknowledged. It must not take effect before they lead nowhere.</summary>
public class FlushRaceTests
{
    // Under another notifier, which a change at A does not meet.
    private const ulong Elsewhere = A + (1UL << 30);

    public enum Earlier
    {
        Change,
        Advice,
        AdviceAcrossTheBorder,
        UnmapThatIsCollected,
    }

    [Theory]
    [InlineData(Earlier.Change)]
    [InlineData(Earlier.Advice)]
    [InlineData(Earlier.AdviceAcrossTheBorder)]
    [InlineData(Earlier.UnmapThatIsCollected)]
    [Rule("CON-005")]
    [Rule("CON-014")]
    public void A_change_waits_for_TLBs_that_still_lead_to_the_old_pages(Earlier earlier)
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        scene.Map(A, Size2M);
        scene.Map(Elsewhere, Page);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        var tlb = new HoldingTlb();
        using TlbRegistration registration = scene.Device.Tlb.Register(0, tlb);
        // However long it takes until both threads are there, the first one's flush must not time out.
        scene.Device.Tlb.WaitLimit = Timeout.InfiniteTimeSpan;

        var first = new Thread(() => Begin(scene, earlier));
        first.Start();
        SpinWait.SpinUntil(() => !tlb.Held.IsEmpty);
        // A fault collects the garbage, and with it the range that says that there was something.
        if (earlier == Earlier.UnmapThatIsCollected)
            Raise(scene, Elsewhere);
        int before = tlb.Held.Count;
        // The other half of the range, so that it is another change of pages that the same entries have led to.
        var second = new Thread(() => scene.Process.Discard(AddressRange.OfSize(A + (Size2M / 2), Page)));
        second.Start();
        SpinWait.SpinUntil(() => tlb.Held.Count > before || !second.IsAlive);
        bool waits = second.IsAlive;
        tlb.Release();
        first.Join();
        second.Join();
        Assert.True(waits, "the change has taken effect before the flush was acknowledged");
        Assert.Equal(0u, scene.Ranges.Zaps.Tiles);
    }

    /// <summary>The driver waits in the call that closes (docs/deviations.md); here it may be the thread that is to acknowledge.</summary>
    [Fact]
    public void A_VM_that_has_ended_holds_no_change_up_even_if_a_TLB_has_not_acknowledged_its_end()
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        scene.Map(A, Size64K);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        var tlb = new HoldingTlb();
        using TlbRegistration registration = scene.Device.Tlb.Register(0, tlb);
        scene.Vm.Destroy();
        Assert.Equal(0, scene.Process.SubscriptionCount);
        Assert.Equal(Errno.Ok, scene.Process.Discard(AddressRange.OfSize(A, Size64K)));
        Assert.Single(tlb.Held);
        Assert.False(scene.Device.Tlb.IsAcknowledged(0, scene.Device.Tlb.Issued(0)));
        // Its tables wait.
        Assert.NotEqual(0, scene.Device.TablesInUse);
        tlb.Release();
        Assert.Equal(0, scene.Device.TablesInUse);
    }

    [Fact]
    [Rule("CON-013")]
    public void A_fault_whose_bind_would_be_put_off_behind_an_unbind_goes_on_when_that_is_over()
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        scene.Map(A, Size2M);
        scene.Map(Elsewhere, Page);
        Assert.Equal(Errno.Ok, scene.Fault(A + Size64K));
        Assert.Equal(Errno.Ok, scene.Fault(A + Size2M - Page));
        var tlb = new HoldingTlb();
        using TlbRegistration registration = scene.Device.Tlb.Register(0, tlb);
        scene.Device.Tlb.WaitLimit = Timeout.InfiniteTimeSpan;
        var unmap = new Thread(() => scene.Process.Unmap(AddressRange.OfSize(A, Size2M)));
        unmap.Start();
        SpinWait.SpinUntil(() => !tlb.Held.IsEmpty);
        int answered = scene.Replies.Count;
        Raise(scene, Elsewhere);
        // No entries and no marks: a change now finds nothing to take away, and nothing comes later.
        Assert.Equal(answered, scene.Replies.Count);
        Assert.Empty(scene.Vm.GetMappings());
        Assert.Equal(0, scene.RangeAt(Elsewhere).TilePresent);
        Assert.Equal(1, scene.Count(GtCounter.SvmPagefaultCount) - 2);

        tlb.Release();
        unmap.Join();
        Assert.Equal(Errno.Ok, scene.Replies[^1].Error);
        Assert.Equal(answered + 1, scene.Replies.Count);
        Assert.Equal(Elsewhere, Assert.Single(scene.Vm.GetMappings()).Range.Start);
        Assert.Equal(3, scene.Count(GtCounter.SvmPagefaultCount));
    }

    private static void Raise(SvmScene scene, ulong address) => Assert.Equal(
        Errno.Ok, scene.Device.RaiseFault(new GpuFault { Asid = scene.Vm.TlbVm.Asid, PageAddress = address }));

    private static void Begin(SvmScene scene, Earlier earlier)
    {
        switch (earlier)
        {
            case Earlier.Change:
                scene.Process.Discard(AddressRange.OfSize(A, Page));
                break;
            case Earlier.UnmapThatIsCollected:
                scene.Process.Unmap(AddressRange.OfSize(A, Page));
                break;
            default:
                ulong size = earlier == Earlier.Advice ? Size2M : Size64K;
                var advice = new DrmXeMadvise
                {
                    VmId = scene.Vm.Id,
                    Start = A,
                    Range = size,
                    Type = MemRangeAttr.Pat,
                };
                advice.PatIndex.Val = (ushort)scene.Device.Platform.Pat.IndexNone;
                scene.File.Madvise(advice);
                break;
        }
    }

    /// <summary>Acknowledges nothing until it is told to.</summary>
    private sealed class HoldingTlb : ITlbClient
    {
        private volatile bool _isReleased;

        public ConcurrentQueue<TlbInvalidation> Held { get; } = new();

        public void Invalidate(in TlbInvalidation invalidation)
        {
            Held.Enqueue(invalidation);
            if (_isReleased)
                invalidation.Acknowledge();
        }

        public void Release()
        {
            _isReleased = true;
            foreach (TlbInvalidation invalidation in Held)
                invalidation.Acknowledge();
        }
    }
}
