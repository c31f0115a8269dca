using XePt.Devices;
using XePt.Uapi;

namespace XePt.Times;

/// <summary>A device of one tile with one VM in it, which has some VMAs.</summary>
internal sealed class Client
{
    /// <summary>Where the lines bind.</summary>
    public const ulong Va = 1UL << 40;

    private const ulong OthersBase = 1UL << 42;
    private readonly uint _vm;
    private ulong _memory = 1UL << 33;

    /// <param name="others">VMAs of other places: NULL pages, every 64 KiB.</param>
    /// <param name="isFaultMode">The VM is in fault mode.</param>
    public Client(int others, bool isFaultMode)
    {
        Device = new XeDevice(XePlatforms.Bmg);
        File = Device.OpenFile();
        var create = new DrmXeVmCreate { Flags = isFaultMode ? VmCreateFlags.LrMode | VmCreateFlags.FaultMode : 0 };
        Check(File.VmCreate(ref create));
        _vm = create.VmId;
        Vm = File.FindVm(_vm)!;
        for (int i = 0; i < others; i++)
            Check(Bind(Null(OthersBase + ((ulong)i << 16), 4096)));
    }

    public XeDevice Device { get; }

    public XeFile File { get; }

    public XeVm Vm { get; }

    /// <summary>A BO in system memory.</summary>
    /// <param name="size">Bytes.</param>
    /// <param name="piece">Bytes of each contiguous piece.</param>
    /// <param name="skew">Bytes that the first piece is off its alignment.</param>
    public uint CreateBo(ulong size, ulong piece, ulong skew = 0)
    {
        var gem = new DrmXeGemCreate { Size = size, Placement = 1, CpuCaching = CpuCaching.WriteCombined };
        Check(File.GemCreate(
            ref gem, region: 0, [new PhysicalRun(_memory + skew, piece, (int)(size / piece), piece == size ? 0 : piece * 2)]));
        _memory += size * 4;
        return gem.Handle;
    }

    public DrmXeVmBind Map(uint bo, ulong va, ulong size) =>
        Call(new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = bo, Addr = va, Range = size, PatIndex = 2 });

    public DrmXeVmBind Null(ulong va, ulong size) =>
        Call(new DrmXeVmBindOp { Op = VmBindOp.Map, Flags = VmBindFlags.Null, Addr = va, Range = size, PatIndex = 2 });

    public DrmXeVmBind Unmap(ulong va, ulong size) => Call(new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = va, Range = size });

    public Errno Bind(in DrmXeVmBind call) => File.VmBind(call);

    public Errno Bind(DrmXeVmBindOp[] ops) => File.VmBind(new DrmXeVmBind { VmId = _vm, NumBinds = (uint)ops.Length }, ops);

    public Errno Bind(in DrmXeVmBind call, DrmXeSync[] syncs) =>
        File.VmBind(call with { NumSyncs = (uint)syncs.Length }, default, syncs);

    public static void Check(Errno error)
    {
        if (error != Errno.Ok)
            throw new InvalidOperationException($"{error}");
    }

    private DrmXeVmBind Call(DrmXeVmBindOp op) => new() { VmId = _vm, NumBinds = 1, Bind = op };
}
