using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Tlb;
using XePt.Uapi;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.Tlb;

/// <summary>Numbering, order, acknowledgement, time-out and reset of TLB invalidations (PT-182 to PT-186).</summary>
public class TlbHubTests
{
    private static readonly TlbVm Vm = new(1, 7);

    [Fact]
    public void Without_clients_an_invalidation_is_complete_at_once()
    {
        var hub = NewHub(XePlatforms.Bmg);
        for (ulong seqno = 1; seqno < 1000; seqno++)
        {
            Assert.Equal(Fence.Signalled, Issue(hub));
            Assert.Equal((seqno, true), (hub.Issued(0), hub.IsAcknowledged(0, seqno)));
        }
    }

    [Fact]
    public void Numbers_go_on_while_clients_come_and_go()
    {
        var hub = NewHub(XePlatforms.Bmg);
        Assert.All(Enumerable.Range(0, 3), _ => Assert.Equal(Fence.Signalled, Issue(hub)));
        for (ulong next = 4; next < 400; next += 2)
        {
            var client = new RecordingTlb(acknowledges: false);
            TlbRegistration place = hub.Register(0, client);
            Assert.Equal((next - 1, next - 1), (place.Acknowledged, hub.Acknowledged(0)));
            Fence heard = Issue(hub);
            Assert.Equal((next, false, next - 1), (Assert.Single(client.Received).Seqno, heard.IsSignalled, hub.Acknowledged(0)));
            place.Dispose();
            Assert.True(heard.IsSignalled && hub.IsAcknowledged(0, next));

            Assert.Equal(Fence.Signalled, Issue(hub));
            Assert.Single(client.Received);
            Assert.Equal((next + 1, next + 1), (hub.Issued(0), hub.Acknowledged(0)));
        }
    }

    [Fact]
    public void What_timed_out_stays_so_when_nobody_listens_any_more()
    {
        var clock = new VirtualClock();
        TlbHub hub = NewHub(XePlatforms.Bmg, clock);
        TlbRegistration place = hub.Register(0, new RecordingTlb(acknowledges: false));
        Fence late = Issue(hub);
        Fence real = hub.AcknowledgedFence(0, late.Seqno);
        clock.AdvanceTo(TlbHub.TimeoutNs);
        Assert.Equal((Errno.ETIME, false), (late.Error, real.IsSignalled));
        place.Dispose();
        Assert.True(real.IsSignalled);

        Issue(hub);
        hub.Reset(0);
        clock.AdvanceTo(10 * TlbHub.TimeoutNs);
        using TlbRegistration next = hub.Register(0, new RecordingTlb(acknowledges: false));
        Assert.Equal((Errno.ETIME, 1L, 2ul), (late.Error, hub.GetCounters(0).Timeouts, hub.Acknowledged(0)));
        Assert.False(Issue(hub).IsSignalled);
    }

