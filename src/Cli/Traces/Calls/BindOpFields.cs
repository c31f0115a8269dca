using XePt.Uapi;
using XePt.Uapi.Spec;

namespace XePt.Cli.Traces.Calls;

/// <summary>Which fields mean something to a bind op, besides those that all have.</summary>
internal static partial class BindOpFields
{
    [Flags]
    public enum Fields
    {
        None = 0,
        Range = 1 << 0,
        CpuAddress = 1 << 1,
        PatIndex = 1 << 2,
    }

    /// <summary>Those of an op. One that the driver does not know may have a range.</summary>
    public static Fields Of(VmBindOp op) => VmBindOpTable.IsKnown(op) ? OfKnown(op) : Fields.Range;

    [OpDispatch]
    private static partial Fields OfKnown(VmBindOp op);

    [HandlesOp(VmBindOp.Map)]
    private static Fields OfMap() => Fields.Range | Fields.PatIndex;

    [HandlesOp(VmBindOp.MapUserptr)]
    private static Fields OfMapUserptr() => Fields.Range | Fields.PatIndex | Fields.CpuAddress;

    [HandlesOp(VmBindOp.Unmap)]
    [HandlesOp(VmBindOp.Prefetch)]
    private static Fields OfInterval() => Fields.Range;

    [HandlesOp(VmBindOp.UnmapAll)]
    private static Fields OfUnmapAll() => Fields.None;
}
