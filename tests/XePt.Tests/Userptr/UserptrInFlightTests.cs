using XePt.Fences;
using XePt.Host;
using XePt.Memory;
using XePt.Tests.Bind;
using XePt.Tests.Svm;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Userptr;

/// <summary>Pages of a userptr change while its bind and its unbind are both in flight, and others have been at its place before or come
/// after it (CON-005, BIND-227). In the end nothing is left of it.</summary>
public sealed class UserptrInFlightTests : IDisposable
{
    private const ulong Gpu = 0x1_0000_0000, Other = 0x2_0000_0000, B = A + (16 * Size2M);
    private const VmCreateFlags FaultMode = VmCreateFlags.LrMode | VmCreateFlags.FaultMode;

    private readonly SvmScene _scene = new();
    private readonly ModelProcess _child;

    /// <summary>Memory at A, which a child shares, and at B.</summary>
    public UserptrInFlightTests()
    {
        _scene.Map(A, 2 * Size2M);
        Assert.Equal(Errno.Ok, _scene.Process.Fork(out ModelProcess? child));
        _child = child!;
        _scene.Map(B, 2 * Size2M);
    }

    public void Dispose()
    {
        _child.Dispose();
        _scene.Dispose();
    }

    public static TheoryData<VmCreateFlags, bool> Orders() => new()
    {
        { VmCreateFlags.None, false }, { VmCreateFlags.None, true }, { VmCreateFlags.ScratchPage, true },
        { VmCreateFlags.LrMode, false }, { VmCreateFlags.LrMode, true }, { FaultMode, false }, { FaultMode, true },
        { FaultMode | VmCreateFlags.ScratchPage, true },
    };

    [Theory]
    [MemberData(nameof(Orders))]
    [Rule("BIND-227")]
    [Rule("CON-005")]
    public void Declared_memory_is_gone_when_both_are_complete(VmCreateFlags mode, bool isBindFirst)
    {
        using var scene = new UserptrScene((uint)mode, isBound: false);
        scene.Do(Op.Unmap(UserptrScene.A, UserptrScene.Size));
        Assert.Equal(0, scene.Vm.Context.Userptrs.Count);
        Fence bind = scene.Binds.BindAfter(Op.Userptr(UserptrScene.Cpu, UserptrScene.A, UserptrScene.Size, VmBindFlags.Immediate));
        Fence unbind = scene.Binds.BindAfter(Op.Unmap(UserptrScene.A, UserptrScene.Size));
        Fence gone = scene.Change();
        Assert.False(gone.IsSignalled);
        (isBindFirst ? bind : unbind).TrySignal();
        Assert.Equal((false, 1), (gone.IsSignalled, scene.Vm.Context.Userptrs.Count));
        (isBindFirst ? unbind : bind).TrySignal();
        Assert.True(gone.IsSignalled);
        Assert.NotEqual(UserptrScene.Old, scene.Shown);
        Assert.True(scene.Vm.IsIdle);
        scene.Do(Op.Unmap(UserptrScene.A, UserptrScene.Size));
        Assert.Equal((0, 0), (scene.Vm.Context.Userptrs.Count, scene.Vm.Context.Space.Count));
    }

