using XePt.Devices;
using XePt.Uapi;

namespace XePt.Count;

/// <summary>A page bound and unbound at random places among the VMAs of a VM, of which each has a page in every 64 KiB: by how many
/// instructions a call grows with their number.</summary>
internal sealed class RandomScenario : Scenario
{
    private const ulong Va = 1UL << 40;
    private const int PageBits = 12, SpacingBits = 16;

    private readonly XeDevice _device = new(XePlatforms.Bmg);
    private readonly XeFile _file;
    private readonly uint _vm;

    // The same places in every run.
    private readonly Random _random = new(1);
    private readonly int _vmas;
    private DrmXeVmBind _map, _unmap;

    public RandomScenario(int vmas)
    {
        _vmas = vmas;
        _file = _device.OpenFile();
        var vm = new DrmXeVmCreate();
        Check(_file.VmCreate(ref vm));
        _vm = vm.VmId;
        var gem = new DrmXeGemCreate { Size = 1 << PageBits, Placement = 1, CpuCaching = CpuCaching.WriteCombined };
        Check(_file.GemCreate(ref gem));
        for (int i = 0; i < vmas; i++)
            Check(_file.VmBind(Call(new DrmXeVmBindOp { Flags = VmBindFlags.Null, Addr = Va + ((ulong)i << SpacingBits), PatIndex = 2 })));
        _map = Call(new DrmXeVmBindOp { Obj = gem.Handle, PatIndex = 2 });
        _unmap = Call(new DrmXeVmBindOp { Op = VmBindOp.Unmap });
    }

    // The device goes with the process: how its map is taken apart depends on the pairs before, which would count that, too.
    public override void Dispose()
    {
    }

    protected override void Do()
    {
        // Two pages behind a VMA, whose leaf table is there.
        ulong place = ((ulong)_random.Next(_vmas) << SpacingBits) + (2 << PageBits);
        _map.Bind.Addr = _unmap.Bind.Addr = Va + place;
        Check(_file.VmBind(_map));
    }

    protected override void Undo() => Check(_file.VmBind(_unmap));

    private DrmXeVmBind Call(DrmXeVmBindOp op) => new() { VmId = _vm, NumBinds = 1, Bind = op with { Range = 1 << PageBits } };
}
