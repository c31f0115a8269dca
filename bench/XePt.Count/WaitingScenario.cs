using XePt.Devices;
using XePt.Fences;
using XePt.Uapi;

namespace XePt.Count;

/// <summary>A page that is bound and unbound by calls which wait for a fence: making the fence and both calls are the bind, its signal the
/// unbind.</summary>
internal sealed class WaitingScenario : Scenario
{
    private const ulong Va = 1UL << 40, Page = 4096;

    private readonly XeDevice _device = new(XePlatforms.Bmg);
    private readonly XeFile _file;
    private readonly DrmXeVmBind _map;
    private readonly DrmXeVmBind _unmap;
    private readonly DrmXeSync[] _syncs;
    private Fence _fence;

    public WaitingScenario()
    {
        _file = _device.OpenFile();
        var vm = new DrmXeVmCreate();
        Check(_file.VmCreate(ref vm));
        var gem = new DrmXeGemCreate { Size = Page, Placement = 1, CpuCaching = CpuCaching.WriteCombined };
        Check(_file.GemCreate(ref gem, region: 0, [new PhysicalRun(1UL << 33, Page)]));
        // The page above stays bound, so the leaf table stays.
        Check(_file.VmBind(new DrmXeVmBind
        {
            VmId = vm.VmId,
            NumBinds = 1,
            Bind = new DrmXeVmBindOp { Flags = VmBindFlags.Null, Addr = Va + Page, Range = Page, PatIndex = 2 },
        }));
        uint sync = _file.SyncobjCreate();
        _syncs = [new DrmXeSync { Handle = sync }];
        _map = Call(vm.VmId, new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = gem.Handle, Addr = Va, Range = Page, PatIndex = 2 });
        _unmap = Call(vm.VmId, new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va, Range = Page });
    }

    public override void Dispose() => _device.Dispose();

    protected override void Do()
    {
        _fence = _device.CreateFence("count");
        _file.SyncobjAttach(_syncs[0].Handle, _fence);
        Check(_file.VmBind(_map, default, _syncs));
        Check(_file.VmBind(_unmap, default, _syncs));
    }

    protected override void Undo() => _fence.TrySignal();

    private static DrmXeVmBind Call(uint vm, DrmXeVmBindOp op) => new() { VmId = vm, NumBinds = 1, NumSyncs = 1, Bind = op };
}
