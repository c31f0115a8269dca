using XePt.Diagnostics;
using XePt.Host;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Tests.Svm.Mix;

/// <summary>
/// A machine with processes, a device with TLBs, and VMs of each process, all in one window of addresses, beside a plain model of the
/// processes' memory. Every byte that CPU or GPU read is compared with the model; GPUs access through TLBs that a checker watches.
/// </summary>
internal sealed partial class MixWorld : IGpuFaultSink, IDisposable
{
    public const ulong Base = SvmScene.A;

    private const ulong Page = SvmScene.Page;
    private const int MostVms = 4;
    private const int CheckEvery = 3000;

    private readonly MixSetting _setting;
    private readonly ModelMemory _memory;
    private readonly ModelFile _private, _shared;
    private readonly PlainContent[] _privateContent, _sharedContent;
    private readonly MixEngine _engine = new();
    private readonly XeDevice _device;
    private readonly CoherenceChecker _checker;
    private readonly ReferenceTlb[] _tlbs;
    private readonly TlbUnit[] _units;
    private readonly int[] _gts;
    private readonly DeviceBytes[] _bytes;
    private readonly List<PlainProcess> _twins = [];
    private readonly List<MixVm> _vms = [];
    private readonly XeFile _owner;
    private readonly MixBo[] _bos;
    private readonly uint[] _fillers;
    private readonly int _tables;
    private int _descriptor;
    private int _steps;
    private ulong _value;

    public MixWorld(MixSetting setting)
    {
        _setting = setting;
        _memory = new ModelMemory(new ModelMemoryOptions { ScattersFrames = setting.Drive == DriveMode.Queued });
        ulong bytes = (ulong)setting.Pages * Page;
        (_private, _privateContent) = MakeFile(bytes);
        (_shared, _sharedContent) = MakeFile(bytes);
        _device = new XeDevice(setting.Platform, new XeDeviceOptions
        {
            GpuFaultSink = this,
            Drive = setting.Drive,
            SingleThreaded = true,
            SvmNotifierBytes = Math.Max(bytes / 2, 4 * SvmScene.Size2M),
            CopyEngine = _engine,
        });
        _engine.Device = setting.Drive == DriveMode.Queued ? _device : null;
        _checker = new CoherenceChecker(_device.Tlb);
        _gts = [.. setting.Platform.Gts];
        _tlbs = [.. _gts.Select(gt => new ReferenceTlb(_device.Tlb, gt) { Checker = _checker })];
        _units = [.. _tlbs.Select(tlb => tlb.OpenUnit($"gt{tlb.Gt}"))];
        _bytes = [.. _device.Memory.Regions.Select(region => (DeviceBytes)_device.Mirrors.BytesOf(region.Instance))];
        _tables = _device.TablesInUse;
        _twins.Add(new PlainProcess(new ModelProcess(_memory), new PlainPage?[setting.Pages]));
        _owner = Open(_twins[0]);
        _descriptor = _device.Descriptors.Open(_owner);
        _fillers = [.. _device.Memory.Regions.Where(region => region.IsVram).Select(Fill)];
        _bos = [MakeBo(setting.Platform.IsDiscrete ? setting.Platform.MemoryRegionMask : 1), MakeBo(1)];
        for (int i = 0; i < 3; i++)
            AddVm(_twins[0]);
    }

    /// <summary>Where in a page a word is.</summary>
    public static ulong Offset(int word) => (ulong)word * 1360;

    /// <summary>KiB that all GTs have counted so far: into VRAM, and out of it.</summary>
    public (long In, long Out) Moved
    {
        get
        {
            IEnumerable<GtStatistics> all = _gts.Select(gt => _device.GetGtStatistics(gt));
            return (all.Sum(of => of[GtCounter.SvmDeviceCopyKb]), all.Sum(of => of[GtCounter.SvmCpuCopyKb]));
        }
    }

    /// <summary>Steps that did what they were to do, by kind.</summary>
    public int[] Successes { get; } = new int[Enum.GetValues<MixKind>().Length];

