using XePt.Calls;
using XePt.Pipeline;
using XePt.Devices;
using XePt.Memory;
using XePt.Svm;
using XePt.Uapi;

namespace XePt.Tests.Kit;

/// <summary>
/// A device with one client and one VM. Page tables live where the worked examples of specification 03 section 22 put them: table Tn at
/// <c>0x10000000 + n * 0x1000</c>, T0 the root.
/// </summary>
internal sealed class TestGpu : IDisposable
{
    public const ulong TableWindow = 0x1000_0000;

    public TestGpu(PlatformInfo platform, VmCreateFlags mode = 0, XeDeviceOptions? options = null)
    {
        Device = new XeDevice(platform, (options ?? new XeDeviceOptions()) with { PageTableWindow = TableWindow });
        File = Device.OpenFile();
        var create = new DrmXeVmCreate { Flags = mode };
        Assert.Equal(Errno.Ok, File.VmCreate(ref create));
        Vm = File.FindVm(create.VmId)!;
    }

    /// <param name="platform">Short name of a preset.</param>
    public TestGpu(string platform, VmCreateFlags mode = 0)
        : this(Named(platform), mode)
    {
    }

    public XeDevice Device { get; }

    public XeFile File { get; }

    public XeVm Vm { get; }

    /// <summary>The PAT index of write-back, valid for every kind of mapping.</summary>
    public int WriteBack => (int)Device.Platform.Pat.IndexWriteBack;

    /// <summary>The tree of a tile as the worked examples write it; see <see cref="TreeText"/>.</summary>
    public string[] Tree(int tile = 0) => TreeText.Lines(Vm, tile);

    /// <summary>The entry at a device address of tile 0's table window, whether its table is in use or was so once.</summary>
    public unsafe ulong EntryAt(ulong deviceAddress)
    {
        PageTablePool pool = Vm.Context.Call.Tiles[0].Tables.Pool;
        // SAFETY: the slab of a page that was ever rented stays until the device goes, and the offset is below the page's 4096 bytes.
        return *pool.Book.TryResolve(deviceAddress);
    }

    /// <summary>The VMA that contains an address; it must exist.</summary>
    public VmaInfo VmaAt(ulong va) => Vm.FindVma(va) ?? throw new InvalidOperationException($"no VMA at 0x{va:x}");

    /// <summary>A BO in system memory with these segments, with all placements the device has.</summary>
    public XeBo SystemBo(params PhysicalRun[] runs) => Bo(Device.Platform.MemoryRegionMask, region: 0, runs);

    /// <summary>A BO in the VRAM of tile 0 with these blocks, with all placements the device has.</summary>
    public XeBo VramBo(params PhysicalRun[] runs) => Bo(Device.Platform.MemoryRegionMask, region: 1, runs);

    /// <summary>A BO of one 4 KiB page of system memory, where it can be on every platform.</summary>
    public XeBo SystemPage(ulong address = 0x7000) => Bo(placements: 1, region: 0, new PhysicalRun(address, 4096));

    /// <summary>A BO with these pieces in a region. It is write-combined, so that every PAT entry suits it.</summary>
    public XeBo Bo(uint placements, int region, params PhysicalRun[] runs)
    {
        var gem = new DrmXeGemCreate
        {
            Size = runs.Aggregate(0ul, (size, run) => size + (run.Size * (ulong)run.Count)),
            Placement = placements,
            CpuCaching = CpuCaching.WriteCombined,
        };
        Assert.Equal(Errno.Ok, File.GemCreate(ref gem, region, runs));
        return File.FindBo(gem.Handle)!;
    }

    /// <summary>Submits ops, as one call, which must succeed.</summary>
    public RequestTrace Run(params DrmXeVmBindOp[] ops)
    {
        RequestTrace trace = TryRun(ops);
        Assert.Equal(Errno.Ok, trace.Error);
        return trace;
    }

    /// <summary>Submits ops as one call.</summary>
    public RequestTrace TryRun(params DrmXeVmBindOp[] ops)
    {
        var args = new DrmXeVmBind { VmId = Vm.Id, NumBinds = (uint)ops.Length };
        if (ops.Length == 1)
            args.Bind = ops[0];
        return RequestTrace.Of(Vm, () => File.VmBind(args, ops));
    }

    /// <summary>Resolves a fault.</summary>
    public RequestTrace Fault(ulong va) => RequestTrace.Of(Vm, () => Vm.Fault(va));

    /// <summary>Gives a BO other physical memory and rebinds its mappings.</summary>
    public RequestTrace Move(XeBo bo, int region, params PhysicalRun[] runs) => RequestTrace.Of(Vm, () =>
    {
        Errno error = File.MoveBo(bo.Handle, region, runs);
        return error == Errno.Ok ? Vm.RebindEvicted() : error;
    });

    /// <summary>Binds an SVM range to pages of one kind.</summary>
    public RequestTrace BindRange(ulong start, ulong end, bool isVram, params PhysicalRun[] runs) =>
        RequestTrace.Of(Vm, () => Vm.BindRange(new(start, end), isVram, runs));

    /// <summary>Binds an SVM range to device pages followed by system pages.</summary>
    public RequestTrace BindMixedRange(ulong start, ulong end, PhysicalRun[] vram, PhysicalRun[] system)
    {
        Segment[] first = PhysicalRun.ToSegments(vram, SegmentKind.Vram, merge: true, out ulong vramBytes);
        Segment[] second = PhysicalRun.ToSegments(system, SegmentKind.System, merge: true, out ulong systemBytes);
        IEnumerable<Segment> moved = second.Select(piece => new Segment(piece.Offset + vramBytes, piece.Address, piece.Kind));
        Assert.Equal(end - start, vramBytes + systemBytes);
        return RequestTrace.Of(Vm, () =>
        {
            using Backing pages = Backing.Create([.. first, .. moved], vramBytes + systemBytes);
            return MadeUpCall.Run(Vm, () =>
                RangeOps.Bind(Vm.Context, start, end, pages) == Outcome.Done ? Errno.Ok : Vm.Context.Call.Why.Errno);
        });
    }

    /// <summary>Unbinds an SVM range.</summary>
    public RequestTrace UnbindRange(ulong start, ulong end) => RequestTrace.Of(Vm, () => Vm.UnbindRange(new(start, end)));

    public void Dispose() => Device.Dispose();

    /// <summary>A platform preset by its short name.</summary>
    public static PlatformInfo Named(string platform) =>
        XePlatforms.TryGet(platform, out PlatformInfo? found) ? found : throw new ArgumentException($"no platform {platform}");
}