    [Theory]
    [MemberData(nameof(Orders))]
    [Rule("BIND-227")]
    [Rule("UPTR-024")]
    public void Pages_of_a_process_are_kept_and_let_go_of_in_every_mode(VmCreateFlags mode, bool isBindFirst)
    {
        XeVm vm = _scene.File.CreateVm(mode);
        Fence bind = After(vm, Map(A, Gpu, 2 * Page)), unbind = After(vm, Unmap(Gpu, 2 * Page));
        long used = _scene.Memory.UsedBytes;
        Change(vm, A, 2 * Page);
        // The child has the old pages, whoever may still reach them.
        Assert.Equal(used + (2 * (long)Page), _scene.Memory.UsedBytes);
        Assert.Equal(2, _scene.Process.SubscriptionCount);
        (isBindFirst ? bind : unbind).TrySignal();
        // In the other modes jobs that are submitted already may be waiting for the bind.
        bool isShown = isBindFirst && (mode & VmCreateFlags.FaultMode) == 0;
        Assert.Equal(isShown, vm.Translate(Gpu).Address == FrameOf(A, _child));
        (isBindFirst ? unbind : bind).TrySignal();
        Assert.True(vm.IsIdle);
        Assert.Equal((1, 1), (_scene.Process.SubscriptionCount, vm.Context.Userptrs.Count));
        Assert.Equal(Errno.Ok, _scene.File.VmBind(vm.Id, [Unmap(Other, 2 * Page)]));
        Assert.Equal((0, 0), (_scene.Process.SubscriptionCount, vm.Context.Userptrs.Count));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("BIND-227")]
    public void Nothing_is_left_of_a_vm_that_closes_before_or_after_the_change(bool isChangeFirst)
    {
        XeVm vm = _scene.File.CreateVm(FaultMode);
        XeVm other = _scene.File.CreateVm(FaultMode);
        Fence bind = After(vm, Map(A, Gpu, 2 * Page)), unbind = After(vm, Unmap(Gpu, 2 * Page));
        if (isChangeFirst)
            Change(other, A, 2 * Page);
        vm.Destroy();
        if (!isChangeFirst)
            Change(other, A, 2 * Page);
        bind.TrySignal();
        Assert.False(vm.Translate(Gpu).IsPresent);
        unbind.TrySignal();
        Assert.Equal(1, _scene.Process.SubscriptionCount);
        other.Destroy();
        Assert.Equal(0, _scene.Process.SubscriptionCount);
    }

    [Theory]
    [InlineData(2 * Page, true)]
    [InlineData(2 * Page, false)]
    [InlineData(Size2M, true)]
    [InlineData(Size2M, false)]
    [InlineData(Size2M + Page, false)]
    [Rule("CON-005")]
    public void What_has_been_written_is_zapped_and_who_comes_after_it_is_not(ulong size, bool isWritten)
    {
        XeVm vm = _scene.File.CreateVm(FaultMode);
        Fence bind = isWritten ? Fence.Signalled : _scene.Device.CreateFence("bind");
        After(vm, bind, Map(A, Gpu, size));
        Assert.Equal(isWritten, vm.Translate(Gpu).IsPresent);
        Fence unbind = After(vm, Unmap(Gpu, size)), next = After(vm, Map(B, Gpu, size));
        Change(vm, A, size);
        Assert.False(vm.Translate(Gpu).IsPresent || vm.Translate(Gpu + size - Page).IsPresent);
        bind.TrySignal();
        Assert.False(vm.Translate(Gpu).IsPresent || vm.Translate(Gpu + size - Page).IsPresent);
        unbind.TrySignal();
        Assert.False(vm.Translate(Gpu).IsPresent);
        next.TrySignal();
        for (ulong at = 0; at < size; at += Page)
            Assert.Equal(FrameOf(B + at), vm.Translate(Gpu + at).Address);
        Leave(vm, size);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("CON-005")]
    public void Who_was_there_before_it_stays_until_its_own_unbind(bool isWritten)
    {
        XeVm vm = _scene.File.CreateVm(FaultMode);
        Fence first = isWritten ? Fence.Signalled : _scene.Device.CreateFence("first");
        After(vm, first, Map(B, Gpu, 2 * Page));
        Fence away = After(vm, Unmap(Gpu, 2 * Page));
        Fence bind = After(vm, Map(A, Gpu, 2 * Page)), unbind = After(vm, Unmap(Gpu, 2 * Page));
        Change(vm, A, 2 * Page);
        first.TrySignal();
        Assert.Equal(FrameOf(B), vm.Translate(Gpu).Address);
        away.TrySignal();
        Assert.False(vm.Translate(Gpu).IsPresent);
        bind.TrySignal();
        Assert.False(vm.Translate(Gpu).IsPresent);
        unbind.TrySignal();
        Leave(vm, size: 0);
    }

