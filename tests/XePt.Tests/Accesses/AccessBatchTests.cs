using XePt.Bench;
using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Tests.Svm;
using XePt.Tests.Syncs;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Accesses;

/// <summary>Many accesses at once, and accesses that wait without a thread.</summary>
[Collection(nameof(AloneCollection))]
public class AccessBatchTests
{
    [Theory, InlineData(DriveMode.Inline), InlineData(DriveMode.Queued)]
    public void Accesses_of_one_kind_to_one_page_share_a_fault(DriveMode drive)
    {
        using var scene = new SvmScene(drive: drive);
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Process.Map(AddressRange.OfSize(A + (4 * Size2M), Page), Host.CpuProtection.Read));
        const int Count = 64;
        var requests = new GpuAccessRequest[Count + 3];
        for (int i = 0; i < Count; i++)
            requests[i] = new GpuAccessRequest(scene.Vm, A + (ulong)(i * 8), GpuAccessKind.Write, i * 8, 8);
        requests[Count] = new GpuAccessRequest(scene.Vm, A + (4 * Size2M), GpuAccessKind.Read, 0, 8);
        requests[Count + 1] = new GpuAccessRequest(scene.Vm, A + (4 * Size2M) + 8, GpuAccessKind.Read, 8, 8);
        requests[Count + 2] = GpuAccessRequest.Of(scene.Vm, A + 0x1000, GpuAtomic.On32(GpuAtomicOperation.Add, 3), offset: Count * 8);
        var bytes = new byte[(Count * 8) + 4];
        new Random(3).NextBytes(bytes);
        scene.Process.TryWrite(A + 0x1000, [7]);
        var outcomes = new GpuAccess[requests.Length];

        scene.Device.Access(requests, bytes, outcomes);

