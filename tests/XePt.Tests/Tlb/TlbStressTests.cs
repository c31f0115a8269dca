using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Tlb;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.Tlb;

/// <summary>Several threads at once, bounded by work, not by time.</summary>
public class TlbStressTests
{
    private const ulong Va = 0x40000000;
    private const int Rounds = 60;
    private const int Slots = 16;

    [Fact]
    public void Issuers_and_acknowledgers_on_many_threads_lose_nothing()
    {
        const int Threads = 4, Each = 5000;
        var hub = new TlbHub(XePlatforms.Bmg, new VirtualClock());
        var inOrder = new OrderedClient();
        var later = new LateClient();
        hub.Register(0, inOrder);
        hub.Register(0, later);
        int signalled = 0, left = Threads;
        Thread[] issuers = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < Each; i++)
                hub.Invalidate(0, new TlbRequest(new TlbVm(1, 1), 0, Page, TlbInvalidationCause.Bind))
                    .OnSignalled(_ => Interlocked.Increment(ref signalled));
            Interlocked.Decrement(ref left);
        }))];
        var acknowledger = new Thread(() =>
        {
            while (Volatile.Read(ref left) > 0 || !hub.IsAcknowledged(0, Threads * Each))
                later.AcknowledgeLast();
        });
        acknowledger.Start();
        Array.ForEach(issuers, thread => thread.Start());
        Array.ForEach(issuers, thread => thread.Join());
        acknowledger.Join();
        Assert.Equal((ulong)(Threads * Each), hub.Acknowledged(0));
        Assert.Equal(Threads * Each, signalled);
        Assert.Equal((ulong)(Threads * Each), inOrder.Last);
        Assert.True(inOrder.IsInOrder);
    }

    [Theory]
    [InlineData(Fault.None)]
    [InlineData(Fault.KeepsAll)]
    public void Units_translate_while_a_binder_changes_the_mappings(Fault fault)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        var checker = new CoherenceChecker(gpu.Device.Tlb);
        using var tlb = new ReferenceTlb(gpu.Device.Tlb, 0) { Checker = checker, KeepsAll = fault == Fault.KeepsAll };
        ExpectedMap map = checker.AddMap(gpu.Vm.TlbVm, AddressRange.OfSize(Va, 2 * MiB));
        TlbSpace space = gpu.Vm.GetTlbSpace();
        XeBo[] places = [.. Enumerable.Range(0, 64).Select(i => gpu.SystemPage(0x100000 + ((ulong)i * 0x3000)))];
        bool stops = false;
        Thread[] walkers = [.. Enumerable.Range(0, 2).Select(core => new Thread(() =>
        {
            using TlbUnit unit = tlb.OpenUnit($"core {core}");
            for (uint i = (uint)core; !Volatile.Read(ref stops); i++)
            {
                using TlbUnit.Access access = unit.Begin();
                access.Translate(space, Va + (i * 7 % Slots * 2 * Page));
                access.Translate(space, Va + (i * 3 % Slots * 2 * Page));
                // On a machine with fewer cores than threads the binder must get its turn.
                if (i % 64 == 0)
                    Thread.Yield();
            }
        }))];
        Array.ForEach(walkers, thread => thread.Start());
        for (int round = 0; round < Rounds; round++)
        {
            int place = round * 5 % places.Length;
            Rebind(gpu, map, (ulong)(round % Slots), round % 3 == 2 ? null : places[place], 0x100000 + ((ulong)place * 0x3000));
            long seen = checker.Uses;
            while (checker.Uses < seen + (2 * Slots))
                Thread.Yield();
        }

        Volatile.Write(ref stops, true);
        Array.ForEach(walkers, thread => thread.Join());

        Assert.True(fault == Fault.None == (checker.ViolationCount == 0),
            $"{checker.ViolationCount} violations, such as {string.Join("; ", checker.Violations.Take(3))}");
        Assert.Equal(gpu.Device.Tlb.Issued(0), gpu.Device.Tlb.Acknowledged(0));
        Assert.Equal(checker.Uses, tlb.Counters.Hits + tlb.Counters.Misses);
    }

    /// <summary>Unbinds one page, and binds it to another place, each completed before the next begins.</summary>
    private static void Rebind(TestGpu gpu, ExpectedMap map, ulong slot, XeBo? bo, ulong place)
    {
        ulong start = Va + (slot * 2 * Page);
        long commit = map.Begin(AddressRange.OfSize(start, Page), null);
        Change(gpu, Unmap(start, Page));
        map.Complete(commit, AddressRange.OfSize(start, Page));
        if (bo is null)
            return;
        commit = map.Begin(AddressRange.OfSize(start, Page), place);
        Change(gpu, Map(bo, start, gpu.WriteBack));
        map.Complete(commit, AddressRange.OfSize(start, Page));
    }

    private static void Change(TestGpu gpu, DrmXeVmBindOp op)
    {
        var call = new DrmXeVmBind { VmId = gpu.Vm.Id, NumBinds = 1, Bind = op };
        Errno error = gpu.File.VmBind(call);
        if (error is not (Errno.Ok or Errno.ENODATA))
            throw new InvalidOperationException($"{error}");
        ulong issued = gpu.Device.Tlb.Issued(0);
        Assert.True(issued == 0 || gpu.Device.Tlb.AcknowledgedFence(0, issued).Wait(TimeSpan.FromSeconds(60)));
    }

    public enum Fault
    {
        None,
        KeepsAll,
    }

    private sealed class OrderedClient : ITlbClient
    {
        public ulong Last { get; private set; }

        public bool IsInOrder { get; private set; } = true;

        public void Invalidate(in TlbInvalidation invalidation)
        {
            IsInOrder &= invalidation.Seqno == Last + 1;
            Last = invalidation.Seqno;
            invalidation.Acknowledge();
        }
    }

    private sealed class LateClient : ITlbClient
    {
        private readonly Lock _lock = new();
        private TlbInvalidation _last;

        public void Invalidate(in TlbInvalidation invalidation)
        {
            lock (_lock)
                _last = invalidation;
        }

        public void AcknowledgeLast()
        {
            TlbInvalidation last;
            lock (_lock)
                last = _last;
            last.Acknowledge();
        }
    }
}