    [Fact]
    [Rule("CON-005")]
    public void A_bo_that_had_the_number_of_the_vma_before_is_written()
    {
        XeVm vm = _scene.File.CreateVm(FaultMode);
        uint bo = _scene.Bo(Size64K);
        Fence first = After(vm, Op.Map(bo, Gpu, Size64K, flags: VmBindFlags.Immediate));
        int number = vm.Context.Space.Find(Gpu);
        Fence away = After(vm, Unmap(Gpu, Size64K)), bind = After(vm, Map(A, Gpu, 2 * Page));
        Assert.Equal(number, vm.Context.Space.Find(Gpu));
        Change(vm, A, 2 * Page);
        first.TrySignal();
        Assert.True(vm.Translate(Gpu).IsPresent);
        away.TrySignal();
        bind.TrySignal();
        Assert.False(vm.Translate(Gpu).IsPresent);
        Leave(vm, 2 * Page);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("CON-005")]
    public void Pieces_of_a_userptr_are_found_as_well(bool isWritten)
    {
        XeVm vm = _scene.File.CreateVm(FaultMode);
        Fence bind = isWritten ? Fence.Signalled : _scene.Device.CreateFence("bind");
        After(vm, bind, Map(A, Gpu, 6 * Page));
        Fence unbind = After(vm, Unmap(Gpu + (2 * Page), 2 * Page));
        Change(vm, A, 6 * Page);
        bind.TrySignal();
        for (ulong at = 0; at < 6 * Page; at += Page)
            Assert.False(vm.Translate(Gpu + at).IsPresent);
        unbind.TrySignal();
        for (ulong at = 0; at < 6 * Page; at += Page)
            Assert.False(vm.Translate(Gpu + at).IsPresent);
        Assert.Equal(3, _scene.Process.SubscriptionCount);
        Assert.Equal(Errno.Ok, _scene.File.VmBind(vm.Id, [Prefetch(Gpu, 2 * Page), Prefetch(Gpu + (4 * Page), 2 * Page)]));
        Assert.Equal(
            (vm.Translate(Other).Address, false, vm.Translate(Other + (5 * Page)).Address),
            (vm.Translate(Gpu).Address, vm.Translate(Gpu + (2 * Page)).IsPresent, vm.Translate(Gpu + (5 * Page)).Address));
        Leave(vm, 6 * Page);
    }

    /// <summary>Parts the pages from those of the child in the middle of a call.</summary>
    private void Change(XeVm vm, ulong cpu, ulong size) =>
        Assert.Equal(Errno.Ok, _scene.File.VmBind(vm.Id, [Map(cpu, Other, size) with { Flags = VmBindFlags.Immediate }]));

    private Fence After(XeVm vm, DrmXeVmBindOp op)
    {
        Fence fence = _scene.Device.CreateFence("test");
        After(vm, fence, op);
        return fence;
    }

    private void After(XeVm vm, Fence fence, DrmXeVmBindOp op)
    {
        uint handle = _scene.File.SyncobjCreate();
        _scene.File.FindSyncobj(handle)!.Replace(fence);
        var args = new DrmXeVmBind { VmId = vm.Id, NumBinds = 1, NumSyncs = 1, Bind = op };
        Assert.Equal(Errno.Ok, _scene.File.VmBind(args, [op], [new DrmXeSync { Handle = handle }]));
    }

    /// <summary>Unbinds all that is left, and then nothing is.</summary>
    private void Leave(XeVm vm, ulong size)
    {
        if (size != 0)
            Assert.Equal(Errno.Ok, _scene.File.VmBind(vm.Id, [Unmap(Gpu, size)]));
        Assert.Equal(Errno.Ok, _scene.File.VmBind(vm.Id, [Unmap(Other, 2 * Size2M)]));
        Assert.True(vm.IsIdle);
        Assert.Equal((0, 0), (_scene.Process.SubscriptionCount, vm.Context.Userptrs.Count));
    }

    private ulong FrameOf(ulong cpu, ModelProcess? process = null)
    {
        var list = new CpuPageList();
        (process ?? _scene.Process).Snapshot(AddressRange.OfSize(cpu, Page), null, list);
        return list.Runs[0].Frame;
    }

    private static DrmXeVmBindOp Map(ulong cpu, ulong gpu, ulong size) =>
        Op.Userptr(cpu, gpu, size, VmBindFlags.Immediate | VmBindFlags.ReadOnly);

    private static DrmXeVmBindOp Unmap(ulong gpu, ulong size) => Op.Unmap(gpu, size);

    private static DrmXeVmBindOp Prefetch(ulong gpu, ulong size) => Op.Prefetch(gpu, size, 0);
}
