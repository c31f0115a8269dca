using XePt.Host;
using XePt.Tests.Svm;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Userptr;

/// <summary>Binds of userptrs that wait for fences in fault-mode VMs while their pages change: the old pages are never written
/// (CON-005, UPTR-022, UPTR-036).</summary>
public class DeferredUserptrTests
{
    private const ulong Gpu = 0x1_0000_0000, Other = 0x2_0000_0000;

    public static TheoryData<ulong, ulong, bool> Places() => new()
    {
        // Pages, a 2 MiB leaf, a leaf with pages around it; with tables that are there already and with new ones.
        { 2 * Page, 0, false }, { 2 * Page, 0, true }, { Size2M, 0, false }, { Size2M, 0, true },
        { (4 * Size2M) - (2 * Page), Page, false }, { (4 * Size2M) - (2 * Page), Page, true },
    };

    [Theory]
    [MemberData(nameof(Places))]
    [Rule("CON-005")]
    [Rule("UPTR-022")]
    [Rule("UPTR-036")]
    public void Pages_that_a_bind_of_the_same_thread_changes_are_not_written_any_more(ulong size, ulong offset, bool hasTables)
    {
        using var scene = new SvmScene();
        (ulong cpu, ulong gpu) = (A + offset, Gpu + offset);
        scene.Map(cpu, size);
        using ModelProcess child = Fork(scene);
        if (hasTables)
            Assert.Equal(Errno.Ok, Userptr(scene, A - Size2M, gpu + size + (8 * Page), Page, populate: true));

        Fence fence = scene.Device.CreateFence("test");
        Assert.Equal(Errno.Ok, scene.BindAfter(fence, Op(cpu, gpu, size, VmBindFlags.ReadOnly)));
        // Written to, the pages of the process part from those of the child.
        Assert.Equal(Errno.Ok, scene.File.VmBind(scene.Vm.Id, [Op(cpu, Other + offset, size, 0)]));
        fence.TrySignal();
        Assert.False(scene.Vm.Translate(gpu).IsPresent);
        Assert.False(scene.Vm.Translate(gpu + size - Page).IsPresent);

        Assert.Equal(Errno.Ok, scene.Fault(gpu));
        for (ulong at = 0; at < size; at += Page)
            Assert.Equal(scene.Vm.Translate(Other + offset + at).Address, scene.Vm.Translate(gpu + at).Address);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Unmap, gpu, size));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Unmap, Other + offset, size));
    }

    [Fact]
    [Rule("CON-005")]
    public void Neighbours_in_the_same_new_table_are_written()
    {
        using var scene = new SvmScene();
        scene.Map(A, 2 * Page);
        using ModelProcess child = Fork(scene);
        Fence fence = scene.Device.CreateFence("test");
        scene.BindAfter(fence, Op(A, Gpu, Page, VmBindFlags.ReadOnly));
        scene.BindAfter(fence, Op(A + Page, Gpu + Page, Page, VmBindFlags.ReadOnly));
        Assert.Equal(Errno.Ok, scene.File.VmBind(scene.Vm.Id, [Op(A, Other, Page, 0)]));
        fence.TrySignal();
        Assert.Equal((false, true), (scene.Vm.Translate(Gpu).IsPresent, scene.Vm.Translate(Gpu + Page).IsPresent));
        Assert.Equal(Errno.Ok, scene.Fault(Gpu));
        Assert.Equal(scene.Vm.Translate(Other).Address, scene.Vm.Translate(Gpu).Address);
    }

    [Fact]
    [Rule("CON-005")]
    public void Nor_where_a_bind_in_another_vm_changes_them()
    {
        using var scene = new SvmScene();
        XeVm other = scene.File.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        scene.Map(A, Page);
        using ModelProcess child = Fork(scene);
        Fence fence = scene.Device.CreateFence("test");
        scene.BindAfter(fence, Op(A, Gpu, Page, VmBindFlags.ReadOnly));
        Assert.Equal(Errno.Ok, scene.File.VmBind(other.Id, [Op(A, Gpu, Page, 0)]));
        ulong now = other.Translate(Gpu).Address;
        fence.TrySignal();
        Assert.False(scene.Vm.Translate(Gpu).IsPresent);
        Assert.Equal(Errno.Ok, scene.Fault(Gpu));
        Assert.Equal(now, scene.Vm.Translate(Gpu).Address);
    }

    /// <summary>A bind and an unbind of one userptr both wait, and its pages change before or after the unbind was asked for: no entry
    /// leads to the old pages, and in the end there is none.</summary>
    [Theory]
    [InlineData(2 * Page, false, true)]
    [InlineData(2 * Page, true, true)]
    [InlineData(Size2M, false, true)]
    [InlineData(Size2M, true, true)]
    [InlineData(Size2M + (3 * Page), true, true)]
    [InlineData(2 * Page, true, false)]
    [InlineData(Size2M, true, false)]
    [InlineData(Size2M, false, false)]
    [Rule("CON-005")]
    [Rule("UPTR-022")]
    [Rule("UPTR-023")]
    public void A_bind_and_an_unbind_that_both_wait_leave_nothing_of_the_old_pages(ulong size, bool isBindFirst, bool isChangeLast)
    {
        using var scene = new SvmScene();
        scene.Map(A, size);
        using ModelProcess child = Fork(scene);
        Fence bind = scene.Device.CreateFence("bind"), unbind = scene.Device.CreateFence("unbind");
        Assert.Equal(Errno.Ok, scene.BindAfter(bind, Op(A, Gpu, size, VmBindFlags.ReadOnly)));
        if (!isChangeLast)
            Assert.Equal(Errno.Ok, scene.File.VmBind(scene.Vm.Id, [Op(A, Other, size, 0)]));
        Assert.Equal(Errno.Ok, scene.BindAfter(unbind, new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Gpu, Range = size }));
        if (isChangeLast)
            Assert.Equal(Errno.Ok, scene.File.VmBind(scene.Vm.Id, [Op(A, Other, size, 0)]));
        Assert.False(scene.Vm.IsIdle);

        (isBindFirst ? bind : unbind).TrySignal();
        Assert.False(scene.Vm.Translate(Gpu).IsPresent);
        Assert.False(scene.Vm.Translate(Gpu + size - Page).IsPresent);
        (isBindFirst ? unbind : bind).TrySignal();
        Assert.False(scene.Vm.Translate(Gpu).IsPresent);
        Assert.False(scene.Vm.Translate(Gpu + size - Page).IsPresent);
        Assert.True(scene.Vm.IsIdle);
        Assert.Equal(Errno.EINVAL, scene.Fault(Gpu));
        // Only the other one is told of changes, and its pages are those of now.
        Assert.Equal(1, scene.Process.SubscriptionCount);
        Assert.True(scene.Process.TryWrite(A + 8, [42]));
        Assert.Equal(42, scene.Vm.Read<byte>(Other + 8));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Unmap, Other, size));
        Assert.Equal(0, scene.Process.SubscriptionCount);
    }

    private static ModelProcess Fork(SvmScene scene)
    {
        Assert.Equal(Errno.Ok, scene.Process.Fork(out ModelProcess? child));
        return child!;
    }

    private static Errno Userptr(SvmScene scene, ulong cpu, ulong gpu, ulong size, bool populate)
    {
        scene.Map(cpu, size, populate);
        return scene.File.VmBind(scene.Vm.Id, [Op(cpu, gpu, size, 0)]);
    }

    private static DrmXeVmBindOp Op(ulong cpu, ulong gpu, ulong size, VmBindFlags flags) => new()
    {
        Op = VmBindOp.MapUserptr,
        Userptr = cpu,
        Addr = gpu,
        Range = size,
        Flags = flags | VmBindFlags.Immediate,
        PatIndex = 2,
    };
}
