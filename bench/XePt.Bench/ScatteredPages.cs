using XePt.Devices;
using XePt.Uapi;

namespace XePt.Bench;

/// <summary>A VM with one BO of a GiB, in single pages, mapped again and again.</summary>
internal sealed class ScatteredPages : IDisposable
{
    /// <summary>Where it begins.</summary>
    public const ulong Va = 1UL << 40;

    private const ulong Gib = 1UL << 30;
    private readonly XeDevice _device = new(XePlatforms.Bmg);

    /// <param name="gib">GiB mapped; each has 2 MiB of leaf tables.</param>
    public ScatteredPages(int gib)
    {
        XeFile file = _device.OpenFile();
        var create = new DrmXeVmCreate();
        Check(file.VmCreate(ref create));
        Vm = file.FindVm(create.VmId)!;
        var gem = new DrmXeGemCreate { Size = Gib, Placement = 1, CpuCaching = CpuCaching.WriteCombined };
        Check(file.GemCreate(ref gem, 0, [new PhysicalRun(1UL << 33, 4096, 1 << 18, 8192)]));
        for (ulong i = 0; i < (ulong)gib; i++)
        {
            var op = new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = gem.Handle, Addr = Va + (i * Gib), Range = Gib, PatIndex = 2 };
            Check(file.VmBind(new DrmXeVmBind { VmId = create.VmId, NumBinds = 1, Bind = op }));
        }
    }

    public XeVm Vm { get; }

    public void Dispose() => _device.Dispose();

    private static void Check(Errno error)
    {
        if (error != Errno.Ok)
            throw new InvalidOperationException($"set-up failed: {error}");
    }
}
