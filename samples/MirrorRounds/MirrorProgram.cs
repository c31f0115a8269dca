using XePt;
using XePt.Devices;
using XePt.Host;
using XePt.Uapi;

namespace MirrorRounds;

/// <summary>
/// A program that uses CPU address mirrors as they are meant to be used: the whole address space is one from program load on. What the
/// program has malloc'ed the GPU faults in by itself; BOs are bound at addresses that the program reserves, and give them back to the
/// mirror.
/// </summary>
public sealed class MirrorProgram : IDisposable
{
    private const ulong Page = 4096;
    private const ulong Size64K = 64 << 10;
    private const ulong Size2M = 2 << 20;

    private readonly ModelMemory _memory = new();
    private readonly ModelProcess _process;
    private readonly XeDevice _device;
    private readonly XeFile _file;
    private readonly XeVm _vm;

    /// <summary>Program load.</summary>
    /// <param name="platform">The GPU.</param>
    public MirrorProgram(PlatformInfo platform)
    {
        _process = new ModelProcess(_memory);
        _device = new XeDevice(platform);
        _file = _device.OpenFile();
        _file.AddressSpace = _process;
        _vm = _file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        _vm.MapMirror(new AddressRange(0, _vm.Size));
    }

    /// <summary>Bytes that were read and were not those that had been written.</summary>
    public long WrongBytes { get; private set; }

    /// <summary>Page faults of the GPU so far.</summary>
    public long Faults { get; private set; }

    /// <summary>Everything that is in use: mappings, pages and blocks of the process, notifiers, the VM with its ranges and
    /// tables.</summary>
    public ProgramState State => new(
        _vm.StateHash(), _vm.VmaCount, _vm.File.Bos.Count, _process.MappingCount, _process.SubscriptionCount, _memory.UsedBytes,
        _memory.DeviceBlocks);

    /// <summary>One round: allocate, compute, free.</summary>
    /// <param name="number">Which one; sizes and bytes depend on it.</param>
    public void Run(int number)
    {
        AddressRange heap = Allocate(SizeOf(number), CpuProtection.ReadWrite);
        byte mark = (byte)(number | 1);
        Fill(heap, mark);

        // A kernel reads the input and writes a result: memory of the process, of which the driver has not been told.
        Check(heap.Start, (int)heap.Size, mark);
        Write(heap.Start + 100, (byte)~mark);
        ComputeInBo((byte)(number * 7));

        // The CPU finds the result.
        Span<byte> result = stackalloc byte[1];
        Require(_process.Read(heap.Start + 100, result));
        WrongBytes += result[0] == (byte)~mark ? 0 : 1;
        Require(_process.Unmap(heap));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _device.Dispose();
        _process.Dispose();
        _memory.Dispose();
    }

    /// <summary>Sizes of which the driver makes ranges of 4 KiB, 64 KiB and 2 MiB.</summary>
    private static ulong SizeOf(int number) =>
        number % 16 == 0 ? Size2M : ((1 + ((ulong)number % 3)) * Size64K) + ((ulong)number % 2 * Page);

    private static void Require(Errno errno)
    {
        if (errno != Errno.Ok)
            throw new InvalidOperationException($"the process: {errno}");
    }

    /// <summary>A runtime allocation: a BO at a reserved address, with a map of the CPU over it for as long as it is there.</summary>
    private void ComputeInBo(byte mark)
    {
        AddressRange place = Allocate(Size2M, CpuProtection.None);
        XeBo bo = _file.CreateBo(place.Size);
        _vm.Map(bo, place.Start);
        Require(_process.Map(place, CpuProtection.ReadWrite, CpuVmaKind.Io));
        Write(place.Start + 4095, mark);
        Check(place.Start + 4095, 1, mark);

        // Not needed any more: its addresses are the mirror's again.
        Require(_process.Unmap(place));
        _vm.MapMirror(place);
        _file.GemClose(bo.Handle);
    }

    private AddressRange Allocate(ulong size, CpuProtection protection)
    {
        Require(_process.MapAnywhere(out ulong start, size, protection));
        return AddressRange.OfSize(start, size);
    }

    private void Fill(AddressRange range, byte mark)
    {
        byte[] bytes = new byte[range.Size];
        bytes.AsSpan().Fill(mark);
        Require(_process.Write(range.Start, bytes));
    }

    private void Write(ulong address, byte value) => Count(_vm.Access(address, GpuAccessKind.Write, [value]));

    private void Check(ulong address, int size, byte expected)
    {
        byte[] bytes = new byte[size];
        Count(_vm.Access(address, GpuAccessKind.Read, bytes));
        WrongBytes += bytes.Count(found => found != expected);
    }

    private void Count(in GpuAccess access)
    {
        Faults += access.Faults;
        if (!access.IsDone)
            throw new GpuAccessException(access);
    }
}

/// <summary>What a program has in use.</summary>
/// <param name="Vm">A hash over the VM: VMAs, ranges, tables, and the memory of the device.</param>
/// <param name="Vmas">VMAs.</param>
/// <param name="Bos">BOs.</param>
/// <param name="Mappings">Mappings of the process.</param>
/// <param name="Notifiers">Notifiers of its addresses.</param>
/// <param name="PageBytes">Bytes of its pages in system memory.</param>
/// <param name="Blocks">Blocks of device memory that pages of it are in.</param>
public sealed record ProgramState(ulong Vm, int Vmas, int Bos, int Mappings, int Notifiers, long PageBytes, int Blocks);
