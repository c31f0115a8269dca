using XePt.Devices;
using XePt.Uapi;

namespace XePt.Count;

/// <summary>One VM of a one-tile device, one BO in system memory, bound and unbound as 4 KiB pages.</summary>
internal sealed class BindScenario : Scenario
{
    private const ulong Va = 1UL << 40;

    private readonly XeDevice _device = new(XePlatforms.Bmg);
    private readonly XeFile _file;
    private readonly DrmXeVmBind _map;
    private readonly DrmXeVmBind _unmap;

    /// <param name="size">Bytes to bind, a multiple of 4096.</param>
    /// <param name="isScattered">Each page on its own; else one piece, at an address that allows no larger pages.</param>
    /// <param name="isRecorded">The recorder of the device is on.</param>
    public BindScenario(ulong size, bool isScattered, bool isRecorded = false)
    {
        if (isRecorded)
            _device.Recorder.Start();
        _file = _device.OpenFile();
        var vm = new DrmXeVmCreate();
        Check(_file.VmCreate(ref vm));
        PhysicalRun run = isScattered
            ? new PhysicalRun(1UL << 33, 4096, (int)(size / 4096), 8192)
            : new PhysicalRun((1UL << 33) + 4096, size);
        var gem = new DrmXeGemCreate { Size = size, Placement = 1, CpuCaching = CpuCaching.WriteCombined };
        Check(_file.GemCreate(ref gem, region: 0, [run]));

        // The page above stays bound, so the table that the bind changes is there: the leaf table of a page, the directory of 2 MiB or 1
        // GiB.
        Check(_file.VmBind(Call(vm.VmId, new DrmXeVmBindOp { Flags = VmBindFlags.Null, Addr = Va + size, Range = 4096, PatIndex = 2 })));
        _map = Call(vm.VmId, new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = gem.Handle, Addr = Va, Range = size, PatIndex = 2 });
        _unmap = Call(vm.VmId, new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va, Range = size });
    }

    public override void Dispose() => _device.Dispose();

    protected override void Do() => Check(_file.VmBind(_map));

    protected override void Undo() => Check(_file.VmBind(_unmap));

    private static DrmXeVmBind Call(uint vm, DrmXeVmBindOp op) => new() { VmId = vm, NumBinds = 1, Bind = op };
}
