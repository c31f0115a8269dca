using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

/// <summary>
/// One client of a device: what an open file of the render node is to the driver. Each ioctl is a typed method that returns the errno the
/// driver would; <see cref="LastRejection"/> says why.
/// </summary>
public sealed partial class XeFile : IDisposable
{
    private readonly HandleTable<XeVm> _vms = new();
    private readonly SharedList<VmTeardown> _ending = new();
    private readonly HandleTable<BufferObject> _bos = new();

    private readonly ClientMemory _clientMemory;
    private volatile bool _isClosed;

    internal XeFile(XeDevice device)
    {
        Device = device;
        _clientMemory = new ClientMemory(this);
    }

    /// <summary>The device this file is open on.</summary>
    public XeDevice Device { get; }

    /// <summary>Why the last call on this file was refused; not rejected after a success.</summary>
    public Rejection LastRejection { get; private set; }

    /// <summary>VMs of this file by id.</summary>
    public IReadOnlyCollection<XeVm> Vms => [.. _vms.Items.Select(entry => entry.Item)];

    /// <summary>BOs of this file by handle.</summary>
    public IReadOnlyCollection<XeBo> Bos => [.. _bos.Items.Select(entry => new XeBo(entry.Handle, entry.Item))];

    /// <summary>The client's memory: user fences are written to it.</summary>
    public IUserMemory UserMemory { get; set; } = new SparseUserMemory();

    /// <summary>CPU memory that userptr binds may pin.</summary>
    internal CpuAddressSpace Cpu { get; } = new();

    /// <summary>The VM with an id, or null.</summary>
    public XeVm? FindVm(uint id) => _vms.Find(id);

    /// <summary>The BO with a handle, or null.</summary>
    public XeBo? FindBo(uint handle) => _bos.Find(handle) is { } bo ? new XeBo(handle, bo) : null;

    /// <summary>Closes the client: exec queues first, then VMs, then BO handles (BIND-016). Work that is still in flight is given up: nothing of it is
    /// written any more, and its fences signal with -ECANCELED.</summary>
    /// <remarks>Nothing can be asked of the file afterwards (<see cref="ObjectDisposedException"/>); its VMs behave as destroyed ones.</remarks>
    public void Dispose()
    {
        _isClosed = true;
        foreach (ExecQueue queue in Queues)
            Drop(queue);
        foreach (XeVm vm in Vms)
            Close(vm);
        foreach (VmTeardown teardown in _ending.Items)
            teardown.Run();
        foreach ((uint handle, _) in _bos.Items.ToArray())
            Device.Memory.Bos.DropReference(_bos.Remove(handle)!.Slot);
        Cpu.Clear();
        Device.Forget(this);
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_isClosed, this);

    private DeviceCheckContext DeviceFacts => new()
    {
        GraphicsVerx100 = Device.Platform.GraphicsVerx100,
        MemoryRegionMask = Device.Platform.MemoryRegionMask,
        GtMask = Device.Platform.GtMask,
        IsDiscrete = Device.Platform.IsDiscrete,
        VramNeeds64K = Device.Platform.VramNeeds64K,
        HasFaults = Device.Platform.HasFaultMode,
        ScratchWithFaults = Device.Platform.AllowsScratchWithFaults,
    };

    private Errno Refuse(in Rejection why)
    {
        LastRejection = why;
        return why.Errno;
    }

    private Errno Accept()
    {
        LastRejection = default;
        return Errno.Ok;
    }

    private void Close(XeVm vm)
    {
        _vms.Remove(vm.Id);
        var teardown = new VmTeardown(vm.Context, Device.Scheduler, Ended);
        _ending.Add(teardown);
        teardown.Start();
    }

    private void Ended(VmTeardown teardown)
    {
        _ending.Remove(teardown);
        _reaching.Remove(teardown.Vm);
        Device.Residency.Vms.Remove(teardown.Vm);
        Device.Gate.CloseChild(teardown.Vm.Gate);
    }

    /// <summary>What user fences are written to: the client's memory as it is at that moment.</summary>
    private sealed class ClientMemory(XeFile file) : IUserMemory
    {
        public bool TryRead(ulong address, Span<byte> into) => file.UserMemory.TryRead(address, into);

        public bool TryWrite(ulong address, ReadOnlySpan<byte> from) => file.UserMemory.TryWrite(address, from);
    }
}
