using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Fences;
using XePt.Host;
using XePt.Memory;
using XePt.Queues;
using XePt.Uapi;

namespace XePt;

/// <summary>
/// One client of a device: what an open file of the render node is to the driver. Each ioctl is a typed method that returns the errno the
/// driver would; <see cref="LastRejection"/> says why.
/// </summary>
public sealed partial class XeFile : IDisposable
{
    // Of this thread's last refused call, for who throws it: another thread's call may follow before it is read.
    [ThreadStatic]
    private static Rejection s_refusal;

    private readonly HandleTable<XeVm> _vms = new();
    private readonly HandleTable<BufferObject> _bos = new();
    private readonly ClientVms _ownVms;
    private readonly ClientBos _ownBos;

    private readonly ClientMemory _clientMemory;
    private readonly BindClient _client;
    private readonly FenceTimeline _closing = new("client closed");
    private int _state;
    private SpinGate _rejectionGate;
    private Rejection _lastRejection;

    internal XeFile(XeDevice device)
    {
        Device = device;
        _clientMemory = new ClientMemory(this);
        _client = new BindClient(_bos, _syncObjects, _clientMemory, device.Options.Profile, device.Failures);
        _ownVms = new ClientVms(this, _vms, _clientMemory);
        _ownBos = new ClientBos(device, _bos, _clientMemory);
        _queues = new ClientQueues(device.NewQueueHost(_clientMemory), device.Failures);
    }

    /// <summary>The device this file is open on.</summary>
    public XeDevice Device { get; }

    /// <summary>Why the last call on this file was refused; not rejected after a success. When several threads make calls it is that of the
    /// one which ended last.</summary>
    public Rejection LastRejection
    {
        get
        {
            _rejectionGate.Enter();
            Rejection last = _lastRejection;
            _rejectionGate.Exit();
            return last;
        }
    }

    /// <summary>VMs of this file by id.</summary>
    public IReadOnlyCollection<XeVm> Vms => [.. _vms.Items.Select(entry => entry.Item)];

    /// <summary>BOs of this file by handle.</summary>
    public IReadOnlyCollection<XeBo> Bos => [.. _bos.Items.Select(entry => new XeBo(this, entry.Handle, entry.Item))];

    /// <summary>The client's memory: user fences are written to it.</summary>
    public IUserMemory UserMemory
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = new SparseUserMemory();

    /// <summary>The address space of the client's process. Mirrors of a VM show the one of its making (SVM-011), userptrs the one of their
    /// bind (UPTR-002). Null without one: nothing can be mirrored, and userptrs are of memory that is declared
    /// (<see cref="MapCpuMemory"/>).</summary>
    public ICpuAddressSpace? AddressSpace
    {
        get => _ownVms.Process?.Space;
        set => _ownVms.Process = value is null ? null : new GuardedProcess(value, Device.Watch);
    }

    /// <summary>Signals when the client is closed and nothing more comes of it.</summary>
    internal Fence Closed => _closing.At(1);

    /// <summary>CPU memory that userptr binds may pin.</summary>
    internal CpuAddressSpace Cpu { get; } = new();

    /// <summary>The VM with an id, or null.</summary>
    public XeVm? FindVm(uint id) => _vms.Find(id);

    /// <summary>The BO with a handle, or null.</summary>
    public XeBo? FindBo(uint handle) => _bos.Find(handle) is { } bo ? new XeBo(this, handle, bo) : null;

    /// <summary>For example <c>client of bmg with vm 1, vm 2</c>.</summary>
    public override string ToString()
    {
        string vms = string.Join(", ", Vms.Select(vm => $"vm {vm.Id}"));
        return $"client of {Device.Platform.Name} {(vms == "" ? "without a VM" : $"with {vms}")}";
    }

    /// <summary>Closes the client: exec queues first, then VMs, then BO handles (BIND-016). Work that is still in flight is given up:
    /// nothing of it is written any more, and its fences signal with -ECANCELED. So do waits of the client, blocking or awaited, that this
    /// does not end otherwise.</summary>
    /// <remarks>Nothing can be asked of the file afterwards (<see cref="ObjectDisposedException"/>); its VMs behave as destroyed ones.
    /// Calls that run on other threads meanwhile find what is still there, or the file closed; what they make is closed, too. May be called
    /// again, from several threads at once, too: each call closes what the others have not taken yet.</remarks>
    public void Dispose()
    {
        WriterGate.ThrowIfInside();
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        Interlocked.Or(ref _state, ClosedBit);
        _queues.Seal();
        _vms.Seal();
        _bos.Seal();
        _queues.DropAll();
        _ownVms.CloseAll();
        while (_bos.TakeFirst() is { } bo)
            Device.Memory.Bos.DropReference(bo.Slot);
        Cpu.Close();
        // The waits come last: what they wait for may have been brought about above.
        _closing.TrySignal(1);
        Device.Forget(this);
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(IsClosed, this);

    /// <summary>A wait runs what is ready, so it is as little to be called from inside a VM as any other call that changes
    /// things.</summary>
    private void ThrowIfCannotWait()
    {
        ThrowIfClosed();
        WriterGate.ThrowIfInside();
    }

    /// <summary>The one way out of every call but VM_BIND: the client is told what became of it.</summary>
    private Errno Finish(in Rejection why) => why.IsRejected ? Refuse(why) : Accept();

    private Errno Refuse(in Rejection why)
    {
        Remember(why);
        if ((Volatile.Read(ref _state) & (TracedBit | RecordedBit)) != 0)
            TraceStop(why.Errno);
        return why.Errno;
    }

    /// <summary>The way out of VM_BIND, whose start a recorder does not see, when it is refused.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Errno RefuseBind(in Rejection why)
    {
        if ((Volatile.Read(ref _state) & RecordedBit) != 0)
            s_request = XeIoctl.VmBind;
        return Refuse(why);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Errno Accept()
    {
        if ((Volatile.Read(ref _state) & (TracedBit | RecordedBit | RefusedBit)) != 0)
            AcceptSlowly();
        return Errno.Ok;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Errno AcceptBind()
    {
        if ((Volatile.Read(ref _state) & (TracedBit | RefusedBit)) != 0)
            AcceptSlowly();
        return Errno.Ok;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AcceptSlowly() => Refuse(default);

    private void Remember(in Rejection why)
    {
        s_refusal = why;
        Note(why);
    }

    /// <summary>What became of a call, or why a wait that was awaited has failed. That one ends on whichever thread, which may be in the
    /// middle of a call of its own.</summary>
    internal void Note(in Rejection why)
    {
        _rejectionGate.Enter();
        _lastRejection = why;
        if (why.IsRejected)
            Interlocked.Or(ref _state, RefusedBit);
        else
            Interlocked.And(ref _state, ~RefusedBit);
        _rejectionGate.Exit();
    }

    /// <summary>What user fences are written to: the client's memory as it is at that moment.</summary>
    private sealed class ClientMemory(XeFile file) : IUserMemory
    {
        public bool TryRead(ulong address, Span<byte> into) => file.UserMemory.TryRead(address, into);

        public bool TryWrite(ulong address, ReadOnlySpan<byte> from) => file.UserMemory.TryWrite(address, from);
    }
}
