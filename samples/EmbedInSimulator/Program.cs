// A GPU simulator in small: one thread is the driver and changes mappings, another is the GPU and translates addresses meanwhile.
using XePt;
using XePt.Devices;
using XePt.Uapi;

const ulong Va = 0x7f00_0000_0000, Size = 0x20_0000;
const int Rounds = 20_000;

using var device = new XeDevice(XePlatforms.Lnl);
XeFile file = device.OpenFile();

// The ioctls are typed methods that return the driver's errno.
var create = new DrmXeVmCreate();
Check(file.VmCreate(ref create));
XeVm vm = file.FindVm(create.VmId)!;

var gem = new DrmXeGemCreate { Size = Size, Placement = 1, CpuCaching = CpuCaching.WriteBack };
Check(file.GemCreate(ref gem));
ulong memory = file.FindBo(gem.Handle)!.Segments[0].Address;

// The GPU: walks the page tables without a lock, whatever the driver is doing.
long hits = 0, faults = 0, wrong = 0;
using var stop = new CancellationTokenSource();
var gpu = new Thread(() =>
{
    for (ulong offset = 0; !stop.IsCancellationRequested; offset = (offset + 0x1040) % Size)
    {
        Translation seen = vm.Translate(Va + offset);
        if (seen.Status == TranslationStatus.NotPresent)
            faults++;
        else if (seen.Status == TranslationStatus.Mapped && seen.Address == memory + offset)
            hits++;
        else
            wrong++;
    }
});
gpu.Start();

// The driver: binds and unbinds, over and over.
for (int round = 0; round < Rounds; round++)
{
    Check(Bind(new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = gem.Handle, Addr = Va, Range = Size, PatIndex = 2 }));
    Check(Bind(new DrmXeVmBindOp { Op = VmBindOp.Unmap, Addr = Va, Range = Size }));
}

stop.Cancel();
gpu.Join();
Console.WriteLine($"{Rounds} binds and unbinds; the GPU saw {hits} mapped and {faults} unmapped addresses, {wrong} wrong ones");

// A refused call says why.
Bind(new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = gem.Handle, Addr = Va + 0x800, Range = Size, PatIndex = 2 });
Console.WriteLine(file.LastRejection);

// And this is what one entry looks like.
Check(Bind(new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = gem.Handle, Addr = Va, Range = Size, PatIndex = 2 }));
Translation last = vm.Translate(Va + 0x1234);
Console.WriteLine($"0x{last.Va:x} -> 0x{last.Address:x} through {last.Decode()}");
return wrong == 0 ? 0 : 1;

Errno Bind(DrmXeVmBindOp op) => file.VmBind(vm.Id, op);

void Check(Errno errno)
{
    if (errno != Errno.Ok)
        throw new InvalidOperationException(file.LastRejection.ToString());
}
