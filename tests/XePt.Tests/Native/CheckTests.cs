using System.Runtime.InteropServices;
using XePt.Native;
using XePt.Stage;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>A device that looks after each ioctl and each job whether it does what it must (XEPT_DEVICE_FLAG_CHECKS).</summary>
public sealed unsafe class CheckTests : IDisposable
{
    private const ulong Va = 0x1_0000_0000, Bytes = 1 << 16;

    [ThreadStatic]
    private static List<string>? t_told;

    private readonly DeviceHandle _device;
    private readonly ClientHandle _client;
    private readonly uint _vm;
    private readonly uint _bo;

    public CheckTests()
    {
        t_told = [];
        _device = Create(&Tell);
        _client = Abi.OpenClient(_device);
        _vm = Abi.CreateVm(_client);
        _bo = Abi.CreateBo(_client, Bytes, placement: 2);
        Bind(Va);
    }

    public void Dispose() => Abi.Destroy(_device);

    [Fact]
    public void Nothing_is_wrong_with_what_binds_write()
    {
        Bind(Va + Bytes);
        Abi.CreateVm(_client, VmCreateFlags.ScratchPage);
        DeviceTotals totals = Totals();
        Assert.Equal((0ul, 2u), (totals.Violations, totals.Vms));
        Assert.InRange(totals.TablesCompared, 4ul, 20ul);
        Assert.Empty(t_told!);
    }

    [Fact]
    public void An_entry_that_leads_elsewhere_is_said_once_after_the_next_call_of_its_vm()
    {
        ulong* leaf = LeafOf(Va + 0x3000, out ulong right);
        *leaf = right ^ 0x10_0000;
        // Of nobody's concern for as long as nothing of the VM changes.
        Abi.CreateVm(_client);
        Assert.Empty(t_told!);
        Bind(Va + Bytes);
        Bind(Va + (2 * Bytes));
        string told = Assert.Single(t_told!);
        Assert.StartsWith("after DRM_IOCTL_XE_VM_BIND: vm 1 tile 0: 0x100003000: expected 0x", told, StringComparison.Ordinal);
        int bo = Vm.FindVma(Va)!.Value.BoNumber;
        Assert.Contains($"of bo {bo} writable pat=0 atomic device, found 4K leaf 0x", told, StringComparison.Ordinal);
        Assert.Equal(1ul, Totals().Violations);
        *leaf = right;
        Bind(Va + (3 * Bytes));
        Assert.Equal(1ul, Totals().Violations);
    }

    [Fact]
    public void A_leaf_that_is_missing_and_one_too_many_are_said()
    {
        ulong* leaf = LeafOf(Va + 0x2000, out ulong right);
        *leaf = 0;
        Bind(Va + (4 * Bytes));
        Assert.EndsWith("0x100002000 -> not present at level 0 (0x0)", Assert.Single(t_told!), StringComparison.Ordinal);
        *leaf = right;
        // Behind what is bound.
        leaf[(Bytes - 0x2000) / 0x1000] = right;
        Bind(Va + (5 * Bytes));
        Assert.Contains("0x100010000: expected no leaf, found 4K leaf", t_told![1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x2)] // read-only
    [InlineData(0x8)] // another PAT index
    [InlineData(0x200)] // NULL
    public void Attributes_that_differ_are_said(ulong bit)
    {
        ulong* leaf = LeafOf(Va + 0x2000, out ulong right);
        *leaf = right ^ bit;
        Bind(Va + (4 * Bytes));
        Assert.StartsWith("after DRM_IOCTL_XE_VM_BIND: vm 1 tile 0: 0x100002000", Assert.Single(t_told!), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_devices_are_looked_at_each_by_itself()
    {
        DeviceHandle other = Create(&Tell);
        ClientHandle client = Abi.OpenClient(other);
        Abi.CreateVm(client);
        *LeafOf(Va, out _) = 0;
        Abi.CreateVm(client);
        Assert.Empty(t_told!);
        Bind(Va + Bytes);
        Assert.Single(t_told!);
        Abi.Destroy(other);
    }

    [Fact]
    public void A_translation_whose_end_was_acknowledged_while_it_was_used_is_said()
    {
        NativeDevice device = Handles.Get<NativeDevice>(_device.Value);
        Translation used = Vm.Translate(Va);
        ulong begun = device.Checks!.Begin(0);
        device.Checks.End(0, Vm.TlbVm, used, begun);
        Assert.Equal(0ul, Totals().Violations);

        Unbind(Va);
        device.Checks.End(0, Vm.TlbVm, used, begun);
        device.Checks.Look("a test");
        Assert.StartsWith("after a test: NotFlushed: engine used Mapped 0x", Assert.Single(t_told!), StringComparison.Ordinal);
        Assert.Equal((1ul, 2ul), (Totals().Violations, Totals().AccessesChecked));
    }

    [Fact]
    public void Accesses_go_through_it()
    {
        ulong before = Totals().AccessesChecked;
        byte[] bytes = new byte[0x3000];
        Assert.True(Vm.Access(Va, GpuAccessKind.Write, bytes).IsDone);
        Assert.Equal((before + 3, 0ul), (Totals().AccessesChecked, Totals().Violations));
    }

    [Fact]
    public void A_device_without_the_flag_looks_at_nothing()
    {
        DeviceHandle plain = Abi.CreateDevice("bmg");
        ClientHandle client = Abi.OpenClient(plain);
        Abi.CreateVm(client);
        Assert.Equal((0ul, 1u), (Totals(plain).TablesCompared, Totals(plain).Vms));
        Abi.Destroy(plain);
    }

    private XeVm Vm => Handles.Get<NativeClient>(_client.Value).Vm(_vm);

    private static DeviceHandle Create(delegate* unmanaged<void*, byte*, void> tell) =>
        Abi.CreateDevice("bmg", new DeviceOptions { Flags = (uint)(DeviceFlags.BoFiles | DeviceFlags.Checks), CheckFailed = tell });

    [UnmanagedCallersOnly]
    private static void Tell(void* user, byte* sentence) => t_told!.Add(Marshal.PtrToStringUTF8((nint)sentence)!);

    private void Bind(ulong va) => Abi.Map(_client, _vm, _bo, va, Bytes);

    private void Unbind(ulong va)
    {
        var args = new DrmXeVmBind { VmId = _vm, NumBinds = 1 };
        args.Bind = new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = va, Range = Bytes };
        Assert.Equal(0, Abi.Ioctl(_client, XeIoctl.VmBind, ref args));
    }

    private DeviceTotals Totals() => Totals(_device);

    private static DeviceTotals Totals(DeviceHandle device)
    {
        delegate* unmanaged<DeviceHandle, DeviceTotals*, int> totals = &DeviceExports.Totals;
        var found = new DeviceTotals { Size = (uint)sizeof(DeviceTotals) };
        Assert.Equal(0, totals(device, &found));
        return found;
    }

    /// <summary>The entry of an address in the table itself.</summary>
    private ulong* LeafOf(ulong va, out ulong entry)
    {
        WalkStep step = Vm.TraceWalk(va)[^1];
        TileTables tables = Vm.Context.Tables[0];
        Assert.True(tables.Pool.Book.TryFind(step.EntryAddress, out XePt.Memory.TableSlab slab));
        entry = step.Entry;
        return (ulong*)(slab.Memory + (nint)(step.EntryAddress - slab.Start));
    }
}