    [Fact]
    public void The_acknowledgement_of_an_invalidation_to_come_cannot_be_asked_for()
    {
        var hub = NewHub(XePlatforms.Bmg);
        Issue(hub);
        Assert.Equal(Fence.Signalled, hub.AcknowledgedFence(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => hub.AcknowledgedFence(0, 2));
    }

    [Fact]
    public void A_client_that_acknowledges_inside_the_call_completes_it()
    {
        var hub = NewHub(XePlatforms.Bmg);
        var client = new RecordingTlb();
        hub.Register(0, client);
        Assert.Equal(Fence.Signalled, Issue(hub, 0x1000, 0x5000));
        TlbInvalidation seen = Assert.Single(client.Received);
        Assert.Equal((0, 1ul, Vm, 0x1000ul, 0x5000ul), (seen.Gt, seen.Seqno, seen.Vm, seen.Range.Start, seen.Range.End));
        Assert.Equal(new AddressRange(0, 0x8000), seen.Shaped);
    }

    [Fact]
    [Rule("PT-184")]
    [Rule("HST-031")]
    public void The_last_client_to_acknowledge_completes_and_takes_earlier_ones_along()
    {
        var hub = NewHub(XePlatforms.Bmg);
        RecordingTlb a = new(acknowledges: false), b = new(acknowledges: false);
        hub.Register(0, a);
        TlbRegistration second = hub.Register(0, b);
        Fence[] fences = [Issue(hub), Issue(hub), Issue(hub)];
        a.Received[2].Acknowledge();
        Assert.DoesNotContain(fences, fence => fence.IsSignalled);
        b.Received[1].Acknowledge();
        Assert.Equal([true, true, false], fences.Select(fence => fence.IsSignalled));
        Assert.Equal((true, false), (hub.IsAcknowledged(0, 2), hub.IsAcknowledged(0, 3)));
        second.Dispose();
        Assert.True(fences[2].IsSignalled);
    }

    [Fact]
    [Rule("PT-184")]
    public void Numbers_go_round_at_20_bits_without_zero()
    {
        var hub = NewHub(XePlatforms.Bmg);
        for (int i = 0; i < 0xffffe; i++)
            Issue(hub);
        var client = new RecordingTlb(acknowledges: false);
        TlbRegistration registration = hub.Register(0, client);
        Fence[] fences = [Issue(hub), Issue(hub), Issue(hub)];
        Assert.Equal([0xfffffu, 1u, 2u], client.Received.Select(seen => seen.WireSeqno));
        Assert.Equal([0xffffful, 0x100000ul, 0x100001ul], client.Received.Select(seen => seen.Seqno));

        registration.AcknowledgeWire(1);
        Assert.Equal([true, true, false], fences.Select(fence => fence.IsSignalled));
        registration.AcknowledgeWire(0xfffff);
        Assert.False(fences[2].IsSignalled);
        registration.AcknowledgeWire(2);
        Assert.True(fences[2].IsSignalled);
    }

    [Fact]
    public void A_number_that_the_client_has_not_received_is_refused()
    {
        var hub = NewHub(XePlatforms.Bmg);
        TlbRegistration registration = hub.Register(0, new RecordingTlb(acknowledges: false));
        Assert.Throws<ArgumentOutOfRangeException>(() => registration.AcknowledgeWire(1));
        Fence fence = Issue(hub);
        foreach (uint wrong in (uint[])[0, 2, 0xfffff, TlbInvalidation.NoSeqno])
            Assert.Throws<ArgumentOutOfRangeException>(() => registration.AcknowledgeWire(wrong));
        Assert.Throws<ArgumentOutOfRangeException>(() => registration.Acknowledge(2));
        Assert.False(fence.IsSignalled);
    }

    [Fact]
    [Rule("PT-182")]
    public void Message_words_are_those_of_the_firmware_interface()
    {
        var hub = NewHub(XePlatforms.Bmg);
        var client = new RecordingTlb();
        hub.Register(0, client);
        Issue(hub, 0x7f0000200000, 0x7f0000400000);
        Assert.Equal([0x7000, 1, 0x80000001, 7, 0, 0x7f00, 12], Words(client.Last));
        Assert.Equal([0x7000, 0x100000, 1, 7, 0, 0x7f00, 12], Words(client.Last, hasReclaimList: true));

        hub = NewHub(XePlatforms.Tgl);
        hub.Register(0, client);
        Issue(hub);
        Assert.Equal([0x7000, 1, 0x80000000], Words(client.Last));
        Assert.True(client.Last.IsFull && client.Last.Covers(99, new(0, 1)));
    }

    [Theory]
    [InlineData(0x3fff, 1, false)]
    [InlineData(0x3fff, 2, true)]
    [InlineData(0x4000, 1, true)]
    [InlineData(0x7fff, 1, true)]
    [InlineData(0x8000, 0x10000, false)]
    [InlineData(0, 0x10000, true)]
    public void A_ranged_invalidation_covers_what_overlaps_it_in_its_VM(ulong va, ulong size, bool isCovered)
    {
        var hub = NewHub(XePlatforms.Bmg);
        var client = new RecordingTlb();
        hub.Register(0, client);
        Issue(hub, 0x4000, 0x8000);
        Assert.Equal(isCovered, client.Last.Covers(Vm.Number, AddressRange.OfSize(va, size)));
        Assert.False(client.Last.Covers(Vm.Number + 1, AddressRange.OfSize(va, size)));
    }

    [Fact]
    [Rule("PT-185")]
    public void What_is_pending_for_too_long_times_out_but_is_not_acknowledged()
    {
        var clock = new VirtualClock();
        TlbHub hub = NewHub(XePlatforms.Bmg, clock);
        hub.TransportDelayNs = 1000;
        var client = new RecordingTlb(acknowledges: false);
        hub.Register(0, client);
        Fence first = Issue(hub);
        clock.AdvanceTo(500);
        Fence second = Issue(hub);
        clock.AdvanceTo(TlbHub.TimeoutNs + 1999);
        Assert.False(first.IsSignalled);
        clock.AdvanceTo(TlbHub.TimeoutNs + 2000);
        Assert.Equal((Errno.ETIME, false), (first.Error, second.IsSignalled));
        Fence real = hub.AcknowledgedFence(0, first.Seqno);
        Assert.False(real.IsSignalled || hub.IsAcknowledged(0, 1));

        client.Received[0].Acknowledge();
        Assert.Equal((true, Errno.ETIME, Errno.Ok), (real.IsSignalled, first.Error, real.Error));
        clock.AdvanceTo(TlbHub.TimeoutNs + 2500);
        Assert.Equal((Errno.ETIME, 2L), (second.Error, hub.GetCounters(0).Timeouts));
        clock.AdvanceTo(10 * TlbHub.TimeoutNs);
        Fence third = Issue(hub);
        clock.AdvanceTo(11 * TlbHub.TimeoutNs);
        client.Last.Acknowledge();
        clock.AdvanceTo(20 * TlbHub.TimeoutNs);
        Assert.Equal((Errno.Ok, 2L, long.MaxValue), (third.Error, hub.GetCounters(0).Timeouts, clock.NextDue));
    }

    [Fact]
    [Rule("PT-185")]
    public void Every_late_one_of_a_long_line_times_out()
    {
        var clock = new VirtualClock();
        TlbHub hub = NewHub(XePlatforms.Bmg, clock);
        hub.Register(0, new RecordingTlb(acknowledges: false));
        Fence[] fences = [.. Enumerable.Range(0, 3000).Select(_ => Issue(hub))];
        clock.AdvanceTo(1);
        Fence young = Issue(hub);
        clock.AdvanceTo(TlbHub.TimeoutNs);
        Assert.Equal(3000, hub.GetCounters(0).Timeouts);
        Assert.True(fences.All(fence => fence.IsSignalled) && !young.IsSignalled);
        Assert.Equal(Errno.ETIME, fences[^1].Error);
    }

    [Fact]
    [Rule("PT-185")]
    public void A_reset_completes_all_without_acknowledging_any()
    {
        var hub = NewHub(XePlatforms.Bmg);
        var client = new RecordingTlb(acknowledges: false);
        hub.Register(0, client);
        Fence[] fences = [Issue(hub), Issue(hub)];
        hub.Reset(0);
        Assert.All(fences, fence => Assert.Equal((true, Errno.Ok), (fence.IsSignalled, fence.Error)));
        Assert.False(hub.IsAcknowledged(0, 1));
        client.Last.Acknowledge();
        Assert.True(hub.IsAcknowledged(0, 2));
        Assert.Equal(1, hub.GetCounters(0).Resets);
    }

    [Fact]
    [Rule("PT-186")]
    public void During_a_reset_callers_go_on_at_once_and_clients_are_still_told()
    {
        var hub = NewHub(XePlatforms.Bmg);
        var client = new RecordingTlb(acknowledges: false);
        hub.Register(0, client);
        hub.BeginReset(0);
        Fence cancelled = Issue(hub);
        Assert.Equal((true, Errno.Ok, 1ul), (cancelled.IsSignalled, cancelled.Error, cancelled.Seqno));
        Assert.False(hub.AcknowledgedFence(0, cancelled.Seqno).IsSignalled);
        Assert.Equal((1, false), (client.Received.Count, hub.IsAcknowledged(0, 1)));
        hub.EndReset(0);
        Assert.False(Issue(hub).IsSignalled);
    }

    [Fact]
    public void A_fence_callback_may_issue_more_than_the_slots_hold()
    {
        var hub = NewHub(XePlatforms.Bmg);
        var client = new RecordingTlb(acknowledges: false);
        TlbRegistration registration = hub.Register(0, client);
        int left = 2000;
        void Again(Errno error)
        {
            if (left-- > 0)
                Issue(hub);
        }

        for (int i = 0; i < 1000; i++)
            Issue(hub).OnSignalled(Again);
        using TlbRegistration eager = hub.Register(0, new Acknowledging(registration));
        Issue(hub);
        Assert.Equal(1000, left);
        Assert.Equal(2001ul, hub.Issued(0));
        Assert.Equal(Enumerable.Range(1, 2001).Select(seqno => (ulong)seqno), client.Received.Select(seen => seen.Seqno));
        Assert.True(hub.IsAcknowledged(0, 2001));
    }

    [Fact]
    public void A_client_that_throws_does_not_keep_an_invalidation_from_the_others()
    {
        var hub = NewHub(XePlatforms.Bmg);
        using TlbRegistration faulty = hub.Register(0, new Throwing());
        var client = new RecordingTlb();
        hub.Register(0, client);
        Assert.Throws<NotSupportedException>(() => Issue(hub));
        Assert.Single(client.Received);
        Assert.False(hub.IsAcknowledged(0, 1));
        faulty.Dispose();
        Assert.True(hub.IsAcknowledged(0, 1));
        Assert.Equal(Fence.Signalled, Issue(hub));
    }

    [Fact]
    [Rule("PT-206")]
    public void Counters_tell_causes_apart()
    {
        var hub = NewHub(XePlatforms.Bmg);
        foreach (TlbInvalidationCause cause in Enum.GetValues<TlbInvalidationCause>())
            hub.Invalidate(1, new TlbRequest(Vm, 0, 0x3000, cause));
        Assert.Equal(new TlbCounters(4, 1, 1, 0, 0, 0, 5 * 0x3000, 5 * 0x4000), hub.GetCounters(1));
        Assert.Equal(default, hub.GetCounters(0));
    }

    [Fact]
    public void There_is_a_port_for_each_GT_of_the_device_only()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => NewHub(XePlatforms.Bmg).Register(2, new RecordingTlb()));
        Assert.Throws<ArgumentOutOfRangeException>(() => NewHub(XePlatforms.Dg2).GetCounters(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => NewHub(XePlatforms.Bmg).Reset(-1));
    }

