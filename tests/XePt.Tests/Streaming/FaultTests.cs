using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Fences;
using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.Streaming.BatchWords;

namespace XePt.Tests.Streaming;

/// <summary>Batches whose memory comes by page faults: mirrors, BOs that are bound late, userptrs; and what is counted.</summary>
public sealed class FaultTests : IDisposable
{
    private const ulong Heap = 0x7f00_0000_0000, Size = 2 << 20;

    private readonly ModelMemory _memory = new();
    private readonly ModelProcess _process;
    private readonly List<StreamerAccess> _accesses = [];
    private readonly CommandStreamer _streamer;
    private readonly XeDevice _device;
    private readonly XeFile _file;

    public FaultTests()
    {
        _process = new ModelProcess(_memory);
        _streamer = new CommandStreamer(new CommandStreamerOptions { Accessing = _accesses.Add });
        _device = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { JobSink = _streamer });
        _file = _device.OpenFile();
        _file.AddressSpace = _process;
        Assert.Equal(Errno.Ok, _process.Map(AddressRange.OfSize(Heap, Size), CpuProtection.ReadWrite));
    }

    public void Dispose()
    {
        _device.Dispose();
        _process.Dispose();
        _memory.Dispose();
    }

    [Fact]
    public void A_batch_in_a_mirror_faults_its_memory_in_and_the_process_sees_what_it_stored()
    {
        XeVm vm = MirrorVm();
        const ulong Target = Heap + 0x10_0000;
        Put(new BatchWords().Store(Target, 0x1122_3344u).CopyDword(Target + 0x2_0000, Target).Add(0x1780_0501, Low(Target), High(Target))
            .End());
        Fence fence = Submit(vm, Heap);
        Assert.Equal((true, Errno.Ok), (fence.IsSignalled, fence.Error));
        Assert.Equal((0x1122_3345u, 0x1122_3344u), (Get(Target), Get(Target + 0x2_0000)));
        Assert.InRange(_streamer.Counters.Faults, 1, 10);
    }

    [Fact]
    public void A_blit_over_pages_of_the_process_faults_each_in()
    {
        XeVm vm = MirrorVm();
        var bytes = new byte[0x3_0000];
        new Random(3).NextBytes(bytes);
        Assert.True(_process.TryWrite(Heap + 0x4_0001, bytes));
        Put(new BatchWords().Add(
            0x5680_0008, (uint)bytes.Length - 1, 0, 0, 0, Low(Heap + 0x4_0001), High(Heap), Low(Heap + 0x10_0000), High(Heap), 0).End());
        Fence fence = Submit(vm, Heap);
        Assert.Equal((true, Errno.Ok), (fence.IsSignalled, fence.Error));
        var copied = new byte[bytes.Length];
        Assert.True(_process.TryRead(Heap + 0x10_0000, copied));
        Assert.Equal(bytes, copied);
    }

    [Fact, Rule("RN-046")]
    public void A_fault_that_nobody_can_service_resets_the_queue_with_the_driver_s_reason()
    {
        XeVm vm = MirrorVm();
        Put(new BatchWords().Store(Heap + Size + 0x1000, 1u).End());
        ExecQueue queue = QueueOf(vm);
        Fence fence = Submit(vm, Heap, queue);
        Assert.Equal((true, Errno.ETIME, true), (fence.IsSignalled, fence.Error, queue.IsReset));
        StreamerFailure failure = _streamer.LastFailure;
        Assert.Equal((StreamerFailureKind.Memory, GpuAccessStatus.Nacked, Heap + Size + 0x1000), (
            failure.Kind, failure.Access.Status, failure.Address));
        Assert.True(failure.Access.Why.IsRejected);
    }

    [Fact]
    public void A_job_waits_for_a_page_fault_that_waits_for_a_fence_and_others_go_on()
    {
        XeVm vm = _file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        vm.MapMirror(AddressRange.OfSize(Heap, Size));
        // A bind of the VM is in flight, so that its faults are put off.
        uint handle = _file.SyncobjCreate();
        Fence later = new FenceTimeline("late").Next();
        XeBo bo = _file.CreateBo(Size);
        _file.FindSyncobj(handle)!.Replace(later);
        vm.Map(bo, 0x100_0000, VmBindFlags.Immediate, syncs: [new DrmXeSync { Handle = handle }]);
        Put(new BatchWords().Store(Heap + 0x1000, 5u).End());
        Fence fence = Submit(vm, Heap);
        Assert.Equal((false, 1), (fence.IsSignalled, _streamer.JobCount));

        XeVm other = MirrorVm();
        Fence quick = Submit(other, Heap + 0x10_0000, put: new BatchWords().Store(Heap + 0x20_0000 - 8, 7u).End());
        Assert.Equal((true, 7u, false), (quick.IsSignalled, Get(Heap + 0x20_0000 - 8), fence.IsSignalled));

        later.TrySignal();
        _device.Pump();
        while (_streamer.Run().HasProgressed)
        {
        }

        Assert.Equal((true, Errno.Ok, 5u), (fence.IsSignalled, fence.Error, Get(Heap + 0x1000)));
    }

    [Fact]
    public void A_queue_that_ends_while_its_job_waits_for_a_fault_touches_nothing_afterwards()
    {
        XeVm vm = _file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        vm.MapMirror(AddressRange.OfSize(Heap, Size));
        uint handle = _file.SyncobjCreate();
        Fence later = new FenceTimeline("late").Next();
        _file.FindSyncobj(handle)!.Replace(later);
        vm.Map(_file.CreateBo(Size), 0x100_0000, VmBindFlags.Immediate, syncs: [new DrmXeSync { Handle = handle }]);
        Put(new BatchWords().Store(Heap + 0x1000, 5u).End());
        ExecQueue queue = QueueOf(vm);
        Fence fence = Submit(vm, Heap, queue);
        queue.Reset();
        Assert.Equal((true, 0), (fence.IsSignalled, _streamer.JobCount));
        later.TrySignal();
        _device.Pump();
        _streamer.Run();
        Assert.Equal(0u, Get(Heap + 0x1000));
    }

    [Fact]
    public void A_bo_that_is_bound_at_its_first_access_holds_batch_and_data()
    {
        XeVm vm = _file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        XeBo bo = _file.CreateBo(Size);
        vm.Map(bo, 0x100_0000);
        Assert.True(vm.Write(0x100_0000, MemoryMarshal.AsBytes(new BatchWords().Store(0x110_0000, 9u).End().Words)).IsDone);
        Fence fence = Submit(vm, 0x100_0000);
        Assert.Equal((true, Errno.Ok, 9u), (fence.IsSignalled, fence.Error, vm.Read<uint>(0x110_0000)));
    }

    [Theory]
    [InlineData(VmCreateFlags.None)]
    [InlineData(VmCreateFlags.LrMode)]
    [InlineData(VmCreateFlags.LrMode | VmCreateFlags.FaultMode)]
    public void A_userptr_holds_batch_and_data(VmCreateFlags mode)
    {
        XeVm vm = _file.CreateVm(mode);
        Put(new BatchWords().Store(0x100_0000 + 0x1_0000, 0x77u).End());
        vm.MapUserptr(AddressRange.OfSize(0x100_0000, Size), Heap);
        Fence fence = Submit(vm, 0x100_0000);
        Assert.True(fence is { IsSignalled: true, Error: Errno.Ok }, _streamer.LastFailure.ToString());
        Assert.Equal(0x77u, Get(Heap + 0x1_0000));
    }

    [Fact]
    public void Every_access_is_told_and_a_tlb_model_counts_and_checks_it()
    {
        XeVm vm = _file.CreateVm();
        XeBo bo = _file.CreateBo(Size);
        vm.Map(bo, 0x100_0000);
        using var tlb = new ReferenceTlb(_device.Tlb, gt: 0);
        TlbUnit unit = tlb.OpenUnit("streamer");
        Assert.True(vm.Write(0x100_0000, MemoryMarshal.AsBytes(
            new BatchWords().Store(0x110_0000, 9u).LoadFrom(General(0), 0x110_0000).Add(0x1780_0501, 0x110_0000, 0).End().Words)).IsDone);
        Submit(vm, 0x100_0000);
        Assert.Equal(
            ["Fetch of 64 bytes at 0x1000000 by GT 0", "Write of 4 bytes at 0x1100000 by GT 0", "Fetch of 64 bytes at 0x1000000 by GT 0",
             "Read of 4 bytes at 0x1100000 by GT 0", "Atomic of 4 bytes at 0x1100000 by GT 0", "Fetch of 64 bytes at 0x1000000 by GT 0"],
            _accesses.Select(access => access.ToString()));
        foreach (StreamerAccess access in _accesses)
            Assert.True(unit.Translate(access.Vm.GetTlbSpace(), access.Va).IsPresent);
        Assert.Equal((1L, 5L), ((long)tlb.Counters.Misses, (long)tlb.Counters.Hits));
        Assert.Equal(_accesses.Count, _streamer.Counters.Accesses);
    }

    private static uint Low(ulong va) => (uint)va;

    private static uint High(ulong va) => (uint)(va >> 32);

    private XeVm MirrorVm()
    {
        XeVm vm = _file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        vm.MapMirror(new AddressRange(0, vm.Size));
        return vm;
    }

    private ExecQueue QueueOf(XeVm vm) =>
        _file.CreateQueue(vm, _device.Platform.Engines.First(engine => engine.EngineClass == EngineClass.Copy));

    private Fence Submit(XeVm vm, ulong at, ExecQueue? queue = null, BatchWords? put = null)
    {
        if (put is not null)
            Put(put, at);
        queue ??= QueueOf(vm);
        Assert.Equal(Errno.Ok, _file.Exec(queue.Id, at));
        return queue.Jobs!.Last;
    }

    private void Put(BatchWords words, ulong at = Heap) => Assert.True(_process.TryWrite(at, MemoryMarshal.AsBytes(words.Words)));

    private uint Get(ulong at)
    {
        uint value = 0;
        Assert.True(_process.TryRead(at, MemoryMarshal.AsBytes(new Span<uint>(ref value))));
        return value;
    }
}
