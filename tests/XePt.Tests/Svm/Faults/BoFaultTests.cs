using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Queues;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Faults on BOs: where their memory must be, and what the queues of faults do meanwhile (specification 04 sections 3.2 and
/// 3.4).</summary>
public class BoFaultTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [Rule("FLT-044")]
    public void An_atomic_moves_the_bo_to_the_memory_of_the_tile_of_the_fault(int tile)
    {
        using var scene = new SvmScene(XePlatforms.Pvc2T);
        uint bo = scene.Bo(Size2M, placements: 7);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, Size2M, bo: bo));
        Assert.Equal(Errno.Ok, scene.File.MoveBo(bo, 0));
        Assert.Equal(Errno.Ok, scene.Fault(A, gt: tile * scene.Device.Platform.GtSlotsPerTile));
        Assert.Equal(0, scene.File.FindBo(bo)!.Region);
        Assert.Equal(Errno.Ok, scene.Fault(A, GpuAccessKind.Atomic, tile * scene.Device.Platform.GtSlotsPerTile));
        Assert.Equal(tile + 1, scene.File.FindBo(bo)!.Region);
    }

    /// <summary>Whatever the access, a BO that others have driven out gets memory where it may be, and others go for it.</summary>
    [Fact]
    [Rule("FLT-044")]
    public void A_bo_that_was_driven_out_comes_back_and_drives_others_out()
    {
        using var scene = new SvmScene(XePlatforms.Bmg with { VramBytesPerTile = 16 << 20 });
        uint[] bos = [.. Enumerable.Range(0, 8).Select(_ => scene.Bo(Size2M))];
        for (int i = 0; i < bos.Length; i++)
            Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A + ((ulong)i * Size2M), Size2M, VmBindFlags.Immediate, bo: bos[i]));
        int gone = Assert.Single(Enumerable.Range(0, 8), i => scene.File.FindBo(bos[i])!.Region == 0);
        Assert.Equal(Errno.Ok, scene.Fault(A + ((ulong)gone * Size2M)));
        Assert.Equal(1, scene.File.FindBo(bos[gone])!.Region);
        int other = Assert.Single(Enumerable.Range(0, 8), i => scene.File.FindBo(bos[i])!.Region == 0);
        Assert.NotEqual(gone, other);
        Assert.False(scene.Vm.Translate(A + ((ulong)other * Size2M)).IsPresent);
    }

    [Theory]
    [InlineData("there already", 2u, Errno.Ok)]
    [InlineData("pinned", 3u, Errno.EBUSY)]
    [InlineData("not allowed there", 1u, Errno.EINVAL)]
    [InlineData("no memory", 3u, Errno.ENOMEM)]
    [Rule("FLT-045")]
    public void What_keeps_a_bo_from_moving_is_the_answer(string what, uint placements, Errno errno)
    {
        using var scene = new SvmScene();
        uint bo = scene.Bo(Size2M, placements);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, Size2M, VmBindFlags.Immediate, bo: bo));
        if (placements == 3)
            Assert.Equal(Errno.Ok, scene.File.MoveBo(bo, 0));
        int region = scene.File.FindBo(bo)!.Region!.Value;
        scene.File.PinBo(bo, isPinned: what == "pinned");
        if (what == "no memory")
            scene.Device.Failures.Arm(FailurePoint.Allocation, times: FailureInjector.MostTimes);
        Assert.Equal(errno, scene.Fault(A, GpuAccessKind.Atomic));
        scene.Device.Failures.Disarm();
        Assert.Equal(region, scene.File.FindBo(bo)!.Region);
        Assert.Equal(1L, scene.Count(GtCounter.VmaPagefaultCount));
        scene.File.PinBo(bo, isPinned: false);
        Assert.Equal(what == "not allowed there" ? Errno.EINVAL : Errno.Ok, scene.Fault(A, GpuAccessKind.Atomic));
    }

    /// <summary>There is room only when BOs of another VM go, which takes a second attempt inside all VMs.</summary>
    [Fact]
    [Rule("FLT-045")]
    public void A_bo_that_finds_no_room_finds_it_in_a_second_attempt_alone()
    {
        using var scene = new SvmScene(XePlatforms.Bmg with { VramBytesPerTile = 16 << 20 });
        uint bo = scene.Bo(Size2M, placements: 3);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, Size2M, VmBindFlags.Immediate, bo: bo));
        Assert.Equal(Errno.Ok, scene.File.MoveBo(bo, 0));
        XeVm other = scene.File.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        XeBo[] others = [.. Enumerable.Range(0, 7).Select(_ => scene.File.CreateBo(Size2M, 3))];
        for (int i = 0; i < others.Length; i++)
            other.Map(others[i], A + ((ulong)i * Size2M), VmBindFlags.Immediate);
        Assert.All(others, there => Assert.Equal(1, there.Region));
        Assert.Equal(Errno.Ok, scene.Fault(A, GpuAccessKind.Atomic));
        Assert.Equal(1, scene.File.FindBo(bo)!.Region);
        Assert.Single(others, there => there.Region == 0);
        Assert.Equal(1L, scene.Count(GtCounter.VmaPagefaultCount));
    }

    /// <summary>Nothing keeps a fault from being raised again, and each time it is answered.</summary>
    [Fact]
    [Rule("FLT-019")]
    [Rule("CON-011")]
    public void The_same_fault_is_serviced_as_often_as_it_is_raised()
    {
        using var scene = new SvmScene();
        for (int i = 0; i < 100; i++)
            Assert.Equal(Errno.ENOENT, scene.Fault(A));
        Assert.Equal((100, 100L), (scene.Replies.Count, scene.Count(GtCounter.SvmPagefaultCount)));
        scene.Map(A, Page);
        Assert.Equal(Errno.Ok, scene.Fault(A));
    }

    [Fact]
    [Rule("CON-008")]
    public void Of_two_faults_in_one_range_the_second_finds_it_valid()
    {
        using var scene = new SvmScene(drive: DriveMode.Queued);
        scene.Map(A, Size2M);
        foreach (ulong at in (ulong[])[A + Page, A + (300 * Page)])
            scene.Device.RaiseFault(new GpuFault { Asid = scene.Vm.TlbVm.Asid, PageAddress = at });
        Assert.Empty(scene.Replies);
        scene.Device.Pump();
        Assert.Equal([A + Page, A + (300 * Page)], scene.Replies.Select(reply => reply.Fault.PageAddress));
        Assert.All(scene.Replies, reply => Assert.Equal(Errno.Ok, reply.Error));
        Assert.Equal((2L, 1L, 1), (scene.Count(GtCounter.Svm2MPagefaultCount), scene.Count(GtCounter.Svm2MValidPagefaultCount),
            scene.Ranges.Count));
    }

    /// <summary>A worker that has gone on for 20 ms lets others go first.</summary>
    [Theory]
    [InlineData(19, new[] { 0, 0, 0, 1 })]
    [InlineData(21, new[] { 0, 1, 0, 0 })]
    [Rule("CFG-009")]
    [Rule("HST-036")]
    public void A_queue_goes_on_for_20_ms(int milliseconds, int[] order)
    {
        var clock = new VirtualClock();
        using var scene = new SvmScene(drive: DriveMode.Queued, options: new XeDeviceOptions { Clock = clock, SingleThreaded = true });
        scene.Map(A, Size2M);
        XeVm other = scene.File.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        scene.Replying = () => clock.Pause(scene.Replies.Count == 0 ? milliseconds * 1_000_000 : 0);
        foreach (uint asid in (uint[])[scene.Vm.TlbVm.Asid, scene.Vm.TlbVm.Asid, scene.Vm.TlbVm.Asid, other.TlbVm.Asid])
            scene.Device.RaiseFault(new GpuFault { Asid = asid, PageAddress = A });
        scene.Device.Pump();
        Assert.Equal(order, scene.Replies.Select(reply => reply.Fault.Asid == other.TlbVm.Asid ? 1 : 0));
    }

    /// <summary>What a nack does to the engine is the firmware's business; it may end in the reset of the queue.</summary>
    [Fact]
    [Rule("FLT-018")]
    public void A_nack_does_nothing_to_queues_and_a_reset_ends_one_of_them()
    {
        using var scene = new SvmScene();
        ExecQueue[] queues = [scene.File.Queue(scene.Vm.Id), scene.File.Queue(scene.Vm.Id)];
        Assert.Equal(Errno.ENOENT, scene.Fault(A));
        Assert.All(queues, queue => Assert.False(queue.IsReset));
        Assert.Equal(Errno.Ok, scene.File.Exec(queues[0].Id, A));
        queues[0].Reset();
        Assert.Equal((Errno.ECANCELED, Errno.Ok), (scene.File.Exec(queues[0].Id, A), scene.File.Exec(queues[1].Id, A)));
        scene.Map(A, Page);
        Assert.Equal(Errno.Ok, scene.Fault(A));
    }
}
