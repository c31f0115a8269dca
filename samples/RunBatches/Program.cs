// What a client's EXEC really does: batches in memory are fetched through the page tables and executed. The first stores, calculates and
// copies; the second spins until the CPU says so; the third goes astray, and says where.
using System.Runtime.InteropServices;
using XePt;
using XePt.Devices;
using XePt.Uapi;

const ulong Code = 0x100_0000, Data = 0x200_0000, Size = 0x20_0000;

var streamer = new CommandStreamer();
using var device = new XeDevice(XePlatforms.Lnl, new XeDeviceOptions { JobSink = streamer });
XeFile file = device.OpenFile();
XeVm vm = file.CreateVm();
vm.Map(file.CreateBo(Size), Code);
vm.Map(file.CreateBo(Size), Data);
DrmXeEngineClassInstance copyEngine = device.Platform.Engines.First(engine => engine.EngineClass == EngineClass.Copy);
ExecQueue queue = file.CreateQueue(vm, copyEngine);

// MI_STORE_DATA_IMM; two registers that are loaded and added; the sum stored; MEM_COPY of a page; the end.
Submit(
    0x1000_0002, Low(Data), High(Data), 0xc0ffee,
    0x1108_0003, 0x600, 40, 0x608, 2,
    0x0d00_0003, Alu(0x080, 0x20, 0), Alu(0x080, 0x21, 1), Alu(0x100, 0, 0), Alu(0x180, 2, 0x31),
    0x1208_0002, 0x610, Low(Data + 4), High(Data + 4),
    0x5680_0008, 0xfff, 0, 0, 0, Low(Data), High(Data), Low(Data + 0x1000), High(Data + 0x1000), 0,
    0x0500_0000);
Console.WriteLine($"stored 0x{vm.Read<uint>(Data):x}, 40 + 2 = {vm.Read<uint>(Data + 4)}, copied 0x{vm.Read<uint>(Data + 0x1000):x}");

// A spinner: goes on (MI_CONDITIONAL_BATCH_BUFFER_END) while a word is not zero, and jumps back.
vm.Write(Data + 8, 1);
Submit(0x1b20_0002, 0, Low(Data + 8), High(Data + 8), 0x1880_0101, Low(Code), High(Code));
Console.WriteLine($"spinning: {streamer.JobCount} job on {queue}");
vm.Write(Data + 8, 0);
streamer.Run();
Console.WriteLine($"ended: {streamer.JobCount} jobs");

// A store to where nothing is mapped: the queue is reset, as the driver does, and here one learns why.
Submit(0x1000_0002, 0x900_0000, 0, 1, 0x0500_0000);
Console.WriteLine(streamer.LastFailure);
Console.WriteLine($"the next EXEC: {file.Exec(queue.Id, Code)}");
Console.WriteLine(streamer.Counters);

void Submit(params ReadOnlySpan<uint> batch)
{
    vm.Write(Code, MemoryMarshal.AsBytes(batch));
    Errno errno = file.Exec(queue.Id, Code);
    if (errno != Errno.Ok)
        Console.WriteLine($"EXEC: {errno}: {file.LastRejection}");
}

static uint Low(ulong address) => (uint)address;

static uint High(ulong address) => (uint)(address >> 32);

static uint Alu(uint operation, uint first, uint second) => (operation << 20) | (first << 10) | second;
