using XePt.Devices;
using XePt.Tests.Bind;
using XePt.Uapi;

namespace XePt.Tests.Embedding;

/// <summary>Whatever is asked of an object whose device, client or VM is gone has a definite answer.</summary>
public class DisposalTests
{
    private const ulong Va = 0x1_0000_0000;
    private const ulong Size = 2UL << 20;

    public static TheoryData<string> WaysToEnd => ["VM_DESTROY", "close", "dispose"];

    [Theory]
    [MemberData(nameof(WaysToEnd))]
    [Rule("BIND-015")]
    public void A_vm_that_is_gone_finds_nothing_and_does_nothing(string how)
    {
        using var scene = new BindScene();
        scene.Do(scene.Mirror(0, Va), Op.Map(scene.Bo("X", Size), Va, Size, flags: VmBindFlags.Immediate));
        XeVm vm = scene.Vm;
        Assert.Equal(Errno.Ok, vm.BindRange(new(0x1000, 0x2000), isVram: false, new PhysicalRun(0x8000, 0x1000)));
        IGpuMemory memory = vm.GetTableMemory();
        ulong root = vm.RootAddress();
        Assert.True(vm.Translate(Va).IsPresent);
        End(scene, how);

        Translation found = vm.Translate(Va);
        Assert.Equal((TranslationStatus.NotPresent, 4, 0ul), (found.Status, found.Level, found.Entry));
        Assert.Equal(TranslationStatus.OutOfRange, vm.Translate(vm.Size).Status);
        Assert.Empty(vm.TraceWalk(Va));
        Assert.Equal(how != "dispose", memory.TryReadEntry(root, out _));
        Assert.NotEqual(TranslationStatus.Mapped, PageWalker.Walk(memory, vm.RootAddress(), 4, XePlatforms.Bmg.FormatId, Va).Status);

        Assert.Equal(
            [Errno.ENOENT, Errno.ENOENT, Errno.ENOENT, Errno.ENOENT],
            [vm.Fault(Va), vm.Zap(Va), vm.BindRange(new(0x3000, 0x4000), false, new PhysicalRun(0x8000, 0x1000)),
                vm.UnbindRange(new(0x1000, 0x2000))]);
        Assert.False(vm.ZapRange(new(0x1000, 0x2000)));
        Assert.Equal("BIND-015", vm.LastRejection.RuleId);
    }

    [Theory]
    [MemberData(nameof(WaysToEnd))]
    public void A_vm_that_is_gone_shows_nothing(string how)
    {
        using var scene = new BindScene(vmFlags: 1);
        scene.Do(Op.Map(scene.Bo("X", Size), Va, Size));
        XeVm vm = scene.Vm;
        End(scene, how);

        Assert.Equal(0, vm.VmaCount);
        Assert.Empty(vm.GetVmas());
        Assert.Null(vm.FindVma(Va));
        Assert.Empty(vm.GetMappings());
        var counter = default(TableCounter);
        vm.VisitTables(ref counter);
        Assert.Equal(0, counter.Count);
        Assert.Empty(vm.GetLastRequest().Actions);
        Assert.Equal(vm.StateHash(), vm.StateHash());
        Assert.True(vm.IsIdle);
        _ = (vm.Counters, vm.RootDescriptor(), vm.EmptyEntry(0), vm.TlbVm, vm.LastFence, vm.TlbFlushSeqno);
    }

    [Theory]
    [InlineData("close")]
    [InlineData("dispose")]
    public void A_file_that_is_gone_takes_no_calls(string how)
    {
        using var scene = new BindScene();
        uint handle = scene.Bo("X", Size);
        XeBo bo = scene.File.FindBo(handle)!;
        XeFile file = scene.File;
        End(scene, how);

        var vm = default(DrmXeVmCreate);
        var gem = new DrmXeGemCreate { Size = Size, Placement = 1, CpuCaching = CpuCaching.WriteBack };
        var queue = default(DrmXeExecQueueCreate);
        var ban = default(DrmXeExecQueueGetProperty);
        PhysicalRun run = new(0x8000, Size);
        Action[] calls =
        [
            () => file.VmCreate(ref vm),
            () => file.VmDestroy(new DrmXeVmDestroy { VmId = 1 }),
            () => file.VmBind(new DrmXeVmBind { VmId = 1 }),
            () => file.GemCreate(ref gem),
            () => file.GemCreate(ref gem, 0, [run]),
            () => file.GemClose(handle),
            () => file.MoveBo(handle, 0, [run]),
            () => file.MapCpuMemory(0x1000, run),
            () => file.UnmapCpuMemory(0x1000),
            () => file.ReplaceCpuMemory(0x1000, out _, run),
            () => file.InvalidateCpuMemory(new(0x1000, 0x2000)),
            () => file.SyncobjCreate(),
            () => file.SyncobjDestroy(1),
            () => file.ExecQueueCreate(ref queue),
            () => file.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = 1 }),
            () => file.ExecQueueGetProperty(ref ban),
            () => file.ExecQueueSetProperty(default),
            () => file.Exec(default),
            () => file.Ioctl(XeIoctl.VmCreate, new byte[32]),
        ];
        Assert.All(calls, call => Assert.Throws<ObjectDisposedException>(call));

        Assert.Empty(file.Vms);
        Assert.Empty(file.Bos);
        Assert.Empty(file.Queues);
        Assert.Null(file.FindVm(1));
        Assert.Null(file.FindBo(handle));
        Assert.Null(bo.Region);
        Assert.Empty(bo.Segments);
        file.Dispose();
    }

    [Fact]
    public void A_device_that_is_gone_opens_no_file_and_may_be_disposed_again()
    {
        var device = new XeDevice(XePlatforms.Dg2);
        device.Dispose();
        device.Dispose();
        Assert.Throws<ObjectDisposedException>(device.OpenFile);
        Assert.Equal(0, device.TablesInUse);
        using WalkPin pin = device.EnterWalk();
    }

    [Fact]
    public void Closing_a_file_lets_go_of_its_cpu_memory()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.File.MapCpuMemory(0x10000, new PhysicalRun(0x8000, 0x2000));
        scene.Do(Op.Userptr(0x10000, Va, 0x2000));
        scene.File.Dispose();
        Assert.Equal(Errno.EFAULT, scene.File.Cpu.Pin(0x10000, 0x1000, forWriting: false, out _));
    }

    private static void End(BindScene scene, string how)
    {
        if (how == "VM_DESTROY")
            Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = scene.Vm.Id }));
        else if (how == "close")
            scene.File.Dispose();
        else
            scene.Device.Dispose();
    }

    private struct TableCounter : ITableVisitor
    {
        public int Count;

        public void Visit(in TableView table) => Count++;
    }
}
