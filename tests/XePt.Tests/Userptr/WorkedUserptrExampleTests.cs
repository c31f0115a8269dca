using XePt.Host;
using XePt.Tests.Svm;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Userptr;

/// <summary>EX-19: munmap of the memory of a userptr, in each VM mode.</summary>
public class WorkedUserptrExampleTests
{
    private const ulong Gpu = 1ul << 32;
    private static readonly AddressRange Whole = AddressRange.OfSize(A, Size2M);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rule("UPTR-022")]
    [Rule("UPTR-023")]
    [Rule("UPTR-030")]
    [Rule("UPTR-010")]
    public void Ex_19_in_fault_mode_the_next_fault_says_what_is_there(bool isMappedAgain)
    {
        using SvmScene scene = Bound(VmBindFlags.Immediate);
        Assert.Equal(Errno.Ok, scene.Process.Unmap(Whole));
        Assert.False(scene.Vm.Translate(Gpu).IsPresent);
        Assert.Equal((0L, 1L), (scene.Memory.UsedBytes, scene.Vm.Counters.ZapInvalidations));
        Assert.NotNull(scene.Vm.FindVma(Gpu));
        if (isMappedAgain)
            scene.Map(A, Size2M);
        Assert.Equal(isMappedAgain ? Errno.Ok : Errno.EFAULT, scene.Fault(Gpu));
        Assert.Equal(isMappedAgain, scene.Vm.Translate(Gpu).IsPresent);
    }

    [Fact]
    [Rule("UPTR-022")]
    public void Ex_19_what_was_never_bound_costs_no_table_work()
    {
        using SvmScene scene = Bound(0);
        Assert.Equal(Errno.Ok, scene.Process.Unmap(Whole));
        Assert.Equal((0L, 0L), (scene.Vm.Counters.ZapInvalidations, scene.Device.Tlb.GetCounters(0).Invalidations));
        Assert.Equal(Errno.EFAULT, scene.Fault(Gpu));
    }

    [Theory]
    [InlineData(VmCreateFlags.None)]
    [InlineData(VmCreateFlags.LrMode)]
    [Rule("UPTR-024")]
    [Rule("UPTR-031")]
    [Rule("UPTR-033")]
    [Rule("UPTR-034")]
    public void Ex_19_in_the_other_modes_the_next_use_takes_the_entries_away_and_goes_on(VmCreateFlags mode)
    {
        using var memory = new ModelMemory();
        using var process = new ModelProcess(memory);
        process.Map(Whole, CpuProtection.ReadWrite);
        using var device = new XeDevice(XePt.Devices.XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        file.AddressSpace = process;
        XeVm vm = file.CreateVm(mode);
        Assert.Equal(Errno.Ok, file.VmBind(vm.Id, [Op(0)]));
        var create = new DrmXeExecQueueCreate { VmId = vm.Id, Width = 1, NumPlacements = 1 };
        Assert.Equal(Errno.Ok, file.ExecQueueCreate(ref create, [new DrmXeEngineClassInstance { EngineClass = EngineClass.Copy }]));
        Assert.Equal(Errno.Ok, process.Unmap(Whole));
        // The entries stay until the next job: nothing runs meanwhile. In preempt-fence mode the worker is woken by it.
        Assert.True(vm.Translate(Gpu).IsPresent);
        Assert.Equal([Gpu], vm.InvalidatedUserptrs);
        Assert.Equal(Errno.Ok, file.Exec(new DrmXeExec { ExecQueueId = create.ExecQueueId, NumBatchBuffer = 1, Address = 0x1000 }));
        Assert.Empty(vm.InvalidatedUserptrs);
        Assert.False(vm.Translate(Gpu).IsPresent);
        Assert.NotNull(vm.FindVma(Gpu));
        Assert.Equal(0, memory.UsedBytes);
    }

    /// <summary>As the table of the example says: jobs are waited for, or queues are suspended, before munmap returns.</summary>
    [Theory]
    [InlineData(VmCreateFlags.None)]
    [InlineData(VmCreateFlags.LrMode)]
    [Rule("UPTR-021")]
    [Rule("UPTR-024")]
    [Rule("UPTR-031")]
    [Rule("UPTR-033")]
    [Rule("UPTR-034")]
    public void Ex_19_while_jobs_run_munmap_waits_for_what_runs(VmCreateFlags mode)
    {
        bool isPreempted = mode == VmCreateFlags.LrMode;
        var sink = new AskedSink();
        using var memory = new ModelMemory();
        using var process = new ModelProcess(memory);
        process.Map(Whole, CpuProtection.ReadWrite);
        using var device = new XeDevice(XePt.Devices.XePlatforms.Bmg, new XeDeviceOptions { Drive = DriveMode.Queued, JobSink = sink });
        XeFile file = device.OpenFile();
        file.AddressSpace = process;
        XeVm vm = file.CreateVm(mode);
        Assert.Equal(Errno.Ok, file.VmBind(vm.Id, [Op(0)]));
        ExecQueue queue = file.CreateQueue(vm, new DrmXeEngineClassInstance { EngineClass = EngineClass.Copy });
        Assert.Equal((Errno.Ok, Errno.Ok), (Exec(1), isPreempted ? Exec(2) : Errno.Ok));
        device.Pump();
        Assert.Equal([1ul], Running());

        var munmap = new Thread(() => process.Unmap(Whole));
        munmap.Start();
        SpinWait.SpinUntil(() => isPreempted ? sink.IsAsked : vm.FindVma(Gpu)!.Value.IsStale);
        Assert.Equal((true, true, true), (munmap.IsAlive, memory.UsedBytes > 0, vm.Translate(Gpu).IsPresent));
        sink.Jobs.CompleteNext();
        device.Pump();
        munmap.Join();
        device.Pump();
        Assert.Equal(0, memory.UsedBytes);

        // The worker has taken the entries away and the queue goes on; without one the next job does it, and runs.
        Assert.Equal(isPreempted, !vm.Translate(Gpu).IsPresent);
        Assert.Equal(isPreempted ? 0 : 1, vm.InvalidatedUserptrs.Count);
        if (!isPreempted)
            Assert.Equal(Errno.Ok, Exec(2));
        device.Pump();
        Assert.Equal([2ul], Running());
        Assert.False(vm.Translate(Gpu).IsPresent || vm.Context.IsBanned);
        Assert.Empty(vm.InvalidatedUserptrs);
        sink.Jobs.CompleteAll();
        device.Pump();

        Errno Exec(ulong batch) => file.Exec(new DrmXeExec { ExecQueueId = queue.Id, NumBatchBuffer = 1, Address = batch });
        ulong[] Running() => [.. sink.Jobs.GetJobs().Select(job => job.Batches[0])];
    }

    private static SvmScene Bound(VmBindFlags flags)
    {
        var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.File.VmBind(scene.Vm.Id, [Op(flags)]));
        return scene;
    }

    private static DrmXeVmBindOp Op(VmBindFlags flags) =>
        new() { Op = VmBindOp.MapUserptr, Userptr = A, Addr = Gpu, Range = Size2M, PatIndex = 2, Flags = flags };

    /// <summary>Engines that are asked to stop a job and let it end.</summary>
    private sealed class AskedSink : IPreemptibleSink
    {
        private volatile bool _isAsked;

        public ManualJobSink Jobs { get; } = new();

        public bool IsAsked => _isAsked;

        public void Submit(XeJob job) => Jobs.Submit(job);

        public void Cancelled(XeJob job) => Jobs.Cancelled(job);

        public bool TryPreempt(XeJob job)
        {
            _isAsked = true;
            return false;
        }
    }
}
