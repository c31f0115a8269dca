using XePt.Calls;
using XePt.Gpuva;
using XePt.Uapi;
using XePt.Uapi.Spec;

namespace XePt.Pipeline;

/// <summary>What bind ops ask of the mirrors of a VM while they become GPUVA ops.</summary>
internal static partial class OpRanges
{
    /// <summary>Finds or makes the ranges that an op needs.</summary>
    /// <param name="op">The op.</param>
    /// <param name="mirrors">The mirrors of the VM.</param>
    /// <param name="firstOp">The first of its GPUVA ops; it has all that follow.</param>
    /// <param name="request">The whole op.</param>
    /// <returns>Done or refused.</returns>
    [OpDispatch]
    public static partial Outcome Find(VmBindOp op, Mirroring mirrors, int firstOp, in BindRequest request);

    [HandlesOp(VmBindOp.Prefetch)]
    private static Outcome Prefetch(Mirroring mirrors, int firstOp, in BindRequest request) => mirrors.AddPrefetch(firstOp, request);

    /// <summary>Ranges are made by faults.</summary>
    [HandlesOp(VmBindOp.Map)]
    [HandlesOp(VmBindOp.Unmap)]
    [HandlesOp(VmBindOp.MapUserptr)]
    [HandlesOp(VmBindOp.UnmapAll)]
    private static Outcome Nothing(Mirroring mirrors, int firstOp, in BindRequest request) => Outcome.Done;
}
