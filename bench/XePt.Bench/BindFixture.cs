using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Bench;

/// <summary>A device with one VM and one BO of a given shape, and the two calls the benchmarks repeat.</summary>
internal sealed class BindFixture : IDisposable
{
    private readonly XeDevice _device;
    private readonly XeFile _file;
    private readonly DrmXeVmBind _map;
    private readonly DrmXeVmBind _unmap;

    /// <param name="size">Bytes bound and unbound.</param>
    /// <param name="chunk">Bytes of each physically contiguous piece; equal to the size for one piece.</param>
    /// <param name="isVram">In VRAM, else in system memory.</param>
    /// <param name="neighbours">Other VMAs in the VM: one page each, every 64 KiB, in other tables.</param>
    /// <param name="skew">Bytes that the memory is off its alignment, so that no larger pages come of one piece.</param>
    /// <param name="isFaulting">Binds write nothing; faults do.</param>
    public BindFixture(ulong size, ulong chunk, bool isVram, int neighbours = 0, ulong skew = 0, bool isFaulting = false)
    {
        _device = new XeDevice(XePlatforms.Bmg);
        _file = _device.OpenFile();
        var create = new DrmXeVmCreate { Flags = isFaulting ? VmCreateFlags.LrMode | VmCreateFlags.FaultMode : 0 };
        Check(_file.VmCreate(ref create));
        Vm = _file.FindVm(create.VmId)!;
        for (int i = 0; i < neighbours; i++)
            BindNull(NeighbourBase + ((ulong)i << 16));

        var gem = new DrmXeGemCreate { Size = size, Placement = isVram ? 2u : 1u, CpuCaching = CpuCaching.WriteCombined };
        // A stride of one and a half chunks keeps the pieces apart and spoils 2 MiB alignment, not the chunk's own.
        var run = new PhysicalRun((1UL << 33) + skew, chunk, (int)(size / chunk), chunk == size ? 0 : chunk * 2);
        Check(_file.GemCreate(ref gem, isVram ? 1 : 0, [run]));
        _map = CallOf(new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = gem.Handle, Addr = Va, Range = size, PatIndex = 2 });
        _unmap = CallOf(new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va, Range = size });
    }

    /// <summary>Where the BO is bound.</summary>
    public const ulong Va = 1UL << 40;

    /// <summary>Where the neighbours begin.</summary>
    public const ulong NeighbourBase = 1UL << 42;

    public XeVm Vm { get; }

    public XeFile File => _file;

    /// <summary>Binds the page above for good, and so keeps the table that the calls change.</summary>
    public void KeepTable() => BindNull(_map.Bind.Addr + _map.Bind.Range);

    /// <summary>Binds a page of no memory for good.</summary>
    public void BindNull(ulong va) =>
        Check(_file.VmBind(CallOf(new DrmXeVmBindOp { Flags = VmBindFlags.Null, Addr = va, Range = 4096 })));

    /// <summary>Binds the BO in another place.</summary>
    public void BindAt(ulong va)
    {
        DrmXeVmBind call = _map;
        call.Bind.Addr = va;
        Check(_file.VmBind(call));
    }

    /// <summary>Binds the BO in another place and unbinds it.</summary>
    public void BindAndUnbindAt(ulong va)
    {
        DrmXeVmBind map = _map, unmap = _unmap;
        map.Bind.Addr = unmap.Bind.Addr = va;
        Check(_file.VmBind(map));
        Check(_file.VmBind(unmap));
    }

    public Errno Bind() => _file.VmBind(_map);

    public Errno Unbind() => _file.VmBind(_unmap);

    /// <summary>Both calls.</summary>
    public void BindAndUnbind()
    {
        Errno error = _file.VmBind(_map);
        if (error == Errno.Ok)
            error = _file.VmBind(_unmap);
        if (error != Errno.Ok)
            Throw(error);
    }

    /// <summary>Both calls, with sync entries.</summary>
    public void BindAndUnbind(DrmXeSync[] syncs)
    {
        DrmXeVmBind map = _map, unmap = _unmap;
        map.NumSyncs = unmap.NumSyncs = (uint)syncs.Length;
        Check(_file.VmBind(map, default, syncs));
        Check(_file.VmBind(unmap, default, syncs));
    }

    /// <summary>An op that maps the BO in one of many places, every second page.</summary>
    public DrmXeVmBindOp MapAt(int place) => _map.Bind with { Addr = Va + ((ulong)place * 8192) };

    /// <summary>An op that unmaps it there.</summary>
    public DrmXeVmBindOp UnmapAt(int place) => _unmap.Bind with { Addr = Va + ((ulong)place * 8192) };

    /// <summary>One op in a call.</summary>
    public void Call(in DrmXeVmBindOp op)
    {
        DrmXeVmBind call = _map;
        call.Bind = op;
        Check(_file.VmBind(call));
    }

    /// <summary>Many ops in a call.</summary>
    public void Call(DrmXeVmBindOp[] ops) => Check(_file.VmBind(new DrmXeVmBind { VmId = Vm.Id, NumBinds = (uint)ops.Length }, ops));

    /// <summary>The bytes of the ioctl that binds.</summary>
    public byte[] RawMap() => MemoryMarshal.AsBytes(new ReadOnlySpan<DrmXeVmBind>(in _map)).ToArray();

    /// <summary>The bytes of the ioctl that unbinds.</summary>
    public byte[] RawUnmap() => MemoryMarshal.AsBytes(new ReadOnlySpan<DrmXeVmBind>(in _unmap)).ToArray();

    /// <summary>A raw VM_BIND.</summary>
    public void Ioctl(byte[] bytes) => Check(_file.Ioctl(XeIoctl.VmBind, bytes));

    public void Dispose() => _device.Dispose();

    private DrmXeVmBind CallOf(DrmXeVmBindOp op) => new() { VmId = Vm.Id, NumBinds = 1, Bind = op };

    private static void Check(Errno error)
    {
        if (error != Errno.Ok)
            Throw(error);
    }

    [DoesNotReturn]
    private static void Throw(Errno error) => throw new InvalidOperationException($"{error}");
}
