using System.Globalization;
using XePt.Devices;
using XePt.Gpuva;
using XePt.Stage;
using XePt.Uapi;

namespace XePt.Tests.Bind;

/// <summary>
/// A device with one client and one VM, by default in the common setting of specification 02 section 22 (discrete Xe2 class, 48 bits, one
/// tile, LR and FAULT), and short ways to bind and to say what must be there. VMAs are written as the specification writes them:
/// <c>[0x1_0000_0000, E) BO X(0)</c>.
/// </summary>
internal sealed class BindScene : IDisposable
{
    /// <summary>End of the address space of the common setting.</summary>
    public const ulong E = 1UL << 48;

    /// <summary>Where the worked examples put their BO.</summary>
    public const ulong A = 0x1_0000_0000;

    public const ulong MiB = 1UL << 20;

    private readonly Dictionary<int, string> _boNames = [];

    public BindScene(uint vmFlags = 6, XeProfile profile = XeProfile.Final, PlatformInfo? platform = null, bool debugBuild = false)
    {
        Device = new XeDevice(platform ?? XePlatforms.Bmg, new XeDeviceOptions { Profile = profile, DebugBuild = debugBuild });
        File = Device.OpenFile();
        Vm = CreateVm(vmFlags);
    }

    public XeDevice Device { get; }

    public XeFile File { get; }

    public XeVm Vm { get; }

    public XeProfile Profile => Device.Options.Profile;

    /// <summary>PT ops counted on each tile for the last request; 0 when it did not get to staging.</summary>
    public int PtOps => Vm.GetLastRequest().Updates is [var first, ..] ? first.ReservedOps : 0;

    /// <summary>What the last request staged on tile 0.</summary>
    public TileUpdate Tile => Vm.Context.Call.Tiles[0];

    public SparseUserMemory UserMemory => (SparseUserMemory)File.UserMemory;

    public IReadOnlyList<GpuvaActionInfo> Actions => Vm.GetLastRequest().Actions;

    /// <summary>After Ex 1: one mirror over everything.</summary>
    public static BindScene AfterEx1(XeProfile profile = XeProfile.Final, uint vmFlags = 6)
    {
        var scene = new BindScene(vmFlags, profile);
        scene.Do(scene.Mirror(0, E));
        return scene;
    }

    /// <summary>After Ex 2: BO X of 2 MiB inside the mirror, not yet bound.</summary>
    public static BindScene AfterEx2(XeProfile profile = XeProfile.Final)
    {
        BindScene scene = AfterEx1(profile);
        scene.Do(Op.Map(scene.Bo("X", 2 * MiB), A, 2 * MiB));
        return scene;
    }

    /// <summary>After Ex 3: the same, bound.</summary>
    public static BindScene AfterEx3(XeProfile profile = XeProfile.Final, uint placement = 2)
    {
        BindScene scene = AfterEx1(profile);
        scene.Do(Op.Map(scene.Bo("X", 2 * MiB, placement), A, 2 * MiB, flags: VmBindFlags.Immediate));
        return scene;
    }

    /// <summary>The mirror flag as a client of this profile gives it.</summary>
    public static VmBindFlags MirrorFlag(XeProfile profile) => (VmBindFlags)VmBindFlagsTable.ToRaw(VmBindFlags.CpuAddrMirror, profile);

    public XeVm CreateVm(uint flags)
    {
        var args = new DrmXeVmCreate { Flags = (VmCreateFlags)flags };
        Assert.Equal(Errno.Ok, File.VmCreate(ref args));
        return File.FindVm(args.VmId)!;
    }

    /// <summary>Makes a BO; VRAM ones are write-combined, system ones write-back unless <paramref name="caching"/> says
    /// otherwise.</summary>
    public uint Bo(
        string name, ulong size, uint placement = 2, CpuCaching caching = 0, GemCreateFlags flags = 0, PhysicalRun[]? runs = null)
    {
        caching = caching != 0 ? caching : placement == 1 ? CpuCaching.WriteBack : CpuCaching.WriteCombined;
        var gem = new DrmXeGemCreate { Size = size, Placement = placement, CpuCaching = caching, Flags = flags };
        int region = (placement & 2) != 0 ? 1 : 0;
        Assert.Equal(Errno.Ok, File.GemCreate(ref gem, region, runs));
        _boNames[File.FindBo(gem.Handle)!.Number] = name;
        return gem.Handle;
    }

    /// <summary>A mirror bind with the flag bit of the profile.</summary>
    public DrmXeVmBindOp Mirror(ulong addr, ulong range, VmBindFlags flags = 0) => Op.Map(0, addr, range, 0, flags | MirrorFlag(Profile));

    public Errno Bind(params ReadOnlySpan<DrmXeVmBindOp> ops) => Bind([], ops);

