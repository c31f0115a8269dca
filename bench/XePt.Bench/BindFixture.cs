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
    public BindFixture(ulong size, ulong chunk, bool isVram, int neighbours = 0)
    {
        _device = new XeDevice(XePlatforms.Bmg);
        _file = _device.OpenFile();
        var create = new DrmXeVmCreate();
        Check(_file.VmCreate(ref create));
        Vm = _file.FindVm(create.VmId)!;
        for (int i = 0; i < neighbours; i++)
            Check(_file.VmBind(
                Call(new DrmXeVmBindOp { Flags = VmBindFlags.Null, Addr = NeighbourBase + ((ulong)i << 16), Range = 4096 })));

        var gem = new DrmXeGemCreate { Size = size, Placement = isVram ? 2u : 1u, CpuCaching = CpuCaching.WriteCombined };
        // A stride of one and a half chunks keeps the pieces apart and spoils 2 MiB alignment, not the chunk's own.
        var run = new PhysicalRun(1UL << 33, chunk, (int)(size / chunk), chunk == size ? 0 : chunk * 2);
        Check(_file.GemCreate(ref gem, isVram ? 1 : 0, [run]));
        _map = Call(new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = gem.Handle, Addr = Va, Range = size, PatIndex = 2 });
        _unmap = Call(new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va, Range = size });
    }

    /// <summary>Where the BO is bound.</summary>
    public const ulong Va = 1UL << 40;

    /// <summary>Where the neighbours begin.</summary>
    public const ulong NeighbourBase = 1UL << 42;

    public XeVm Vm { get; }

    /// <summary>Binds the page above for good, and so keeps the table that the calls change.</summary>
    public void KeepTable() => Check(_file.VmBind(
        Call(new DrmXeVmBindOp { Flags = VmBindFlags.Null, Addr = _map.Bind.Addr + _map.Bind.Range, Range = 4096 })));

    public Errno Bind() => _file.VmBind(_map);

    public Errno Unbind() => _file.VmBind(_unmap);

    public void Dispose() => _device.Dispose();

    private DrmXeVmBind Call(DrmXeVmBindOp op) => new() { VmId = Vm.Id, NumBinds = 1, Bind = op };

    private static void Check(Errno error)
    {
        if (error != Errno.Ok)
            throw new InvalidOperationException($"set-up failed: {error}");
    }
}
