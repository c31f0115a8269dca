// A GPU simulator in small: one thread is the driver and changes mappings, another is the GPU, which translates addresses and runs jobs.
using XePt;
using XePt.Devices;
using XePt.Uapi;

const ulong Va = 0x7f00_0000_0000, Size = 0x20_0000;
const int Rounds = 20_000;

// The model's memory, and what runs the jobs that clients submit.
var memory = new SparseGpuStore();
using var device = new XeDevice(XePlatforms.Lnl, new XeDeviceOptions { GpuStore = memory, JobSink = new CopyEngine() });
XeFile file = device.OpenFile();
XeVm vm = file.CreateVm();
XeBo bo = file.CreateBo(Size);
ulong address = bo.Segments[0].Address;

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
        else if (seen.Status == TranslationStatus.Mapped && seen.Address == address + offset)
            hits++;
        else
            wrong++;
    }
});
gpu.Start();

// The driver: binds and unbinds, over and over.
for (int round = 0; round < Rounds; round++)
{
    vm.Map(bo, Va);
    vm.Unmap(AddressRange.OfSize(Va, Size));
}

stop.Cancel();
gpu.Join();
Console.WriteLine($"{Rounds} binds and unbinds; the GPU saw {hits} mapped and {faults} unmapped addresses, {wrong} wrong ones");

// A simulator that serves a client passes on structs, and returns the errno. A refused call says why.
Errno errno = file.VmBind(vm.Id, new DrmXeVmBindOp { Op = VmBindOp.Map, Obj = bo.Handle, Addr = Va + 0x800, Range = Size, PatIndex = 2 });
Console.WriteLine($"{errno}: {file.LastRejection}");

// A job: source, target and size stand in memory where its batch begins; a user fence says that it is done.
vm.Map(bo, Va);
vm.Write(Va, new Copy(From: Va + 0x2000, To: Va + 0xff0, Bytes: 0x40));
for (ulong i = 0; i < 0x40; i++)
    vm.Write(Va + 0x2000 + i, (byte)i);
ExecQueue queue = file.CreateQueue(vm, device.Platform.Engines.First(e => e.EngineClass == EngineClass.Copy));
var done = new DrmXeSync { Type = SyncType.UserFence, Flags = SyncFlags.Signal, Addr = Va + 0x100, TimelineValue = 1 };
errno = file.Exec(queue.Id, [Va], [done]);
Console.WriteLine($"EXEC: {errno}, user fence {vm.Read<ulong>(Va + 0x100)}, copied across a page: {vm.Read<ulong>(Va + 0xffc):x16}");

// And this is what one entry looks like.
Console.WriteLine(vm.Translate(Va + 0x1234));
return wrong == 0 && vm.Read<byte>(Va + 0x102f) == 0x3f ? 0 : 1;

/// <summary>What a batch of the model says.</summary>
internal record struct Copy(ulong From, ulong To, ulong Bytes);

/// <summary>An engine that runs each job at once, in the memory that the job's VM shows.</summary>
internal sealed class CopyEngine : IJobSink
{
    public void Submit(XeJob job)
    {
        XeVm vm = job.Vm;
        Copy copy = vm.Read<Copy>(job.Batches[0]);
        var bytes = new byte[copy.Bytes];
        bool isDone = vm.Read(copy.From, bytes).IsDone && vm.Write(copy.To, bytes).IsDone;
        job.Complete(isDone ? Errno.Ok : Errno.EIO);
    }

    public void Cancelled(XeJob job)
    {
    }
}
