using XePt.Uapi;

namespace XePt.Cli.Stress.Svm;

/// <summary>
/// Addresses of one thread where no memory of the process is, in each VM: a BO at a known place of memory, zeros, or the bare mirror. So
/// there is exactly one right translation for each page at each moment, and the checker holds every translation of every TLB against it.
/// </summary>
internal sealed class SvmIsland
{
    private const ulong First = 0x6000_0000_0000, FirstMemory = 1UL << 36;
    private const int Pages = 64;

    private readonly SvmWorld _world;
    private readonly uint _bo;
    private readonly ulong _memory;
    private readonly ExpectedMap[] _maps;

    public SvmIsland(SvmWorld world, int number)
    {
        (_world, _memory) = (world, FirstMemory + ((ulong)number * SvmArena.Window));
        Range = AddressRange.OfSize(First + ((ulong)number * 2 * SvmArena.Window), Pages * SvmArena.Page);
        var gem = new DrmXeGemCreate { Size = SvmArena.Window, Placement = 1, CpuCaching = CpuCaching.WriteBack };
        SvmWorld.Require(
            world.File.GemCreate(ref gem, 0, [new PhysicalRun(_memory, SvmArena.Window)]) == Errno.Ok, "a BO cannot be made");
        _bo = gem.Handle;
        _maps = [.. world.Vms.Select(vm => world.Checker.AddMap(vm.TlbVm, Range))];
    }

    public AddressRange Range { get; }

    /// <summary>An address that may be anything just now.</summary>
    public ulong Pick(Random random) => Range.Start + ((ulong)random.Next(Pages) * SvmArena.Page);

    /// <summary>Puts something into a piece of it and waits until nothing else can be seen.</summary>
    public void Step(Random random)
    {
        int vm = random.Next(_maps.Length), first = random.Next(Pages), count = 1 + random.Next(Pages - first);
        AddressRange piece = AddressRange.OfSize(
            Range.Start + ((ulong)first * SvmArena.Page), (ulong)count * SvmArena.Page);
        var op = new DrmXeVmBindOp { Op = VmBindOp.Map, Addr = piece.Start, Range = piece.Size, Flags = VmBindFlags.Immediate };
        // What was there goes before what comes, so nothing may be seen between.
        long commit = _maps[vm].Begin(piece, null);
        switch (random.Next(4))
        {
            case 0:
                op.Flags = VmBindFlags.CpuAddrMirror;
                break;
            case 1:
                op.Flags |= VmBindFlags.Null;
                commit = _maps[vm].BeginNull(piece);
                break;
            default:
                (op.Obj, op.ObjOffset) = (_bo, OffsetFor(random, piece));
                commit = _maps[vm].Begin(piece, _memory + op.ObjOffset);
                break;
        }

        Bind(vm, op, piece, commit);
    }

    /// <summary>Nothing is left but the mirror.</summary>
    public void Clear()
    {
        for (int vm = 0; vm < _maps.Length; vm++)
        {
            var op = new DrmXeVmBindOp { Op = VmBindOp.Map, Addr = Range.Start, Range = Range.Size, Flags = VmBindFlags.CpuAddrMirror };
            Bind(vm, op, Range, _maps[vm].Begin(Range, null));
            _world.Checker.RemoveMap(_maps[vm]);
        }
    }

    /// <summary>Pages lie so that no larger page fits, so that every cut keeps the rest in place.</summary>
    private ulong OffsetFor(Random random, AddressRange piece)
    {
        ulong offset = (ulong)random.Next(Pages) * SvmArena.Page;
        return (((_memory + offset) ^ piece.Start) & 0xffff) == 0 ? offset + SvmArena.Page : offset;
    }

    private void Bind(int vm, DrmXeVmBindOp op, AddressRange piece, long commit)
    {
        if (!op.Flags.HasFlag(VmBindFlags.CpuAddrMirror) && !op.Flags.HasFlag(VmBindFlags.Null))
            op.PatIndex = (ushort)_world.Device.Platform.Pat.IndexWriteBack;
        Errno errno = _world.File.VmBind(new DrmXeVmBind { VmId = _world.Vms[vm].Id, NumBinds = 1, Bind = op }, [], [], out Fence done);
        SvmWorld.Require(errno == Errno.Ok, $"{errno}: {op.Flags} at {piece}");
        SvmWorld.Require(done.Wait(SvmWorld.MostTime), "a bind is not complete after a minute");
        _maps[vm].Complete(commit, piece);
    }
}
