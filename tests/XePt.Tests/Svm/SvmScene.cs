using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Pipeline;
using XePt.Svm;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.Svm;

/// <summary>A process, a device and a fault-mode VM that mirrors all of its addresses.</summary>
internal sealed class SvmScene : IGpuFaultSink, IDisposable
{
    public const ulong A = 0x7f00_0020_0000;
    public const ulong Size2M = 2 << 20;
    public const ulong Size64K = 64 << 10;
    public const ulong Page = 4096;

    public SvmScene(
        PlatformInfo? platform = null, VmBindFlags flags = 0, DriveMode drive = DriveMode.Inline, XeDeviceOptions? options = null)
    {
        Process = new ModelProcess(Memory);
        options ??= new XeDeviceOptions();
        Device = new XeDevice(platform ?? XePlatforms.Bmg, options with { GpuFaultSink = this, Drive = drive });
        File = Device.OpenFile();
        File.AddressSpace = Process;
        Vm = File.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        Assert.Equal(Errno.Ok, Bind(VmBindOp.Map, 0, Vm.Size, VmBindFlags.CpuAddrMirror | flags));
    }

    public ModelMemory Memory { get; } = new();

    public ModelProcess Process { get; }

    public XeDevice Device { get; }

    public XeFile File { get; }

    public XeVm Vm { get; }

    public SvmRangeMap Ranges => Vm.Context.Ranges;

    /// <summary>The answers so far.</summary>
    public List<GpuFaultReply> Replies { get; } = [];

    /// <summary>Memory of the process, every page written.</summary>
    public void Map(ulong start, ulong size, bool populate = true, CpuVmaKind kind = CpuVmaKind.Anonymous)
    {
        Assert.Equal(Errno.Ok, Process.Map(AddressRange.OfSize(start, size), CpuProtection.ReadWrite, kind));
        if (populate)
            Assert.Equal(Errno.Ok, Process.Touch(AddressRange.OfSize(start, size), write: true));
    }

    public Errno Bind(VmBindOp op, ulong start, ulong size, VmBindFlags flags = 0, uint region = 0, uint bo = 0) => File.VmBind(
        Vm.Id, [new DrmXeVmBindOp { Op = op, Addr = start, Range = size, Flags = flags, PrefetchMemRegionInstance = region, Obj = bo }]);

    /// <summary>Binds after a fence.</summary>
    public Errno BindAfter(Fence fence, DrmXeVmBindOp op)
    {
        uint handle = File.SyncobjCreate();
        File.FindSyncobj(handle)!.Replace(fence);
        var args = new DrmXeVmBind { VmId = Vm.Id, NumBinds = 1, NumSyncs = 1, Bind = op };
        return File.VmBind(args, [op], [new DrmXeSync { Handle = handle }]);
    }

    /// <summary>A BO; in the VRAM of the first tile unless other placements are given.</summary>
    public uint Bo(ulong size, uint placements = 2)
    {
        var create = new DrmXeGemCreate { Size = size, Placement = placements, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal(Errno.Ok, File.GemCreate(ref create));
        return create.Handle;
    }

    /// <summary>A fault of a tile's first GT; what it was answered with.</summary>
    public Errno Fault(ulong address, GpuAccessKind access = GpuAccessKind.Read, int gt = 0)
    {
        int before = Replies.Count;
        Assert.Equal(Errno.Ok, Device.RaiseFault(new GpuFault
        {
            Gt = gt,
            Asid = Vm.TlbVm.Asid,
            PageAddress = address,
            Access = access,
        }));
        if (Replies.Count == before)
            Device.Pump();
        Assert.Equal(before + 1, Replies.Count);
        return Replies[^1].Error;
    }

    /// <summary>What the mirrors of the VM share.</summary>
    public MirrorSpace Mirrors => (MirrorSpace)Vm.Context.Mirrors!;

    /// <summary>Finds or makes the range at an address and does something with it, as who has entered the VM for a call.</summary>
    public T InRange<T>(ulong address, Func<int, T> act) => MadeUpCall.Run(Vm, () =>
    {
        Assert.Equal(Errno.Ok, RangeLookup.FindOrInsert(Mirrors, RequestAt(address), out int range));
        return act(range);
    });

    /// <summary>The wish for a range at an address of the mirror there, as a fault on a device without memory of its own has it.</summary>
    public RangeRequest RequestAt(ulong address)
    {
        ref Vma v = ref Vm.Context.Space.Vmas[Vm.Context.Space.Find(address)];
        bool isReadOnly = (v.Flags & VmaFlags.ReadOnly) != 0;
        return new RangeRequest(address, v.Start, v.End, isReadOnly, PresenceLimit: 0, Mirrors.Device.Owner, Mirrors.HasDeviceMemory);
    }

    /// <summary>Maps a part of what is in device memory anew and moves it into a block of its own, of the first tile. No range is left
    /// there.</summary>
    public void GiveItsOwnBlock(AddressRange part)
    {
        Process.Unmap(part);
        Map(part.Start, part.Size);
        MadeUpCall.Run(Vm, () =>
        {
            Assert.Equal(Errno.Ok, RangeLookup.FindOrInsert(Mirrors, RequestAt(part.Start) with { VmaEnd = part.End }, out int range));
            RangeMigration.IntoDevice(Mirrors, range, Mirrors.Device.Pagemaps[0], timeslice: 0, out Errno error);
            Assert.Equal(Errno.Ok, error);
            Mirrors.Remove(range);
        });
    }

    /// <summary>Has the failures hook do something the first time that a place is passed.</summary>
    public void Once(FailurePoint point, Action act)
    {
        bool isDone = false;
        Device.Failures.Passing = passed =>
        {
            if (passed != point || isDone)
                return;
            isDone = true;
            act();
        };
    }

    /// <summary>The range that contains an address.</summary>
    public SvmRange RangeAt(ulong address) => Ranges[Ranges.Containing(address)];

    public bool HasRange(ulong address) => Ranges.Containing(address) != 0;

    public bool IsInVram(ulong address) => RangeAt(address).Has(SvmRangeFlags.HasDevicePages);

    public long Count(GtCounter counter, int gt = 0) => Device.GetGtStatistics(gt)[counter];

    /// <summary>Called when a fault is answered, before the answer is noted.</summary>
    public Action? Replying { get; set; }

    public void Reply(in GpuFaultReply reply)
    {
        Replying?.Invoke();
        Replies.Add(reply);
    }

    public Errno Advise(ulong start, ulong size, AtomicAccess access) => File.Madvise(new DrmXeMadvise
    {
        VmId = Vm.Id,
        Start = start,
        Range = size,
        Type = MemRangeAttr.Atomic,
        Atomic = new() { Val = access },
    });

    /// <summary>Advice where memory is to be.</summary>
    /// <param name="file">-1 for system memory, 0 for the device of who faults, or a device file.</param>
    public Errno Prefer(ulong start, ulong size, int file, ushort region = 0) => File.Madvise(new DrmXeMadvise
    {
        VmId = Vm.Id,
        Start = start,
        Range = size,
        Type = MemRangeAttr.PreferredLoc,
        PreferredMemLoc = new() { DevmemFd = (uint)file, RegionInstance = region },
    });

    public void Dispose()
    {
        Device.Dispose();
        Process.Dispose();
        Assert.Equal(0, Memory.UsedBytes);
        Memory.Dispose();
    }
}
