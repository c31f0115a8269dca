using XePt.Uapi;

namespace XePt.Cli.Stress;

/// <summary>
/// One VM under stress, in fault mode, with a client of its own and three windows: 4 KiB mappings, mappings of 2 MiB and tables that come
/// and go, and mappings that are invalidated and faulted in again.
/// </summary>
internal sealed class StressVm
{
    public const ulong Page = 4096, Large = 2UL << 20, Faulted = 64 << 10;
    private const ulong SmallAt = 1UL << 33, LargeAt = 1UL << 34, FaultedAt = 1UL << 35;
    private const int SmallUnits = 8192, LargeUnits = 24, FaultedUnits = 24;

    public StressVm(XeDevice device, CoherenceChecker checker, int number)
    {
        File = device.OpenFile();
        var create = new DrmXeVmCreate { Flags = VmCreateFlags.LrMode | VmCreateFlags.FaultMode };
        Check(File.VmCreate(ref create));
        Vm = File.FindVm(create.VmId)!;
        Pat = (ushort)device.Platform.Pat.IndexWriteBack;
        ulong memory = (ulong)(number + 1) << 36;
        Small = Open(checker, SmallAt, SmallUnits * Page, memory, Page);
        LargePages = Open(checker, LargeAt, LargeUnits * Large, memory + (1UL << 34), Large);
        Invalidated = Open(checker, FaultedAt, FaultedUnits * Faulted, memory + (1UL << 35), Faulted);
        for (int unit = 0; unit < Invalidated.Units; unit++)
            MapFaulted(unit);
    }

    public XeFile File { get; }

    public XeVm Vm { get; }

    public ushort Pat { get; }

    public StressWindow Small { get; }

    public StressWindow LargePages { get; }

    public StressWindow Invalidated { get; }

    public StressWindow[] Windows => [Small, LargePages, Invalidated];

    /// <summary>Binds one op; the errno, and the fence of the bind.</summary>
    public Errno Bind(in DrmXeVmBindOp op, ReadOnlySpan<DrmXeSync> syncs, out Fence done) =>
        File.VmBind(new DrmXeVmBind { VmId = Vm.Id, NumBinds = 1, Bind = op, NumSyncs = (uint)syncs.Length }, [], syncs, out done);

    private void MapFaulted(int unit)
    {
        ulong start = Invalidated.Start + ((ulong)unit * Faulted), offset = (ulong)unit * Faulted;
        long change = Invalidated.Map.Begin(AddressRange.OfSize(start, Faulted), Invalidated.Address + offset);
        Check(Bind(
            new DrmXeVmBindOp
            {
                Op = VmBindOp.Map,
                Obj = Invalidated.Bo,
                ObjOffset = offset,
                Addr = start,
                Range = Faulted,
                PatIndex = Pat,
                Flags = VmBindFlags.Immediate,
            },
            [],
            out _));
        Invalidated.Map.Complete(change, AddressRange.OfSize(start, Faulted));
    }

    private StressWindow Open(CoherenceChecker checker, ulong start, ulong size, ulong memory, ulong unit)
    {
        // One more unit than the window has, so that a mapping can begin at an odd page of the memory.
        var gem = new DrmXeGemCreate { Size = size + Large, Placement = 1, CpuCaching = CpuCaching.WriteBack };
        Check(File.GemCreate(ref gem, 0, [new PhysicalRun(memory, size + Large)]));
        return new StressWindow(checker.AddMap(Vm.TlbVm, AddressRange.OfSize(start, size)), gem.Handle, memory, unit);
    }

    private void Check(Errno errno)
    {
        if (errno != Errno.Ok)
            throw new InvalidOperationException($"setting up the stress run: {errno}, {File.LastRejection}");
    }
}
