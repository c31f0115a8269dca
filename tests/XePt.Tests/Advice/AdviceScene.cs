using XePt.Devices;
using XePt.Diagnostics;
using XePt.Faults;
using XePt.Gpuva;
using XePt.Host;
using XePt.Svm;
using XePt.Uapi;

namespace XePt.Tests.Advice;

/// <summary>A process, a device and a VM that shows the process as a mirror.</summary>
internal sealed class AdviceScene : IDisposable, ITlbClient
{
    public const ulong M = 1UL << 20, A = 0x7f00_0000_0000, All = 1UL << 48;

    private readonly ModelMemory _memory = new();

    public AdviceScene(
        VmCreateFlags mode = VmCreateFlags.LrMode | VmCreateFlags.FaultMode, PlatformInfo? platform = null,
        DriveMode drive = DriveMode.Inline)
    {
        Process = new ModelProcess(_memory);
        Device = new XeDevice(platform ?? XePlatforms.Bmg, new XeDeviceOptions { Drive = drive, SingleThreaded = true });
        File = Device.OpenFile();
        File.AddressSpace = Process;
        Vm = File.CreateVm(mode);
        Device.Tlb.Register(0, this);
    }

    public ModelProcess Process { get; }

    public XeDevice Device { get; }

    public XeFile File { get; }

    public XeVm Vm { get; }

    /// <summary>Invalidations of zaps on GT 0 since they were cleared.</summary>
    public List<(ulong Start, ulong End)> Flushes { get; } = [];

    public SvmRangeMap Ranges => Vm.Context.Ranges;

    /// <summary>The attributes of all VMAs, as the client is told.</summary>
    public DrmXeMemRangeAttr[] Attributes
    {
        get
        {
            var args = new DrmXeVmQueryMemRangeAttr { VmId = Vm.Id, Range = All };
            Assert.Equal(Errno.Ok, File.VmQueryMemRangeAttrs(ref args));
            var found = new DrmXeMemRangeAttr[args.NumMemRanges];
            args.VectorOfMemAttr = 0x1000;
            Assert.Equal(Errno.Ok, found.Length == 0 ? Errno.Ok : File.VmQueryMemRangeAttrs(ref args, found));
            return found;
        }
    }

    /// <summary>Where VMAs begin, relative to <see cref="A"/> in MiB; those before it as 0.</summary>
    public string Borders => string.Join(' ', Attributes.Select(attr => attr.Start < A ? "-" : $"{(attr.Start - A) / (double)M}"));

    public void Invalidate(in TlbInvalidation invalidation)
    {
        if (invalidation.Cause is TlbInvalidationCause.Zap or TlbInvalidationCause.Range)
            Flushes.Add((invalidation.Range.Start, invalidation.Range.End));
        invalidation.Acknowledge();
    }

    /// <summary>Shows everything, or a part, as a mirror.</summary>
    public void Mirror(VmBindFlags flags = 0, ushort pat = 2, ulong start = 0, ulong size = All) => Assert.Equal(Errno.Ok, Bind(new()
    {
        Op = VmBindOp.Map,
        Flags = VmBindFlags.CpuAddrMirror | flags,
        Addr = start,
        Range = size,
        PatIndex = pat,
    }));

    public Errno Bind(DrmXeVmBindOp op) => File.VmBind(new DrmXeVmBind { VmId = Vm.Id, NumBinds = 1, Bind = op });

    /// <summary>Maps memory of the process and writes to it.</summary>
    public void Touch(ulong start, ulong size)
    {
        Process.Map(AddressRange.OfSize(start, size), CpuProtection.ReadWrite);
        Process.Touch(AddressRange.OfSize(start, size), write: true);
    }

    /// <summary>A fault of the GPU.</summary>
    public Errno Fault(ulong address, GpuAccessKind access = GpuAccessKind.Read)
    {
        var service = new FaultService(Device.Mirrors.AddLanes());
        service.Begin(new GpuFault { Asid = Vm.TlbVm.Asid, PageAddress = address, Access = access });
        service.Run(Device.Faults);
        return service.Why.Errno;
    }

    public DrmXeMadvise Atomic(ulong start, ulong size, AtomicAccess access) => new()
    {
        VmId = Vm.Id,
        Start = start,
        Range = size,
        Type = MemRangeAttr.Atomic,
        Atomic = new() { Val = access },
    };

    public DrmXeMadvise Pat(ulong start, ulong size, uint pat) => new()
    {
        VmId = Vm.Id,
        Start = start,
        Range = size,
        Type = MemRangeAttr.Pat,
        PatIndex = new() { Val = pat },
    };

    public DrmXeMadvise Place(ulong start, ulong size, int file, ushort region = 0, MigrationPolicy policy = 0) => new()
    {
        VmId = Vm.Id,
        Start = start,
        Range = size,
        Type = MemRangeAttr.PreferredLoc,
        PreferredMemLoc = new() { DevmemFd = (uint)file, RegionInstance = region, MigrationPolicy = policy },
    };

    public Errno Advise(in DrmXeMadvise args)
    {
        Flushes.Clear();
        return File.Madvise(args);
    }

    /// <summary>The range that contains an address.</summary>
    public SvmRange RangeAt(ulong address) => Ranges[Ranges.Containing(address)];

    public bool HasRange(ulong address) => Ranges.Containing(address) != 0;

    public Vma VmaAt(ulong address) => Vm.Context.Space.Vmas[Vm.Context.Space.Find(address)];

    public long Count(GtCounter counter) => Device.GetGtStatistics(0)[counter];

    public void Dispose()
    {
        Device.Dispose();
        Process.Dispose();
        Assert.Equal(0, _memory.UsedBytes);
        _memory.Dispose();
    }
}