    public void Run(MixStep step)
    {
        Do(step);
        CheckDoubtful();
        ReplaceBanned();
        if (_checker.ViolationCount != 0)
            Fail($"{_checker.Violations[0]}");
        if (++_steps % CheckEvery == 0)
            CheckAll();
    }

    /// <summary>Takes everything apart and looks that nothing is left.</summary>
    public void Finish()
    {
        Release();
        Settle();
        CheckAll();
        foreach (PlainProcess twin in _twins)
            Must(twin.Process.Unmap(Range(0, _setting.Pages)), "unmap");
        Pump();
        ReplaceBanned();
        foreach (MixVm vm in _vms)
        {
            Equal(0, vm.Vm.Context.Ranges.Count, "ranges");
            Equal(0, vm.Vm.Context.Ranges.NotifierCount, "notifiers");
            Must(Bind(vm, new DrmXeVmBindOp { Op = VmBindOp.Unmap, Range = vm.Vm.Size }), "unbind");
        }

        _twins.ForEach(twin => Equal(0, twin.Process.SubscriptionCount, "subscriptions"));
        Equal(0, _memory.DeviceBlocks, "device blocks");
        Close(hog: true);
        foreach (uint handle in (uint[])[.. _fillers, .. _bos.Select(bo => bo.Bo.Handle)])
            Must(_owner.GemClose(handle), "close");
        while (_vms.Count > 0)
            RemoveVm(_vms[0]);
        _owner.Dispose();
        Pump();
        Equal(_tables, _device.TablesInUse, "tables");
        foreach (MemoryRegion region in _device.Memory.Regions)
            Equal(0UL, region.Allocator.UsedBytes, $"bytes of region {region.Instance}");
        _twins.ForEach(twin => twin.Process.Dispose());
        _twins.Clear();
        _private.Dispose();
        _shared.Dispose();
        Equal(0L, _memory.UsedBytes, "bytes of memory");
        Equal(0L, _memory.WrittenBytes, "written bytes");
        Equal(0L, _checker.ViolationCount, "violations");
    }

    public void Dispose()
    {
        _device.Dispose();
        _engine.Dispose();
        foreach (TlbUnit unit in _units)
            unit.Dispose();
        foreach (PlainProcess twin in _twins)
            twin.Process.Dispose();
        _memory.Dispose();
    }

    private void Do(MixStep step)
    {
        PlainProcess twin = _twins[step.Who % _twins.Count];
        MixVm vm = _vms[step.Who % _vms.Count];
        bool isDone = step.Kind switch
        {
            MixKind.CpuRead => CpuRead(twin, PageOf(step)),
            MixKind.CpuWrite => CpuWrite(twin, PageOf(step), step.Choice),
            MixKind.GpuRead => GpuRead(vm, PageOf(step), step.Choice),
            MixKind.GpuWrite => GpuWrite(vm, PageOf(step), step.Choice),
            MixKind.GpuAtomic => GpuAdd(vm, PageOf(step), step.Choice),
            MixKind.Map => Map(twin, step),
            MixKind.Unmap => Unmap(twin, step),
            MixKind.Protect => Protect(twin, step),
            MixKind.Move => Move(twin, step),
            MixKind.Discard => Discard(twin, step),
            MixKind.Touch => Touch(twin, step),
            MixKind.ForkOrExit => ForkOrExit(step),
            MixKind.Pin => Pin(twin, step),
            MixKind.BindMirror => BindMirror(vm, step),
            MixKind.BindBo => BindBo(vm, step),
            MixKind.BindNull => BindNull(vm, step),
            MixKind.BindUserptr => BindUserptr(vm, step),
            MixKind.Unbind => Unbind(vm, step),
            MixKind.Prefetch => Prefetch(vm, step),
            MixKind.Advise => Advise(vm, step),
            MixKind.Evict => Evict(step),
            MixKind.MoveBo => MoveBo(step),
            MixKind.Burst => Burst(step),
            MixKind.Hold => HoldOrRelease(vm),
            _ => Recreate(vm),
        };
        Successes[(int)step.Kind] += isDone ? 1 : 0;
    }

