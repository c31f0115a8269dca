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

    private static SvmScene Bound(VmBindFlags flags)
    {
        var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.File.VmBind(scene.Vm.Id, [Op(flags)]));
        return scene;
    }

    private static DrmXeVmBindOp Op(VmBindFlags flags) =>
        new() { Op = VmBindOp.MapUserptr, Userptr = A, Addr = Gpu, Range = Size2M, PatIndex = 2, Flags = flags };
}
