using XePt.Gpuva;
using XePt.Uapi;
using XePt.Uapi.Spec;

namespace XePt;

/// <summary>What a GPUVA op of a request did, told with the fields that ops of its kind have.</summary>
internal static partial class ActionReport
{
    [OpDispatch]
    public static partial GpuvaActionInfo Of(GpuvaOpKind kind, in GpuvaOp op);

    [HandlesOp(GpuvaOpKind.Map)]
    private static GpuvaActionInfo MapOf(in GpuvaOp op) => HeadOf(op) with
    {
        BoNumber = op.Bo,
        Offset = op.Offset,
        Flags = FlagsOf(op.CreateFlags),
        PatIndex = op.Pat,
        Immediate = op.Immediate,
        InvalidateOnBind = op.InvalidateOnBind,
    };

    [HandlesOp(GpuvaOpKind.Remap)]
    private static GpuvaActionInfo RemapOf(in GpuvaOp op) => HeadOf(op) with
    {
        Previous = PieceOf(op.Previous),
        Next = PieceOf(op.Next),
        UnbindStart = op.UnbindStart,
        UnbindEnd = op.UnbindEnd,
    };

    [HandlesOp(GpuvaOpKind.Prefetch)]
    private static GpuvaActionInfo PrefetchOf(in GpuvaOp op) => HeadOf(op) with { Region = op.Region };

    /// <summary>What every op has, and all of an UNMAP.</summary>
    [HandlesOp(GpuvaOpKind.Unmap)]
    private static GpuvaActionInfo HeadOf(in GpuvaOp op) => new()
    {
        Action = (GpuvaAction)op.Kind,
        BindIndex = op.BindIndex,
        Start = op.Start,
        End = op.End,
        Keep = op.Keep,
    };

    private static RemapPiece? PieceOf(in GpuvaPiece piece) =>
        piece.Exists ? new RemapPiece(piece.Start, piece.End, piece.Offset, piece.Skip) : null;

    private static VmBindFlags FlagsOf(VmaFlags flags) =>
        ((flags & VmaFlags.ReadOnly) != 0 ? VmBindFlags.ReadOnly : 0)
        | ((flags & VmaFlags.Null) != 0 ? VmBindFlags.Null : 0)
        | ((flags & VmaFlags.Dumpable) != 0 ? VmBindFlags.Dumpable : 0)
        | ((flags & VmaFlags.Mirror) != 0 ? VmBindFlags.CpuAddrMirror : 0)
        | ((flags & VmaFlags.Autoreset) != 0 ? VmBindFlags.MadviseAutoreset : 0);
}
