using XePt.Uapi;

namespace XePt.Cli.Stress.Svm;

/// <summary>
/// Addresses of one thread where no memory of the process is, in each VM: a BO at a known place of memory, zeros, or the bare mirror. So
/// there is exactly one right translation for each page at each moment, and the checker holds every translation of every TLB against it.
/// </summary>
/// <remarks>While a bind is under way there are two, the old one and the new one, and a third where something was mapped before: nothing,
/// because what was there goes before what comes. That third one is right in pages beside the bind's own, too, where it cuts zeros that
/// have 64 KiB pages: the rest is taken away and written once more (<see cref="NullPieces"/>), and who translates in between finds nothing.
/// A GPU faults then; the service of the fault waits for the bind, finds the entries valid, and the GPU translates again.</remarks>
internal sealed class SvmIsland
{
    private const ulong First = 0x6000_0000_0000, FirstMemory = 1UL << 36;
    private const int Pages = 64;

    private readonly SvmWorld _world;
    private readonly uint _bo;
    private readonly ulong _memory;
    private readonly ExpectedMap[] _maps;
    private readonly NullPieces[] _nulls;

    public SvmIsland(SvmWorld world, int number)
    {
        (_world, _memory) = (world, FirstMemory + ((ulong)number * SvmArena.Window));
        Range = AddressRange.OfSize(First + ((ulong)number * 2 * SvmArena.Window), Pages * SvmArena.Page);
        var gem = new DrmXeGemCreate { Size = SvmArena.Window, Placement = 1, CpuCaching = CpuCaching.WriteBack };
        SvmWorld.Require(
            world.File.GemCreate(ref gem, 0, [new PhysicalRun(_memory, SvmArena.Window)]) == Errno.Ok, "a BO cannot be made");
        _bo = gem.Handle;
        _maps = [.. world.Vms.Select(vm => world.Checker.AddMap(vm.TlbVm, Range))];
        _nulls = [.. world.Vms.Select(_ => new NullPieces(Pages))];
    }

    public AddressRange Range { get; }

    /// <summary>An address that may be anything just now.</summary>
    public ulong Pick(Random random) => Range.Start + ((ulong)random.Next(Pages) * SvmArena.Page);

    /// <summary>Puts something into a piece of it and waits until nothing else can be seen.</summary>
    public void Step(Random random)
    {
        int vm = random.Next(_maps.Length), first = random.Next(Pages), end = first + 1 + random.Next(Pages - first);
        ExpectedMap map = _maps[vm];
        DrmXeVmBindOp op = NewOp(random, At(first, end));
        bool isNull = op.Flags.HasFlag(VmBindFlags.Null);
        _nulls[vm].Put(first, end, isNull, out int before, out int behind);
        AddressRange piece = At(first, end), left = At(before, first), right = At(end, behind);
        // What was there goes before what comes, so nothing may be seen between.
        long change = map.Begin(At(before, behind), null);
        long ofLeft = BeginNull(map, left), ofRight = BeginNull(map, right);
        if (isNull)
            change = map.BeginNull(piece);
        else if (op.Obj != 0)
            change = map.Begin(piece, _memory + op.ObjOffset);
        Bind(vm, op);
        map.Complete(change, piece);
        Complete(map, ofLeft, left);
        Complete(map, ofRight, right);
    }

    /// <summary>Nothing is left but the mirror.</summary>
    public void Clear()
    {
        for (int vm = 0; vm < _maps.Length; vm++)
        {
            long commit = _maps[vm].Begin(Range, null);
            Bind(vm, new DrmXeVmBindOp { Op = VmBindOp.Map, Addr = Range.Start, Range = Range.Size, Flags = VmBindFlags.CpuAddrMirror });
            _maps[vm].Complete(commit, Range);
            _world.Checker.RemoveMap(_maps[vm]);
        }
    }

    private DrmXeVmBindOp NewOp(Random random, AddressRange piece)
    {
        var op = new DrmXeVmBindOp { Op = VmBindOp.Map, Addr = piece.Start, Range = piece.Size };
        return random.Next(4) switch
        {
            0 => op with { Flags = VmBindFlags.CpuAddrMirror },
            1 => op with { Flags = VmBindFlags.Immediate | VmBindFlags.Null },
            _ => op with
            {
                Flags = VmBindFlags.Immediate,
                Obj = _bo,
                ObjOffset = OffsetFor(random, piece),
                PatIndex = (ushort)_world.Device.Platform.Pat.IndexWriteBack,
            },
        };
    }

    private static long BeginNull(ExpectedMap map, AddressRange range) => range.IsEmpty ? 0 : map.BeginNull(range);

    private static void Complete(ExpectedMap map, long change, AddressRange range)
    {
        if (!range.IsEmpty)
            map.Complete(change, range);
    }

    private AddressRange At(int first, int end) =>
        AddressRange.OfSize(Range.Start + ((ulong)first * SvmArena.Page), (ulong)(end - first) * SvmArena.Page);

    /// <summary>Pages lie so that no larger page fits, so that every cut keeps the rest in place.</summary>
    private ulong OffsetFor(Random random, AddressRange piece)
    {
        ulong offset = (ulong)random.Next(Pages) * SvmArena.Page;
        return (((_memory + offset) ^ piece.Start) & 0xffff) == 0 ? offset + SvmArena.Page : offset;
    }

    private void Bind(int vm, in DrmXeVmBindOp op)
    {
        Errno errno = _world.File.VmBind(new DrmXeVmBind { VmId = _world.Vms[vm].Id, NumBinds = 1, Bind = op }, [], [], out Fence done);
        SvmWorld.Require(errno == Errno.Ok, $"{errno}: {op.Flags} at 0x{op.Addr:x}, 0x{op.Range:x} bytes");
        SvmWorld.Require(done.Wait(SvmWorld.MostTime), "a bind is not complete after a minute");
    }
}