        Assert.All(outcomes[..Count], outcome => Assert.Equal((GpuAccessStatus.Done, 8), (outcome.Status, outcome.Bytes)));
        Assert.All(
            outcomes[Count..(Count + 2)],
            outcome => Assert.Equal((GpuAccessStatus.Nacked, Errno.EPERM), (outcome.Status, outcome.Error)));
        Assert.Equal(GpuAccessStatus.Done, outcomes[^1].Status);
        // One for the writes, one for both reads (with the inline drive each read asks anew), and the atomic one found its page there.
        Assert.Equal(drive == DriveMode.Queued ? 3 : 2, scene.Replies.Count);
        var written = new byte[Count * 8];
        Assert.True(scene.Vm.Read(A, written).IsDone);
        Assert.Equal(bytes[..(Count * 8)], written);
        Assert.Equal((7u, 10u), (BitConverter.ToUInt32(bytes, Count * 8), scene.Vm.Read<uint>(A + 0x1000)));
    }

    [Fact]
    public void A_batch_larger_than_a_queue_loses_nothing()
    {
        using var scene = new SvmScene(XePlatforms.Lnl, drive: DriveMode.Queued);
        int count = scene.Device.FaultQueueCapacity + 100;
        scene.Map(A, (ulong)count * Page);
        var requests = new GpuAccessRequest[count];
        for (int i = 0; i < count; i++)
            requests[i] = new GpuAccessRequest(scene.Vm, A + ((ulong)i * Page), GpuAccessKind.Write, i, 1);
        var bytes = new byte[count];
        new Random(4).NextBytes(bytes);
        var outcomes = new GpuAccess[count];
        scene.Device.Access(requests, bytes, outcomes);
        Assert.All(outcomes, outcome => Assert.Equal(GpuAccessStatus.Done, outcome.Status));
        Assert.Equal(0, scene.Device.LostFaults);
        for (int i = 0; i < count; i++)
            Assert.Equal(bytes[i], scene.Vm.Read<byte>(A + ((ulong)i * Page)));
    }

    /// <summary>One VM waits for a fence; those in other queues do not.</summary>
    [Fact]
    public void What_waits_in_one_queue_keeps_nobody_in_another_one()
    {
        using var scene = new SvmScene(drive: DriveMode.Queued);
        scene.Map(A, Page);
        XeVm other = scene.File.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        other.MapMirror(new AddressRange(0, other.Size));
        Assert.NotEqual(scene.Vm.TlbVm.Asid % 4, other.TlbVm.Asid % 4);
        Fence start = HoldUp(scene);
        scene.Device.AccessWaitLimit = TimeSpan.Zero;
        var outcomes = new GpuAccess[2];
        GpuAccessRequest[] requests = [
            new(scene.Vm, A, GpuAccessKind.Read, 0, 1), new(other, A, GpuAccessKind.Read, 1, 1)];
        scene.Device.Access(requests, new byte[2], outcomes);
        Assert.Equal([GpuAccessStatus.Pending, GpuAccessStatus.Done], outcomes.Select(outcome => outcome.Status));
        start.TrySignal();
        scene.Device.Pump();
        scene.Device.Access(requests, new byte[2], outcomes);
        Assert.All(outcomes, outcome => Assert.Equal((GpuAccessStatus.Done, 0), (outcome.Status, outcome.Faults)));
    }

    [Fact]
    public void What_makes_no_sense_is_refused_before_anything_happens()
    {
        using var scene = new SvmScene();
        using var strange = new SvmScene();
        scene.Map(A, Page);
        var outcomes = new GpuAccess[2];
        GpuAccessRequest fine = new(scene.Vm, A, GpuAccessKind.Write, 0, 4);
        GpuAccessRequest[] wrong = [
            default, new(strange.Vm, A, GpuAccessKind.Read, 0, 1), fine with { Offset = 1 }, fine with { Offset = -1 },
            fine with { Size = 5 },
            fine with { Size = int.MaxValue, Offset = 1 }, fine with { Gt = 9 }, fine with { Kind = (GpuAccessKind)3 },
            fine with { Kind = GpuAccessKind.Atomic }, GpuAccessRequest.Of(scene.Vm, A + 2, GpuAtomic.On32(GpuAtomicOperation.Add, 1), 0),
            GpuAccessRequest.Of(scene.Vm, A, GpuAtomic.On64(GpuAtomicOperation.Add, 1), 0) with { Size = 4 }];
        foreach (GpuAccessRequest request in wrong)
            Assert.ThrowsAny<ArgumentException>(() => scene.Device.Access([fine, request], new byte[4], outcomes));
        Assert.Throws<ArgumentException>(() => scene.Device.Access([fine], new byte[4], outcomes));
        Assert.Empty(scene.Replies);
        scene.Device.Access([fine, fine], new byte[4], outcomes);
        Assert.All(outcomes, outcome => Assert.Equal(GpuAccessStatus.Done, outcome.Status));
        scene.Device.Access([], [], []);
    }

    [Theory, InlineData(DriveMode.Inline), InlineData(DriveMode.Queued)]
    public void An_access_goes_on_by_itself_when_its_fault_is_answered(DriveMode drive)
    {
        using var scene = new SvmScene(drive: drive);
        scene.Map(A, 2 * Page);
        Fence start = HoldUp(scene);
        var bytes = new byte[] { 1, 2, 3, 4 };
        using PendingAccess write = scene.Vm.BeginAccess(A + Page - 2, GpuAccessKind.Write, bytes);
        using PendingAccess atomic = scene.Vm.BeginAtomic(A, GpuAtomic.On32(GpuAtomicOperation.Add, 5));
        PendingAccess givenUp = scene.Vm.BeginAccess(A + 8, GpuAccessKind.Write, bytes);
        scene.Device.Pump();
        Assert.Equal((false, false), (write.IsCompleted, atomic.IsCompleted));
        Assert.Throws<InvalidOperationException>(() => write.Result);
        Assert.Equal("pending", write.ToString());
        givenUp.Dispose();

        start.TrySignal();
        scene.Device.Pump();
        Assert.True(write.Completed.Wait(TimeSpan.Zero));
        Assert.Equal((GpuAccessStatus.Done, 4), (write.Result.Status, write.Result.Bytes));
        Assert.Equal((GpuAccessStatus.Done, 0ul), (atomic.Result.Status, atomic.OldValue));
        Assert.Equal((5u, 0x0403_0201u), (scene.Vm.Read<uint>(A), scene.Vm.Read<uint>(A + Page - 2)));
        Assert.Equal(0u, scene.Vm.Read<uint>(A + 8));
    }

    [Fact]
    public void An_access_that_is_disposed_twice_gives_up_nobody_elses()
    {
        using var scene = new SvmScene(drive: DriveMode.Queued);
        scene.Map(A, 2 * Page);
        PendingAccess first = scene.Vm.BeginAccess(A, GpuAccessKind.Write, new byte[] { 1 });
        scene.Device.Pump();
        Assert.True(first.Result.IsDone);
        first.Dispose();
        scene.Process.Discard(AddressRange.OfSize(A, Size2M));
        using PendingAccess second = scene.Vm.BeginAccess(A, GpuAccessKind.Write, new byte[] { 2 });
        Assert.False(second.IsCompleted);
        first.Dispose();
        scene.Device.Pump();
        Assert.True(second.IsCompleted && second.Result.IsDone);
        Assert.Equal(2, scene.Vm.Read<byte>(A));
    }

    [Fact]
    [Rule("FLT-015")]
    public void A_reset_ends_those_that_wait()
    {
        using var scene = new SvmScene(drive: DriveMode.Queued);
        scene.Map(A, Page);
        using PendingAccess access = scene.Vm.BeginAccess(A, GpuAccessKind.Read, new byte[1]);
        Assert.False(access.IsCompleted);
        Assert.Equal(1, scene.Device.ResetGt(0));
        Assert.Equal(GpuAccessStatus.Lost, access.Result.Status);
        scene.Device.Pump();
        Assert.True(scene.Vm.Access(A, GpuAccessKind.Read, new byte[1]).IsDone);
    }

    [Fact]
    public void An_access_is_completed_by_a_thread_that_pumps()
    {
        using var scene = new SvmScene(drive: DriveMode.Queued);
        scene.Map(A, Page);
        using var stop = new CancellationTokenSource();
        var pump = new Thread(() =>
        {
            try
            {
                while (scene.Device.PumpOrWait(stop.Token) > 0)
                {
                }
            }
            catch (OperationCanceledException)
            {
                // That is how it ends.
            }
        });
        pump.Start();
        using PendingAccess access = scene.Vm.BeginAccess(A, GpuAccessKind.Write, new byte[] { 9 });
        Assert.True(access.Completed.Wait(TimeSpan.FromSeconds(60)));
        Assert.True(access.Result.IsDone);
        Assert.Equal(9, scene.Vm.Read<byte>(A));
        stop.Cancel();
        pump.Join();
    }

    /// <summary>The thread sleeps until the one that services the queue has its answer, or cannot go on either.</summary>
    [Theory, InlineData(false), InlineData(true)]
    [Rule("FLT-012")]
    public void Inline_an_access_waits_for_another_thread_that_services_its_queue(bool parks)
    {
        using var scene = new SvmScene();
        scene.Device.AccessWaitLimit = TimeSpan.FromMinutes(1);
        scene.Map(A, Page);
        scene.Map(A + Size2M, Page);
        using var isServicing = new ManualResetEventSlim();
        using var mayGoOn = new ManualResetEventSlim();
        scene.Replying = () =>
        {
            isServicing.Set();
            mayGoOn.Wait();
        };
        GpuAccess first = default, second = default;
        var servicing = new Thread(() => first = scene.Vm.Access(A, GpuAccessKind.Read, new byte[1]));
        servicing.Start();
        isServicing.Wait(TestContext.Current.CancellationToken);
        var waiting = new Thread(() => second = scene.Vm.Access(A + Size2M, GpuAccessKind.Read, new byte[1]));
        waiting.Start();
        Assert.True(SpinWait.SpinUntil(() => waiting.ThreadState == ThreadState.WaitSleepJoin, TimeSpan.FromMinutes(1)));

        Fence start = parks ? HoldUp(scene) : Fence.Signalled;
        mayGoOn.Set();
        Assert.True(waiting.Join(TimeSpan.FromSeconds(50)), "the access waits no longer than it must");
        servicing.Join();
        Assert.Equal(
            (GpuAccessStatus.Done, parks ? GpuAccessStatus.Pending : GpuAccessStatus.Done), (first.Status, second.Status));
        if (parks)
            start.TrySignal();
        Assert.Equal(2, scene.Replies.Count);
        Assert.True(scene.Vm.Access(A + Size2M, GpuAccessKind.Write, new byte[1]).IsDone);
    }

    [Theory, InlineData(DriveMode.Inline), InlineData(DriveMode.Queued)]
    public void Batches_and_pending_accesses_allocate_nothing(DriveMode drive)
    {
        using var scene = new SvmScene(drive: drive);
        scene.Map(A, Size2M);
        var requests = new GpuAccessRequest[100];
        for (int i = 0; i < requests.Length; i++)
            requests[i] = new GpuAccessRequest(scene.Vm, A + ((ulong)i * 0x1800), GpuAccessKind.Write, i * 8, 8);
        var bytes = new byte[800];
        var outcomes = new GpuAccess[requests.Length];
        Assert.Equal(0, Allocations.Of(50, Round));

        void Round()
        {
            scene.Device.Access(requests, bytes, outcomes);
            Assert.True(outcomes[0].IsDone);
            scene.Process.Discard(AddressRange.OfSize(A, Size2M));
            PendingAccess access = scene.Vm.BeginAccess(A, GpuAccessKind.Read, bytes);
            scene.Device.Pump();
            Assert.True(access.IsCompleted);
            access.Dispose();
            scene.Process.Discard(AddressRange.OfSize(A, Size2M));
            scene.Replies.Clear();
        }
    }

    /// <summary>Work in flight in the VM that faults wait for, until the fence signals.</summary>
    private static Fence HoldUp(SvmScene scene)
    {
        uint syncobj = scene.File.SyncobjCreate();
        Fence start = scene.Device.CreateFence("start");
        scene.File.SyncobjAttach(syncobj, start);
        scene.Vm.Map(
            scene.File.CreateBo(0x10000), A + (8 * Size2M), flags: VmBindFlags.Immediate,
            syncs: [new DrmXeSync { Type = SyncType.Syncobj, Handle = syncobj }]);
        return start;
    }
}