    [Fact]
    public void Steady_state_allocates_nothing()
    {
        var hub = NewHub(XePlatforms.Bmg);
        Assert.Equal(0, Measure(hub));
        hub.Register(0, new Silent());
        Assert.Equal(0, Measure(hub));
    }

    private static TlbHub NewHub(PlatformInfo platform, XeClock? clock = null) => new(platform, clock ?? new VirtualClock());

    private static long Measure(TlbHub hub)
    {
        for (int i = 0; i < 1000; i++)
            Issue(hub);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            Issue(hub);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static Fence Issue(TlbHub hub, ulong start = 0, ulong end = Page) =>
        hub.Invalidate(0, new TlbRequest(Vm, start, end, TlbInvalidationCause.Bind));

    private static uint[] Words(in TlbInvalidation invalidation, bool hasReclaimList = false)
    {
        var words = new uint[TlbInvalidation.MaxWords];
        return words[..invalidation.ToWords(words, hasReclaimList)];
    }

    private sealed class Silent : ITlbClient
    {
        public void Invalidate(in TlbInvalidation invalidation) => invalidation.Acknowledge();
    }

    private sealed class Throwing : ITlbClient
    {
        public void Invalidate(in TlbInvalidation invalidation) => throw new NotSupportedException();
    }

    /// <summary>Acknowledges for another client too, inside the delivery.</summary>
    private sealed class Acknowledging(TlbRegistration other) : ITlbClient
    {
        public void Invalidate(in TlbInvalidation invalidation)
        {
            other.Acknowledge(invalidation.Seqno);
            invalidation.Acknowledge();
        }
    }
}
