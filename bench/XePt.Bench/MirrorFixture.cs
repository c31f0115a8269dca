using System.Diagnostics.CodeAnalysis;
using XePt.Devices;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Bench;

/// <summary>A process, and a fault-mode VM that mirrors all of its addresses: mappings of one size, each a range of its own once the GPU
/// has touched it.</summary>
internal sealed class MirrorFixture : IGpuFaultSink, ICopyEngine, IDisposable
{
    private const ulong Page = 4096;
    private const ulong Base = 0x7f00_0000_0000;
    private const ulong OthersBase = 0x6000_0000_0000;
    private const ulong OthersApart = 16 * Page;

    private readonly ModelMemory _memory = new();
    private readonly ModelProcess _process;
    private readonly XeDevice _device;
    private readonly XeFile _file;
    private readonly uint _vm;
    private readonly GpuFault _fault;
    private readonly DrmXeVmBind _mirror;
    private readonly ulong _size;
    private readonly int _count;
    private readonly ulong _first;
    private readonly ulong _apart;
    private long _serviced;

    /// <param name="size">Bytes of a mapping: 4 KiB, 64 KiB or 2 MiB.</param>
    /// <param name="count">How many of them one turn touches.</param>
    /// <param name="migrates">The device has memory of its own, and a copy engine that costs nothing; else the GPU uses system
    /// memory.</param>
    /// <param name="others">Ranges of one page elsewhere in the VM, bound.</param>
    public MirrorFixture(ulong size, int count, bool migrates, int others = 0)
    {
        (_size, _count) = (size, count);
        _process = new ModelProcess(_memory);
        _device = new XeDevice(
            migrates ? XePlatforms.Bmg : XePlatforms.Lnl, new XeDeviceOptions { GpuFaultSink = this, CopyEngine = this });
        _file = _device.OpenFile();
        _file.AddressSpace = _process;
        var create = new DrmXeVmCreate { Flags = VmCreateFlags.LrMode | VmCreateFlags.FaultMode };
        Check(_file.VmCreate(ref create));
        _vm = create.VmId;
        _fault = new GpuFault { Asid = _file.FindVm(_vm)!.TlbVm.Asid, Access = GpuAccessKind.Write };
        _mirror = Call(new DrmXeVmBindOp { Op = VmBindOp.Map, Flags = VmBindFlags.CpuAddrMirror, Range = _device.Platform.VmSize });
        Check(_file.VmBind(_mirror));
        for (int i = 0; i < others; i++)
            MapAndTouch(OthersBase + ((ulong)i * OthersApart), Page);

        // Between the others when there are any: what is looked for lies deep in every index.
        _apart = others == 0 ? 2 * size : OthersApart * ulong.Max(1, (ulong)(others / count));
        _first = others == 0 ? Base : OthersBase + ulong.Max(2 * Page, size);
    }

    /// <summary>The VM.</summary>
    public XeVm Vm => _file.FindVm(_vm)!;

    /// <summary>Where the first mapping starts.</summary>
    public ulong First => _first;

    /// <summary>The process maps its memory and writes to all of it.</summary>
    public void Populate()
    {
        for (int i = 0; i < _count; i++)
            Populate(At(i), _size);
    }

    /// <summary>The process unmaps it, so that no range is left and no block, and maps it again.</summary>
    public void Renew()
    {
        for (int i = 0; i < _count; i++)
            Check(_process.Unmap(AddressRange.OfSize(At(i), _size)));
        Populate();
    }

    /// <summary>The GPU faults once in each mapping.</summary>
    public void Touch()
    {
        long before = _serviced;
        for (int i = 0; i < _count; i++)
            Raise(At(i));
        if (_serviced != before + _count)
            Throw(Errno.EFAULT);
    }

    /// <summary>The process announces a change of each mapping.</summary>
    public void Invalidate()
    {
        for (int i = 0; i < _count; i++)
            _process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(At(i), _size));
    }

    /// <summary>The pages of each mapping are about to change, and the GPU faults there again.</summary>
    public void InvalidateAndTouch()
    {
        for (int i = 0; i < _count; i++)
        {
            _process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(At(i), _size));
            Raise(At(i));
        }
    }

    /// <summary>Prefetches everything between the first mapping and the end of the last.</summary>
    /// <param name="region">Memory region, 0 for system memory.</param>
    public void Prefetch(uint region) => Check(_file.VmBind(Call(new DrmXeVmBindOp
    {
        Op = VmBindOp.Prefetch,
        Addr = _first,
        Range = At(_count - 1) + _size - _first,
        PrefetchMemRegionInstance = region,
    })));

    /// <summary>Makes the mirror of all addresses anew.</summary>
    public void BindMirror() => Check(_file.VmBind(_mirror));

    public void Reply(in GpuFaultReply reply)
    {
        if (reply.Error == Errno.Ok)
            _serviced++;
        else
            Throw(reply.Error);
    }

    public Errno Copy(in CopyJob job) => Errno.Ok;

    public void Dispose()
    {
        _device.Dispose();
        _process.Dispose();
        _memory.Dispose();
    }

    private ulong At(int index) => _first + ((ulong)index * _apart);

    private void Raise(ulong address) => Check(_device.RaiseFault(_fault with { PageAddress = address }));

    private void MapAndTouch(ulong address, ulong size)
    {
        Populate(address, size);
        Raise(address);
    }

    private void Populate(ulong address, ulong size)
    {
        Check(_process.Map(AddressRange.OfSize(address, size), CpuProtection.ReadWrite));
        Check(_process.Touch(AddressRange.OfSize(address, size), write: true, huge: true));
    }

    private DrmXeVmBind Call(DrmXeVmBindOp op) => new() { VmId = _vm, NumBinds = 1, Bind = op };

    private static void Check(Errno error)
    {
        if (error != Errno.Ok)
            Throw(error);
    }

    [DoesNotReturn]
    private static void Throw(Errno error) => throw new InvalidOperationException($"{error}");
}
