using XePt.Devices;
using XePt.Uapi;

namespace XePt.Count;

/// <summary>An array of binds of one page each in one call, and one of their unbinds.</summary>
internal sealed class ArrayScenario : Scenario
{
    private const ulong Va = 1UL << 40, Page = 4096;

    private readonly XeDevice _device = new(XePlatforms.Bmg);
    private readonly XeFile _file;
    private readonly uint _vm;
    private readonly DrmXeVmBindOp[] _maps;
    private readonly DrmXeVmBindOp[] _unmaps;

    /// <param name="ops">Ops of a call.</param>
    public ArrayScenario(int ops)
    {
        _file = _device.OpenFile();
        var vm = new DrmXeVmCreate();
        Check(_file.VmCreate(ref vm));
        _vm = vm.VmId;
        var gem = new DrmXeGemCreate { Size = (ulong)ops * Page, Placement = 1, CpuCaching = CpuCaching.WriteCombined };
        Check(_file.GemCreate(ref gem, region: 0, [new PhysicalRun((1UL << 33) + Page, gem.Size)]));

        // The page above stays bound, so the leaf table is there.
        Check(_file.VmBind(_vm, [new DrmXeVmBindOp { Flags = VmBindFlags.Null, Addr = Va + gem.Size, Range = Page, PatIndex = 2 }]));
        _maps = [.. Places(ops).Select(at => new DrmXeVmBindOp
        {
            Op = VmBindOp.Map, Obj = gem.Handle, ObjOffset = at, Addr = Va + at, Range = Page, PatIndex = 2,
        })];
        _unmaps = [.. Places(ops).Select(at => new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va + at, Range = Page })];
    }

    public override void Dispose() => _device.Dispose();

    protected override void Do() => Check(_file.VmBind(_vm, _maps));

    protected override void Undo() => Check(_file.VmBind(_vm, _unmaps));

    private static IEnumerable<ulong> Places(int ops) => Enumerable.Range(0, ops).Select(i => (ulong)i * Page);
}