    private (ModelFile File, PlainContent[] Content) MakeFile(ulong bytes)
    {
        ModelFile file = _memory.CreateFile(bytes);
        var content = new PlainContent[bytes / Page];
        for (int page = 0; page < content.Length; page++)
        {
            content[page] = new PlainContent();
            content[page].Values[0] = ~(ulong)page;
            Assert.True(file.TryWrite((ulong)page * Page, BitConverter.GetBytes(~(ulong)page)));
        }

        return (file, content);
    }

    private XeFile Open(PlainProcess twin)
    {
        XeFile file = _device.OpenFile();
        file.AddressSpace = twin.Process;
        return file;
    }

    private MixVm AddVm(PlainProcess twin)
    {
        XeFile file = Open(twin);
        XeVm vm = file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        var made = new MixVm(file, vm, twin, _setting.Platform.TileCount, _setting.Pages);
        _vms.Add(made);
        Must(Bind(made, Mirror(0, vm.Size, 0)), "mirror of everything");
        return made;
    }

    private void RemoveVm(MixVm vm)
    {
        Must(vm.File.VmDestroy(new DrmXeVmDestroy { VmId = vm.Vm.Id }), "destroy");
        vm.File.Dispose();
        _vms.Remove(vm);
    }

    /// <summary>As in the driver a VM is banned whose mirror cannot be reset, because a range goes across the end of what is to be
    /// (SVM-177, SVM-122): the only reason for a ban here.</summary>
    private void ReplaceBanned()
    {
        for (int i = _vms.Count - 1; i >= 0; i--)
        {
            if (_vms[i].Vm.Context.IsBanned)
                Recreate(_vms[i]);
        }
    }

    private MixBo MakeBo(uint placement)
    {
        int pages = Math.Max(16, Math.Min(512, _setting.Pages / 5 & ~15));
        return new MixBo(_owner.CreateBo((ulong)pages * Page, placement, CpuCaching.WriteCombined), pages, placement != 1);
    }

    /// <summary>Takes memory of a tile for good, but for what the setting leaves.</summary>
    private uint Fill(MemoryRegion region)
    {
        ulong size = region.Allocator.FreeBytes - _setting.Vram;
        XeBo filler = _owner.CreateBo(size, 1u << region.Instance, CpuCaching.WriteCombined);
        Must(_owner.PinBo(filler.Handle, isPinned: true), "pin");
        return filler.Handle;
    }

    private void Pump()
    {
        while (_device.Pump() > 0)
        {
        }

        for (int queue = 0; queue < Queues; queue++)
            _inService[queue] = _raised[queue].TryPeek(out Raised first) ? first.Tag : (ushort)0;
    }

    /// <summary>Copies in flight end, and so do the faults that wait for them.</summary>
    private void Settle()
    {
        Pump();
        while (_engine.Count > 0)
        {
            _engine.CompleteAll();
            Pump();
        }
    }

    private int PageOf(MixStep step) => step.At % _setting.Pages;

    /// <summary>An interval of whole units, or, now and then, of pages.</summary>
    private (int First, int End) IntervalOf(MixStep step)
    {
        int unit = step.Length % 8 == 0 ? 1 : _setting.UnitPages;
        int units = _setting.Pages / unit, length = step.Length >> 3;
        length = 1 + (length % 4 == 0 ? length % Math.Min(units, 24) : length % Math.Min(units, 3));
        int first = step.At % (units - length + 1);
        return (first * unit, (first + length) * unit);
    }

    private static ulong At(int page) => Base + ((ulong)page * Page);

    private static AddressRange Range(int first, int end) => new(At(first), At(end));

    private static ulong SizeOf(int first, int end) => (ulong)(end - first) * Page;

    private static void Must(Errno error, string what)
    {
        if (error != Errno.Ok)
            Fail($"{what}: {error}");
    }

    private static void Equal<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
            Fail($"{what}: {actual} instead of {expected}");
    }

    private static void Fail(string what) => throw new InvalidOperationException(what);
}