    public Errno Bind(DrmXeSync[] syncs, params ReadOnlySpan<DrmXeVmBindOp> ops) => Bind(new DrmXeVmBind { VmId = Vm.Id }, syncs, ops);

    /// <summary>A call with anything set in its head; ops and syncs are filled in here.</summary>
    public Errno Bind(DrmXeVmBind args, DrmXeSync[] syncs, params ReadOnlySpan<DrmXeVmBindOp> ops)
    {
        args.NumBinds = (uint)ops.Length;
        args.NumSyncs = (uint)syncs.Length;
        if (ops.Length == 1)
            args.Bind = ops[0];
        return File.VmBind(args, ops, syncs);
    }

    /// <summary>Binds; the call must succeed.</summary>
    public void Do(params ReadOnlySpan<DrmXeVmBindOp> ops) => AssertOk(Bind(ops));

    public void Do(DrmXeSync[] syncs, params ReadOnlySpan<DrmXeVmBindOp> ops) => AssertOk(Bind(syncs, ops));

    /// <summary>Binds; the call must be refused by this rule and change nothing at all.</summary>
    public void Refuses(Errno errno, string rule, params ReadOnlySpan<DrmXeVmBindOp> ops) => Refuses(errno, rule, [], ops);

    public void Refuses(Errno errno, string rule, DrmXeSync[] syncs, params ReadOnlySpan<DrmXeVmBindOp> ops)
    {
        ulong before = Vm.StateHash();
        Assert.Equal((errno, rule), (Bind(syncs, ops), File.LastRejection.RuleId));
        Assert.Equal(before, Vm.StateHash());
    }

    /// <summary>The last request had nothing to submit and so has no fence of its own (BIND-209).</summary>
    public void AssertNothingWasSubmitted()
    {
        Assert.Empty(Vm.GetLastRequest().Updates);
        Assert.False(Vm.Context.Call.Reached == XePt.Calls.CallStage.Staging);
    }

    /// <summary>The last request has a fence of its own, for which on tile 0 exactly these ops were staged: true = bind, false =
    /// unbind.</summary>
    public void AssertStaged(params bool[] isBind) =>
        Assert.Equal(isBind, Assert.Single(Vm.GetLastRequest().Updates).Ops.Select(op => op.IsBind));

    /// <summary>What tile 0's job has to wait for.</summary>
    public void AssertWaits(bool kernel, bool bookkeep) => Assert.Equal((kernel, bookkeep), (Tile.WaitKernel, Tile.WaitBookkeep));

    public void ListIs(params string[] expected) => Assert.Equal(expected.Select(Normalize), Vm.GetVmas().Select(Describe));

    /// <summary>The VMA that contains an address, with everything the engine knows of it.</summary>
    public ref Vma VmaAt(ulong va) => ref Vm.Context.Space.Vmas[SlotAt(va)];

    /// <summary>Slot of the CPU pages behind the userptr at an address, or 0.</summary>
    public int PagesAt(ulong va) => Vm.Context.Userptrs.PagesOf(VmaAt(va).Userptr);

    public int SlotAt(ulong va)
    {
        int slot = Vm.Context.Space.Find(va);
        Assert.NotEqual(0, slot);
        return slot;
    }

    /// <summary>Lets the VMA at an address carry a user fence that has not signalled.</summary>
    /// <returns>The fence, for signalling.</returns>
    public int AttachPendingUserFence(ulong va)
    {
        int fence = Vm.Context.UserFences.TryCreate();
        Vm.Context.Vmas.RememberUserFence(SlotAt(va), fence);
        return fence;
    }

    public bool RemembersUserFence(ulong va) => VmaAt(va).UserFence != 0;

    /// <summary>An SVM range of system pages, as a GPU fault would make it.</summary>
    public void Populate(ulong start, ulong end) =>
        Assert.Equal(Errno.Ok, Vm.BindRange(new(start, end), isVram: false, new PhysicalRun(0x2_0000_0000, end - start)));

    public void Dispose() => Device.Dispose();

    private void AssertOk(Errno errno) => Assert.True(errno == Errno.Ok, File.LastRejection.ToString());

    private string Describe(VmaInfo vma)
    {
        string kind = vma.Kind == VmaKind.Bo
            ? $"BO {_boNames.GetValueOrDefault(vma.BoNumber, "?")}" : vma.Kind.ToString().ToLowerInvariant();
        string offset = vma.Kind is VmaKind.Bo or VmaKind.Userptr || vma.Offset != 0 ? $"({Number(vma.Offset)})" : "";
        return $"[{Number(vma.Range.Start)}, {Number(vma.Range.End)}) {kind}{offset}";
    }

    private static string Number(ulong value) => value == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");

    private static string Normalize(string text) =>
        text.Replace("_", "", StringComparison.Ordinal).Replace(" E)", $" {Number(E)})", StringComparison.Ordinal);
}
