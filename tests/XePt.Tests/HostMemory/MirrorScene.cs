using XePt.Devices;
using XePt.Host;
using XePt.Tests.CpuModel;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.HostMemory;

/// <summary>A VM that mirrors a modelled process, whose first pages are mapped and written, and the answers to its faults.</summary>
internal sealed class MirrorScene : IGpuFaultSink, IDisposable
{
    public const int Pages = 600;

    private readonly TestProcess _process = new();

    /// <param name="around">Makes what the engine takes for the process, around it.</param>
    /// <param name="copies">Copies its pages.</param>
    /// <param name="platform">Which device; a Battlemage without it.</param>
    public MirrorScene(
        Func<ICpuAddressSpace, ICpuAddressSpace>? around = null, ICopyEngine? copies = null, PlatformInfo? platform = null)
    {
        var options = new XeDeviceOptions { GpuFaultSink = this, CopyEngine = copies ?? InstantCopyEngine.Instance };
        Device = new XeDevice(platform ?? XePlatforms.Bmg, options);
        File = Device.OpenFile();
        File.AddressSpace = around is null ? _process.Process : around(_process.Process);
        var create = new DrmXeVmCreate { Flags = VmCreateFlags.LrMode | VmCreateFlags.FaultMode };
        Assert.Equal(Errno.Ok, File.VmCreate(ref create));
        Vm = File.FindVm(create.VmId)!;
        var mirror = new DrmXeVmBindOp { Op = VmBindOp.Map, Flags = VmBindFlags.CpuAddrMirror, Range = 1UL << 47, PatIndex = 2 };
        Assert.Equal(Errno.Ok, File.VmBind(Vm.Id, mirror));
        Assert.Equal(Errno.Ok, Process.Map(AddressRange.OfSize(TestProcess.Base, Pages * TestProcess.Page), CpuProtection.ReadWrite));
        for (int page = 0; page < Pages; page++)
            _process.WriteWord(Address(page), (ulong)page);
    }

    public XeDevice Device { get; }

    public XeFile File { get; }

    public XeVm Vm { get; }

    public ModelProcess Process => _process.Process;

    /// <summary>Children of the process, which share its pages until the end.</summary>
    public List<ModelProcess> Children { get; } = [];

    /// <summary>Answers so far.</summary>
    public List<Errno> Answers { get; } = [];

    /// <summary>What happens at an answer.</summary>
    public Action? AtAnswer { get; set; }

    public static ulong Address(int page) => TestProcess.Base + ((ulong)page * TestProcess.Page);

    /// <summary>A fault at a page of the process.</summary>
    /// <returns>The answer, or null when there is none.</returns>
    public Errno? Fault(int page, GpuAccessKind access = GpuAccessKind.Write)
    {
        Answers.Clear();
        Device.RaiseFault(new GpuFault { PageAddress = Address(page), Asid = Vm.Context.Tlb.Vm.Asid, Access = access });
        return Answers.Count == 1 ? Answers[0] : null;
    }

    public ulong Read(int page) => _process.ReadWord(Address(page));

    public void Reply(in GpuFaultReply reply)
    {
        Answers.Add(reply.Error);
        AtAnswer?.Invoke();
    }

    public void Dispose()
    {
        Device.Dispose();
        Assert.Equal(0, Process.SubscriptionCount);
        Children.ForEach(child => child.Dispose());
        _process.Dispose();
    }
}
