using XePt.Cli.Vectors.Checks;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Spec;

namespace XePt.Cli.Vectors.Split;

/// <summary>Runs a split case on the engine's VMA map, without a driver's policy on top.</summary>
internal static partial class SplitReplay
{
    public static Difference? Run(SplitCase split)
    {
        var gate = new AllocationGate();
        ulong[] bounds = split.Space;
        using var space = new GpuvaSpace(bounds[0], bounds[0] + bounds[1], gate, bounds[2], bounds[2] + bounds[3]);
        for (int i = 0; i < split.Vas.Length; i++)
        {
            Errno inserted = Insert(space, split.Vas[i]);
            if (inserted != split.InsertErrors[i])
                return new Difference($"insert {i}", ErrorComparison.TextOf(split.InsertErrors[i]), ErrorComparison.TextOf(inserted));
        }

        var ops = new UnmanagedList<GpuvaOp>(gate);
        try
        {
            Errno error = Request(space, split, ref ops);
            return error == split.Error
                ? ListComparison.Compare("op", split.Ops, OpsOf(space, ops))
                : new Difference("err", ErrorComparison.TextOf(split.Error), ErrorComparison.TextOf(error));
        }
        finally
        {
            ops.Dispose();
        }
    }

    private static Errno Insert(GpuvaSpace space, in VaRecord va)
    {
        int slot = space.Vmas.Rent();
        space.Vmas[slot] = new Vma { Start = va.Address, End = va.Address + va.Range, Bo = va.Object, Offset = va.Offset };
        return space.Insert(slot);
    }

    private static Errno Request(GpuvaSpace space, SplitCase split, ref UnmanagedList<GpuvaOp> ops)
    {
        VaRecord request = split.Request;
        ulong end = request.Address + request.Range;
        return split.Kind switch
        {
            SplitKind.Map => GpuvaSplit.Map(space, new MapRequest(request.Address, end, request.Object, request.Offset), ref ops),
            SplitKind.Unmap => GpuvaSplit.Unmap(space, request.Address, end, ref ops),
            SplitKind.Prefetch => GpuvaSplit.Prefetch(space, request.Address, end, ref ops),
            _ => GpuvaSplit.Madvise(space, request.Address, end, ref ops),
        };
    }

    private static SplitOp[] OpsOf(GpuvaSpace space, in UnmanagedList<GpuvaOp> ops)
    {
        var list = new SplitOp[ops.Count];
        for (int i = 0; i < list.Length; i++)
            list[i] = OpOf(ops[i].Kind, space, ops[i]);
        return list;
    }

    [OpDispatch]
    private static partial SplitOp OpOf(GpuvaOpKind kind, GpuvaSpace space, in GpuvaOp op);

    [HandlesOp(GpuvaOpKind.Map)]
    private static SplitOp Map(GpuvaSpace space, in GpuvaOp op) =>
        new(SplitOpKind.Map, op.Start) { Mapped = new VaRecord(op.Start, op.End - op.Start, op.Bo, op.Offset) };

    [HandlesOp(GpuvaOpKind.Unmap)]
    private static SplitOp Unmap(GpuvaSpace space, in GpuvaOp op) => new(SplitOpKind.Unmap, op.Start) { Keep = op.Keep };

    [HandlesOp(GpuvaOpKind.Prefetch)]
    private static SplitOp Prefetch(GpuvaSpace space, in GpuvaOp op) => new(SplitOpKind.Prefetch, op.Start);

    [HandlesOp(GpuvaOpKind.Remap)]
    private static SplitOp Remap(GpuvaSpace space, in GpuvaOp op) => new(SplitOpKind.Remap, op.Start)
    {
        Keep = op.Keep,
        Previous = PieceOf(op.Previous, space.Vmas[op.Vma].Bo),
        Next = PieceOf(op.Next, space.Vmas[op.Vma].Bo),
    };

    private static VaRecord? PieceOf(in GpuvaPiece piece, int bo) =>
        piece.Exists ? new VaRecord(piece.Start, piece.End - piece.Start, bo, piece.Offset) : null;
}
